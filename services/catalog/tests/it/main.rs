//! The catalogue's rules on the engine's own unit of work.

mod families;
mod prices;
mod products;
mod seeds;

use catalog::{
    Catalog, Message, Reply,
    domain::{NewProduct, Product, ProductStatus},
};
use contracts::{Currency, Money, Refusal, TaxClass};
use engine::harness::Harness;

fn euro(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn new_product(harness: &mut Harness<Catalog>, name: &str) -> NewProduct {
    NewProduct {
        product_id: harness.new_id().into(),
        slug: None,
        sku: None,
        name: name.to_owned(),
        description: "Good and useful.".to_owned(),
        price: euro(1_999),
        weight_grams: 250,
        stocked: true,
        status: ProductStatus::Listed,
        tax_class: TaxClass::Standard,
        category_ids: Vec::new(),
        pictures: Vec::new(),
        featured: None,
        options: Vec::new(),
        variants: Vec::new(),
    }
}

fn create(harness: &mut Harness<Catalog>, products: Vec<NewProduct>) -> Result<Vec<Product>, Refusal> {
    match harness.command(Message::CreateProducts { products })? {
        Reply::Products(made) => Ok(made.into_iter().map(|made| made.product).collect()),
        other => panic!("created products, not {other:?}"),
    }
}
