//! The catalogue's rules as the engine calls them.

use contracts::{Envelope, Money, ProductId, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table, Value};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Fact, NewProduct, Outcome, Product, create},
    events,
};

/// All that can be asked of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Add products: all of them, or none. One whose SKU is there already changes nothing, so that a repeat does no harm.
    CreateProducts {
        /// 1 to [`PRODUCTS_PER_COMMAND_MAX`](crate::domain::PRODUCTS_PER_COMMAND_MAX) products.
        products: Vec<NewProduct>,
    },
    /// Sell a product for another price from now on.
    ChangePrice {
        /// The product.
        product_id: ProductId,
        /// The new price of one unit.
        price: Money,
    },
}

/// What the catalogue answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The products that were added, and in their places those that had their SKU already, in the order asked.
    Products(Vec<Product>),
    /// The product as it is now.
    Product(Product),
}

/// The catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Catalog;

impl Service for Catalog {
    const NAME: ServiceName = ServiceName::Catalog;
    type Message = Message;
    type Reply = Reply;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Product>()]
    }

    fn key(&self, message: &Message) -> Key {
        match message {
            // One key for all, so that two commands that want the same slug meet in one lane.
            Message::CreateProducts { .. } => Key::from("products"),
            Message::ChangePrice { product_id, .. } => Key::from(*product_id),
        }
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        match message {
            Message::CreateProducts { products } => products.iter().for_each(|new| need_claims(new, needs)),
            Message::ChangePrice { product_id, .. } => {
                needs.write::<Product>(*product_id);
            }
        }
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::CreateProducts { products } => create_products(products, rows, cx),
            Message::ChangePrice { product_id, price } => change_price(*product_id, *price, rows, cx),
        }
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[]
    }

    fn receive(&self, _event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        Ok(None)
    }

    fn publish(&self, fact: Fact) -> Publication {
        events::publish(fact)
    }

    fn effect_ended(&self, request: NoEffect, _response: NoEffect) -> Message {
        match request {}
    }
}

/// A new product's own row, and those that may have its names already.
fn need_claims(new: &NewProduct, needs: &mut Needs<'_>) {
    needs.write::<Product>(new.product_id);
    for slug in new.slug_candidates() {
        needs.write_by::<Product>("slug", slug);
    }
    if let Some(sku) = &new.sku {
        needs.write_by::<Product>("sku", sku.clone());
    }
}

fn create_products(new: &[NewProduct], rows: &mut Rows, cx: &mut Cx<'_, Catalog>) -> Result<Reply, Refusal> {
    let of =
        |column, name: &str| rows.matching::<Product>(column, &Value::from(name)).into_iter().next().cloned();
    let outcomes = create(new, |slug| of("slug", slug).is_some(), |sku| of("sku", sku), cx.now())?;
    let is_used = |outcome: &Outcome| match outcome {
        Outcome::Created(product) => rows.get::<Product>(product.product_id).is_some(),
        Outcome::Known(_) => false,
    };
    if outcomes.iter().any(is_used) {
        return Err(Refusal::conflict("product_exists", "A product has one of these ids already."));
    }
    for outcome in &outcomes {
        if let Outcome::Created(product) = outcome {
            rows.put(product.clone());
            cx.publish::<Product>(product.product_id, Fact::Created(product.clone()));
        }
    }
    Ok(Reply::Products(outcomes.into_iter().map(Outcome::into_product).collect()))
}

fn change_price(
    product_id: ProductId,
    price: Money,
    rows: &mut Rows,
    cx: &mut Cx<'_, Catalog>,
) -> Result<Reply, Refusal> {
    let product = rows
        .get_mut::<Product>(product_id)
        .ok_or_else(|| Refusal::not_found("product_not_found", "There is no such product."))?;
    let fact = product.change_price(price)?;
    let reply = Reply::Product(product.clone());
    if let Some(fact) = fact {
        cx.publish::<Product>(product_id, fact);
    }
    Ok(reply)
}
