//! Products, families and variants: which rows a change of them touches.

use contracts::{Money, ProductId, Refusal};
use engine::{Cx, Field, Needs, Rows, Value};

use super::{Catalog, Reply};
use crate::domain::{
    Category, CategoryId, Fact, Made, NewProduct, NewVariant, Outcome, Placement, Product, ProductChange,
    ProductStatus, VARIANTS_MAX, add_variant, create, places,
};

/// The rows of new products, and those that may have their names already.
pub(super) fn need_new(products: &[NewProduct], needs: &mut Needs<'_>) {
    for new in products {
        need_claims(new.product_id, new.slug_candidates(), new.sku.as_deref(), needs);
        for variant in &new.variants {
            let candidates = variant.slug_candidates(&new.name);
            need_claims(variant.product_id, candidates, variant.sku.as_deref(), needs);
        }
        need_places(new.product_id, &new.category_ids, needs);
    }
}

/// The row of a new variant, its family with all that is the family's, and those that may have its names already.
pub(super) fn need_new_variant(family_id: ProductId, variant: &NewVariant, needs: &mut Needs<'_>) {
    let family_name = needs.write::<Product>(family_id).map(|family| family.name.clone());
    let candidates = family_name.map(|name| variant.slug_candidates(&name)).unwrap_or_default();
    need_claims(variant.product_id, candidates, variant.sku.as_deref(), needs);
    need_kin(family_id, needs);
}

fn need_claims(product_id: ProductId, slugs: Vec<String>, sku: Option<&str>, needs: &mut Needs<'_>) {
    needs.write::<Product>(product_id);
    for slug in slugs {
        needs.write_by::<Product>("slug", slug);
    }
    let known = sku.and_then(|sku| needs.write_by::<Product>("sku", sku));
    // A family that is there is answered with its variants.
    if let Some(family_id) = known.filter(|known| known.is_family()).map(|known| known.product_id) {
        need_variants(family_id, needs);
    }
}

fn need_variants(family_id: ProductId, needs: &mut Needs<'_>) {
    needs.write_all::<Product>("parent_id", family_id.0, None, VARIANTS_MAX);
}

/// A product, all of its family, and the places of what is listed.
pub(super) fn need_kin(product_id: ProductId, needs: &mut Needs<'_>) {
    let Some(product) = needs.write::<Product>(product_id).cloned() else { return };
    let family = match product.parent_id {
        Some(family_id) => needs.write::<Product>(family_id).cloned(),
        None => Some(product),
    };
    let Some(family) = family else { return };
    if family.is_family() {
        need_variants(family.product_id, needs);
    }
    need_places(family.product_id, &family.details.category_ids, needs);
}

/// Categories, and a product's rows in them and in all above them.
pub(super) fn need_places(product_id: ProductId, category_ids: &[CategoryId], needs: &mut Needs<'_>) {
    for category_id in category_ids {
        let Some(category) = needs.read::<Category>(*category_id) else { continue };
        for place in category.chain() {
            needs.write::<Placement>(Placement::id(place, product_id));
        }
    }
}

/// Puts a product's rows into the categories where it is found now, and takes them out of those where it was.
fn place(product: &Product, placed_before: &[CategoryId], rows: &mut Rows) {
    let category = |id| rows.get::<Category>(id).cloned();
    let before = places(placed_before, category);
    let now = places(&product.details.category_ids, category);
    for category_id in before.difference(&now) {
        rows.remove::<Placement>(Placement::id(*category_id, product.product_id));
    }
    for category_id in now {
        let placement = Placement::of(category_id, product);
        if rows.get::<Placement>(placement.placement_id) != Some(&placement) {
            rows.put(placement);
        }
    }
}

fn variants_of(family: &Product, rows: &Rows) -> Vec<Product> {
    match family.is_family() {
        true => {
            let found = rows.matching::<Product>("parent_id", &family.product_id.to_value());
            found.into_iter().cloned().collect()
        }
        false => Vec::new(),
    }
}

/// All products at hand, whatever became of them.
fn products_here(rows: &Rows) -> Vec<Product> {
    let statuses = [ProductStatus::Listed, ProductStatus::Unlisted, ProductStatus::Deleted];
    let of_status = |status: ProductStatus| rows.matching::<Product>("status", &status.to_value());
    statuses.into_iter().flat_map(of_status).cloned().collect()
}

fn get(product_id: ProductId, rows: &Rows) -> Result<Product, Refusal> {
    let not_found = || Refusal::not_found("product_not_found", "There is no such product.");
    rows.get::<Product>(product_id).cloned().ok_or_else(not_found)
}

