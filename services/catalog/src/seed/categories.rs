//! The categories of the demo shop, in two levels.

use crate::domain::{CategoryId, NewCategory};

/// A day before the products.
const FIRST_MILLIS: u64 = super::FIRST_MILLIS - 86_400_000;

/// Slug, name, and the slug of the one above; empty at the top. Those above come first.
const CATEGORIES: [(&str, &str, &str); 32] = [
    ("kitchen", "Kitchen", ""),
    ("cookware", "Pots and Pans", "kitchen"),
    ("knives-and-boards", "Knives and Boards", "kitchen"),
    ("tableware", "Tableware", "kitchen"),
    ("tea-and-coffee", "Tea and Coffee", "kitchen"),
    ("home", "Home", ""),
    ("lighting", "Lighting", "home"),
    ("furniture", "Furniture", "home"),
    ("textiles", "Textiles", "home"),
    ("decoration", "Decoration", "home"),
    ("bath", "Bath", "home"),
    ("clothing", "Clothing", ""),
    ("shirts", "Shirts and Jumpers", "clothing"),
    ("accessories", "Scarves and Socks", "clothing"),
    ("travel", "Bags and Outdoors", ""),
    ("bags", "Bags", "travel"),
    ("outdoors", "Outdoors", "travel"),
    ("stationery", "Stationery", ""),
    ("notebooks", "Notebooks", "stationery"),
    ("writing", "Writing and Drawing", "stationery"),
    ("books", "Books", ""),
    ("stories", "Stories and Poems", "books"),
    ("knowledge", "Knowledge", "books"),
    ("food", "Food", ""),
    ("bakery", "Bakery", "food"),
    ("pantry", "Pantry", "food"),
    ("garden", "Garden", ""),
    ("plants", "Plants and Pots", "garden"),
    ("garden-tools", "Tools", "garden"),
    ("play", "Play", ""),
    ("toys", "Toys", "play"),
    ("games", "Games", "play"),
];

/// The demo shop's categories, those above before those below.
pub fn categories() -> Vec<NewCategory> {
    let category = |(position, (slug, name, above)): (usize, &(&str, &str, &str))| NewCategory {
        category_id: id_of(position),
        parent_id: id(above),
        slug: Some((*slug).to_owned()),
        name: (*name).to_owned(),
        position: position as i32,
    };
    CATEGORIES.iter().enumerate().map(category).collect()
}

/// The id of the demo category of a slug.
pub(super) fn id(slug: &str) -> Option<CategoryId> {
    CATEGORIES.iter().position(|(known, _, _)| *known == slug).map(id_of)
}

fn id_of(position: usize) -> CategoryId {
    CategoryId(super::made_id(FIRST_MILLIS, position as u64))
}
