//! Adding products: what a new one must be, and which names it may take.

use std::collections::{HashMap, HashSet};

use contracts::{Money, ProductId, Refusal, TaxClass, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Category, CategoryId, Details, NewVariant, Picture, Product, ProductOption, ProductStatus, check_price,
    details::check_pictures,
    family::{check_options, variant_of},
    placement::{check_categories, motif_of},
    slug, text,
};

/// How many products one command may add, with their variants.
pub const PRODUCTS_PER_COMMAND_MAX: usize = 1_000;

/// A product to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProduct {
    /// Its id, made by the caller.
    pub product_id: ProductId,
    /// Its name in web addresses; made from the name when there is none.
    pub slug: Option<String>,
    /// The stock-keeping unit, where it has one.
    pub sku: Option<String>,
    /// Its name in the shop's language.
    pub name: String,
    /// What a customer should know, in plain text.
    pub description: String,
    /// What one unit costs.
    pub price: Money,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// Whether units of it are counted.
    pub stocked: bool,
    /// Where it is shown.
    pub status: ProductStatus,
    /// Which tax rate it has.
    pub tax_class: TaxClass,
    /// The categories that it is in.
    pub category_ids: Vec<CategoryId>,
    /// Its own pictures, the best first.
    pub pictures: Vec<Picture>,
    /// Its rank among those that the shop shows first.
    pub featured: Option<u32>,
    /// What its variants differ in; empty for a product that is bought as it is.
    pub options: Vec<ProductOption>,
    /// Its variants.
    pub variants: Vec<NewVariant>,
}

impl NewProduct {
    /// The slugs that it may take, best first. One that was chosen by hand has no other.
    pub fn slug_candidates(&self) -> Vec<String> {
        slug::candidates(self.slug.as_deref(), &self.name, self.product_id)
    }

    fn check(&self) -> Result<(), Refusal> {
        text::check_name(&self.name)?;
        text::check_description(&self.description)?;
        self.sku.as_deref().map_or(Ok(()), text::check_sku)?;
        text::check_weight(self.weight_grams)?;
        self.slug.as_deref().map_or(Ok(()), slug::check)?;
        if self.status == ProductStatus::Deleted {
            return Err(Refusal::invalid("status_invalid", "A new product is listed or unlisted."));
        }
        check_pictures(&self.pictures)?;
        check_options(&self.options, &self.variants)?;
        check_price(self.price)
    }
}

/// A product, and its variants where it is a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The product.
    pub product: Product,
    /// Its variants, in order of their ids.
    pub variants: Vec<Product>,
}

/// What became of a product to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created(Made),
    /// Its SKU is that of a product which is there already, or comes earlier in the command; that one stays as it is.
    Known(Made),
}

impl Outcome {
    /// The product in either case.
    pub fn into_made(self) -> Made {
        match self {
            Self::Created(made) | Self::Known(made) => made,
        }
    }
}

/// Makes the products of a command: all of them, or none. `there` has the products that may be in the way,
/// `category` finds the categories that the new ones name and those above them.
///
/// # Errors
/// What is wrong with the first product that cannot be made, by its place in the command.
pub fn create(
    new: &[NewProduct],
    there: &[Product],
    category: impl Fn(CategoryId) -> Option<Category>,
    now: Timestamp,
) -> Result<Vec<Outcome>, Refusal> {
    let count = new.iter().map(|new| 1 + new.variants.len()).sum::<usize>();
    if count == 0 || count > PRODUCTS_PER_COMMAND_MAX {
        let detail =
            format!("One request adds 1 to {PRODUCTS_PER_COMMAND_MAX} products, with their variants.");
        return Err(Refusal::invalid("product_count_out_of_range", detail));
    }
    let mut claims = Claims::of(there);
    let mut outcomes = Vec::with_capacity(new.len());
    for (index, new) in new.iter().enumerate() {
        if let Some(known) = new.sku.as_deref().and_then(|sku| claims.made_of(sku, there)) {
            outcomes.push(Outcome::Known(known));
            continue;
        }
        let made = claims.admit(new, &category, now).map_err(|refusal| {
            let detail = format!("Product {}: {}", index + 1, refusal.detail);
            Refusal { detail, ..refusal }
        })?;
        outcomes.push(Outcome::Created(made));
    }
    Ok(outcomes)
}

