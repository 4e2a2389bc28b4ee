//! The products that a new shop shows, written by hand.

mod first;
mod home;
mod kitchen;
mod paper;
mod table;
mod wear;

use contracts::TaxClass;

/// What variants of a family differ in: the option's name and its values.
pub(super) type Options = &'static [(&'static str, &'static [&'static str])];

/// A demo product.
pub(super) struct Handmade {
    pub sku: &'static str,
    pub name: &'static str,
    /// The slug of the category that it is in; empty for none.
    pub category: &'static str,
    pub price_cents: i64,
    /// 0 for what is not sent, of which no units are counted.
    pub weight_grams: u32,
    pub description: &'static str,
    pub tax_class: TaxClass,
    pub featured: Option<u32>,
    /// Empty for what is no family.
    pub options: Options,
}

const fn thing(
    sku: &'static str,
    name: &'static str,
    category: &'static str,
    price_cents: i64,
    weight_grams: u32,
    description: &'static str,
) -> Handmade {
    let (tax_class, featured) = (TaxClass::Standard, None);
    Handmade {
        sku,
        name,
        category,
        price_cents,
        weight_grams,
        description,
        tax_class,
        featured,
        options: &[],
    }
}

impl Handmade {
    const fn reduced(mut self) -> Self {
        self.tax_class = TaxClass::Reduced;
        self
    }

    const fn featured(mut self, rank: u32) -> Self {
        self.featured = Some(rank);
        self
    }

    const fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }
}

const SHELVES: [&[Handmade]; 6] = [
    &first::PRODUCTS,
    &kitchen::PRODUCTS,
    &home::PRODUCTS,
    &wear::PRODUCTS,
    &paper::PRODUCTS,
    &table::PRODUCTS,
];

pub(super) const COUNT: usize = first::PRODUCTS.len()
    + kitchen::PRODUCTS.len()
    + home::PRODUCTS.len()
    + wear::PRODUCTS.len()
    + paper::PRODUCTS.len()
    + table::PRODUCTS.len();

/// The handmade product of a number.
pub(super) fn get(mut index: usize) -> Option<&'static Handmade> {
    for shelf in SHELVES {
        match shelf.get(index) {
            Some(found) => return Some(found),
            None => index -= shelf.len(),
        }
    }
    None
}
