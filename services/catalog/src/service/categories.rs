//! Categories: which rows a change of the tree touches.

use std::collections::BTreeSet;

use contracts::Refusal;
use engine::{Field, Needs, Rows, Value};

use super::Reply;
use crate::domain::{
    CATEGORIES_MAX, Category, CategoryChange, CategoryId, NewCategory, PRODUCTS_MOVED_MAX, Placement,
    Product, TREE, Tree, TreeRevision, places,
};

/// All categories. Answers the tree once it is here.
fn need_tree(needs: &mut Needs<'_>) -> Option<Tree> {
    needs.write::<TreeRevision>(TREE);
    if needs.incomplete() {
        return None;
    }
    needs.write_all::<Category>("tree", all(), None, CATEGORIES_MAX);
    (!needs.incomplete()).then(|| Tree::of(needs.matching::<Category>("tree", &all()).into_iter().cloned()))
}

/// The value that all categories have in column `tree`.
fn all() -> Value {
    Value::Integer(0)
}

pub(super) fn need_new(categories: &[NewCategory], needs: &mut Needs<'_>) {
    for new in categories {
        needs.write::<Category>(new.category_id);
    }
    need_tree(needs);
}

/// The tree; and for a move each product below the category, with its rows above the places that it leaves and enters.
pub(super) fn need_change(category_id: CategoryId, change: &CategoryChange, needs: &mut Needs<'_>) {
    needs.write::<Category>(category_id);
    let Some(tree) = need_tree(needs) else { return };
    let Some(affected) = affected(&tree, category_id, change) else { return };
    needs.write_all::<Placement>("category_id", category_id.0, None, PRODUCTS_MOVED_MAX + 1);
    let moved = needs.matching::<Placement>("category_id", &category_id.to_value());
    if moved.len() > PRODUCTS_MOVED_MAX {
        return;
    }
    let moved: Vec<_> = moved.into_iter().map(|placement| placement.product_id).collect();
    for product_id in moved {
        needs.read::<Product>(product_id);
        for place in &affected {
            needs.write::<Placement>(Placement::id(*place, product_id));
        }
    }
}

/// The categories above the places that a move leaves and enters; `None` for a change that moves nothing.
fn affected(tree: &Tree, category_id: CategoryId, change: &CategoryChange) -> Option<BTreeSet<CategoryId>> {
    let category = tree.get(category_id)?;
    let parent_id = change.parent_id.filter(|parent_id| *parent_id != category.parent_id())?;
    let entered = parent_id.map_or_else(Vec::new, |parent_id| tree.chain(parent_id));
    Some(category.above.iter().copied().chain(entered).collect())
}

pub(super) fn need_removal(category_id: CategoryId, needs: &mut Needs<'_>) {
    needs.write::<Category>(category_id);
    need_tree(needs);
    // More than one, since messages of the same batch may take some out.
    needs.write_all::<Placement>("category_id", category_id.0, None, PRODUCTS_MOVED_MAX + 1);
}

/// The tree, to be changed.
fn tree(rows: &mut Rows) -> Tree {
    let revision = rows.get::<TreeRevision>(TREE).map_or(0, |tree| tree.revision);
    rows.put(TreeRevision { tree: TREE.to_owned(), revision: revision + 1 });
    Tree::of(rows.matching::<Category>("tree", &all()).into_iter().cloned())
}

pub(super) fn add(new: &[NewCategory], rows: &mut Rows) -> Result<Reply, Refusal> {
    let mut tree = tree(rows);
    let added = new.iter().map(|new| tree.add(new.clone())).collect::<Result<Vec<_>, _>>()?;
    for category in &added {
        rows.put(category.clone());
    }
    Ok(Reply::Categories(added))
}

pub(super) fn change(
    category_id: CategoryId,
    change: &CategoryChange,
    rows: &mut Rows,
) -> Result<Reply, Refusal> {
    let mut tree = tree(rows);
    let affected = affected(&tree, category_id, change);
    let changed = tree.change(category_id, change)?;
    if let Some(affected) = affected {
        let moved = rows.matching::<Placement>("category_id", &category_id.to_value());
        if moved.len() > PRODUCTS_MOVED_MAX {
            let detail = format!(
                "More than {PRODUCTS_MOVED_MAX} products are below it, too many to move at once. Move what is below it first."
            );
            return Err(Refusal::conflict("category_too_large", detail));
        }
        let products: Vec<Product> =
            moved.into_iter().filter_map(|placement| rows.get(placement.product_id)).cloned().collect();
        for product in products {
            let now = places(&product.details.category_ids, |id| tree.get(id).cloned());
            for place in &affected {
                match now.contains(place) {
                    true => rows.put(Placement::of(*place, &product)),
                    false => rows.remove::<Placement>(Placement::id(*place, product.product_id)),
                }
            }
        }
    }
    for category in &changed {
        rows.put(category.clone());
    }
    Ok(Reply::Categories(changed))
}

pub(super) fn remove(category_id: CategoryId, rows: &mut Rows) -> Result<Reply, Refusal> {
    let has_products = !rows.matching::<Placement>("category_id", &category_id.to_value()).is_empty();
    tree(rows).remove(category_id, has_products)?;
    rows.remove::<Category>(category_id);
    Ok(Reply::Removed)
}