/// What is taken: by the products that there are, and by those before this one in the same command.
struct Claims<'a> {
    ids: HashSet<ProductId>,
    slugs: HashSet<String>,
    skus: HashSet<String>,
    known: HashMap<&'a str, &'a Product>,
    new: HashMap<String, Made>,
}

impl<'a> Claims<'a> {
    fn of(there: &'a [Product]) -> Self {
        let sku = |product: &'a Product| product.sku.as_deref().map(|sku| (sku, product));
        Self {
            ids: there.iter().map(|product| product.product_id).collect(),
            slugs: there.iter().map(|product| product.slug.clone()).collect(),
            skus: there.iter().filter_map(|product| product.sku.clone()).collect(),
            known: there.iter().filter_map(sku).collect(),
            new: HashMap::new(),
        }
    }

    /// The product that has a SKU, with its variants.
    fn made_of(&self, sku: &str, there: &[Product]) -> Option<Made> {
        if let Some(made) = self.new.get(sku) {
            return Some(made.clone());
        }
        let product = *self.known.get(sku)?;
        let is_variant =
            |other: &&Product| product.is_family() && other.parent_id == Some(product.product_id);
        let variants = there.iter().filter(is_variant).cloned().collect();
        Some(Made { product: product.clone(), variants })
    }

    fn admit(
        &mut self,
        new: &NewProduct,
        category: impl Fn(CategoryId) -> Option<Category>,
        now: Timestamp,
    ) -> Result<Made, Refusal> {
        new.check()?;
        let category_ids = check_categories(&new.category_ids, &category)?;
        let slug = self.take(new.product_id, new.slug_candidates(), new.sku.as_deref())?;
        let motif = motif_of(&slug, &category_ids, &category);
        let mut product = Product {
            product_id: new.product_id,
            slug,
            sku: new.sku.clone(),
            name: new.name.trim().to_owned(),
            description: new.description.trim().to_owned(),
            price_amount: new.price.amount,
            currency: new.price.currency,
            weight_grams: new.weight_grams,
            stocked: new.stocked,
            status: new.status,
            created_at: now,
            parent_id: None,
            featured: new.featured,
            revision: 1,
            name_order: String::new(),
            search_text: String::new(),
            details: Details {
                tax_class: new.tax_class,
                category_ids,
                pictures: new.pictures.clone(),
                motif,
                options: new.options.clone(),
                option_values: Vec::new(),
            },
        };
        let mut variants: Vec<Product> = Vec::with_capacity(new.variants.len());
        for new in &new.variants {
            let candidates = new.slug_candidates(&product.name);
            let slug = self.take(new.product_id, candidates, new.sku.as_deref())?;
            if variants.iter().any(|other| other.details.option_values == new.option_values) {
                let detail = "Two of its variants have the same values.";
                return Err(Refusal::conflict("variant_exists", detail));
            }
            variants.push(variant_of(&product, new, slug, now)?);
        }
        variants.sort_by_key(|variant| variant.product_id);
        product.derive(&variants);
        let made = Made { product, variants };
        if let Some(sku) = &new.sku {
            self.new.insert(sku.clone(), made.clone());
        }
        Ok(made)
    }

    /// Takes the names of a product; answers the slug that it has.
    fn take(
        &mut self,
        product_id: ProductId,
        candidates: Vec<String>,
        sku: Option<&str>,
    ) -> Result<String, Refusal> {
        if !self.ids.insert(product_id) {
            return Err(Refusal::conflict("product_exists", "A product has one of these ids already."));
        }
        if let Some(sku) = sku
            && !self.skus.insert(sku.to_owned())
        {
            return Err(Refusal::conflict("sku_taken", "Another product has its SKU."));
        }
        let free = candidates.into_iter().find(|slug| !self.slugs.contains(slug));
        let slug = free.ok_or_else(|| Refusal::conflict("slug_taken", "Another product has its slug."))?;
        self.slugs.insert(slug.clone());
        Ok(slug)
    }
}