pub(super) fn create_all(
    new: &[NewProduct],
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let category = |id| rows.get::<Category>(id).cloned();
    let outcomes = create(new, &products_here(rows), category, cx.now())?;
    for outcome in &outcomes {
        let Outcome::Created(Made { product, variants }) = outcome else { continue };
        rows.put(product.clone());
        place(product, &[], rows);
        for variant in variants {
            rows.put(variant.clone());
        }
        let sold = if product.is_family() { variants.as_slice() } else { std::slice::from_ref(product) };
        for product in sold {
            cx.publish::<Product>(product.product_id, Fact::Created(product.clone()));
        }
    }
    Ok(Reply::Products(outcomes.into_iter().map(Outcome::into_made).collect()))
}

pub(super) fn add(
    family_id: ProductId,
    new: &NewVariant,
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let mut family = get(family_id, rows)?;
    let of = |column, name: &str| rows.matching::<Product>(column, &Value::from(name)).first().copied();
    if let Some(known) = new.sku.as_deref().and_then(|sku| of("sku", sku)) {
        return match known.parent_id == Some(family_id) {
            true => Ok(Reply::Product(known.clone())),
            false => Err(Refusal::conflict("sku_taken", "Another product has this SKU.")),
        };
    }
    if rows.get::<Product>(new.product_id).is_some() {
        return Err(Refusal::conflict("product_exists", "A product has this id already."));
    }
    let candidates = new.slug_candidates(&family.name);
    let slug = candidates.into_iter().find(|slug| of("slug", slug).is_none());
    let slug = slug.ok_or_else(|| Refusal::conflict("slug_taken", "Another product has this slug."))?;
    let mut variants = variants_of(&family, rows);
    let variant = add_variant(&mut family, &variants, new, slug, cx.now())?;
    variants.push(variant.clone());
    rows.put(variant.clone());
    cx.publish::<Product>(variant.product_id, Fact::Created(variant.clone()));
    family.follow_variants(&variants);
    place(&family, &family.details.category_ids, rows);
    rows.put(family);
    Ok(Reply::Product(variant))
}

pub(super) fn change_price(
    product_id: ProductId,
    price: Money,
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let mut product = get(product_id, rows)?;
    if let Some(fact) = product.change_price(price)? {
        cx.publish::<Product>(product_id, fact);
        put_with_family(&product, rows)?;
    }
    Ok(Reply::Product(product))
}

/// Puts a changed product in its place, and brings lists and its family up to date.
fn put_with_family(product: &Product, rows: &mut Rows) -> Result<(), Refusal> {
    rows.put(product.clone());
    match product.parent_id {
        None => place(product, &product.details.category_ids, rows),
        Some(family_id) => {
            let mut family = get(family_id, rows)?;
            family.follow_variants(&variants_of(&family, rows));
            place(&family, &family.details.category_ids, rows);
            rows.put(family);
        }
    }
    Ok(())
}

pub(super) fn change(
    product_id: ProductId,
    revision: Option<u32>,
    change: &ProductChange,
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let mut product = get(product_id, rows)?;
    product.check_revision(revision)?;
    let before = product.clone();
    let mut variants = variants_of(&product, rows);
    let category = |id| rows.get::<Category>(id).cloned();
    for fact in change.apply(&mut product, &mut variants, category)? {
        if let Fact::Updated(updated) = &fact {
            cx.publish::<Product>(updated.product_id, fact);
        }
    }
    if product != before {
        place(&product, &before.details.category_ids, rows);
        rows.put(product.clone());
        for variant in variants {
            if rows.get::<Product>(variant.product_id) != Some(&variant) {
                rows.put(variant);
            }
        }
    }
    Ok(Reply::Product(product))
}

pub(super) fn delete(
    product_id: ProductId,
    revision: Option<u32>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let mut product = get(product_id, rows)?;
    // A second request finds it done, whatever revision the first one was made for.
    if product.is_deleted() {
        return Ok(Reply::Product(product));
    }
    product.check_revision(revision)?;
    let placed_before = product.details.category_ids.clone();
    let mut variants = variants_of(&product, rows);
    let deleted = product.delete().into_iter().chain(variants.iter_mut().filter_map(Product::delete));
    for fact in deleted {
        if let Fact::Deleted(deleted_id) = fact {
            cx.publish::<Product>(deleted_id, fact);
        }
    }
    for variant in variants {
        rows.put(variant);
    }
    place(&product, &placed_before, rows);
    put_with_family(&product, rows)?;
    Ok(Reply::Product(product))
}
