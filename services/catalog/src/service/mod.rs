//! The catalogue's rules as the engine calls them.

mod categories;
mod products;

use contracts::{Envelope, Money, ProductId, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Category, CategoryChange, CategoryId, Fact, Made, NewCategory, NewProduct, NewVariant, Placement,
        Product, ProductChange, TREE, TreeRevision,
    },
    events,
};

/// All that can be asked of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Add products: all of them, or none. One whose SKU is there already changes nothing, so that a repeat does no harm.
    CreateProducts {
        /// 1 to [`PRODUCTS_PER_COMMAND_MAX`](crate::domain::PRODUCTS_PER_COMMAND_MAX) products, with their variants.
        products: Vec<NewProduct>,
    },
    /// Add a variant to a family. One whose SKU it has already changes nothing.
    AddVariant {
        /// The family.
        family_id: ProductId,
        /// The variant.
        variant: NewVariant,
    },
    /// Sell a product for another price from now on.
    ChangePrice {
        /// The product.
        product_id: ProductId,
        /// The new price of one unit.
        price: Money,
    },
    /// Describe a product otherwise.
    ChangeProduct {
        /// The product.
        product_id: ProductId,
        /// The revision that the change was made for; `None` for any.
        revision: Option<u32>,
        /// What is to be different.
        change: ProductChange,
    },
    /// Sell a product, and the variants of a family, no longer.
    DeleteProduct {
        /// The product.
        product_id: ProductId,
        /// The revision that is meant; `None` for any.
        revision: Option<u32>,
    },
    /// Add categories: all of them, or none. Each may name one before it as its parent.
    AddCategories {
        /// The categories.
        categories: Vec<NewCategory>,
    },
    /// Describe a category otherwise, or move it with all that is below it.
    ChangeCategory {
        /// The category.
        category_id: CategoryId,
        /// What is to be different.
        change: CategoryChange,
    },
    /// Take out a category that nothing is in.
    RemoveCategory {
        /// The category.
        category_id: CategoryId,
    },
}

/// What the catalogue answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // One is made per command, and moved a few times.
pub enum Reply {
    /// The products that were added, and in their places those that had their SKU already, in the order asked.
    Products(Vec<Made>),
    /// The product as it is now.
    Product(Product),
    /// The categories that were added or changed.
    Categories(Vec<Category>),
    /// The category is gone.
    Removed,
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
        vec![
            engine::table_of::<Product>(),
            engine::table_of::<Category>(),
            engine::table_of::<Placement>(),
            engine::table_of::<TreeRevision>(),
        ]
    }

    fn key(&self, message: &Message) -> Key {
        match message {
            // One key for all, so that two commands that want the same slug meet in one lane.
            Message::CreateProducts { .. } | Message::AddVariant { .. } => Key::from("products"),
            Message::ChangePrice { product_id, .. }
            | Message::ChangeProduct { product_id, .. }
            | Message::DeleteProduct { product_id, .. } => Key::from(*product_id),
            Message::AddCategories { .. }
            | Message::ChangeCategory { .. }
            | Message::RemoveCategory { .. } => Key::from(TREE),
        }
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        match message {
            Message::CreateProducts { products } => products::need_new(products, needs),
            Message::AddVariant { family_id, variant } => {
                products::need_new_variant(*family_id, variant, needs)
            }
            Message::ChangePrice { product_id, .. } | Message::DeleteProduct { product_id, .. } => {
                products::need_kin(*product_id, needs)
            }
            Message::ChangeProduct { product_id, change, .. } => {
                products::need_kin(*product_id, needs);
                let category_ids = change.category_ids.as_deref().unwrap_or_default();
                products::need_places(*product_id, category_ids, needs);
            }
            Message::AddCategories { categories } => categories::need_new(categories, needs),
            Message::ChangeCategory { category_id, change } => {
                categories::need_change(*category_id, change, needs)
            }
            Message::RemoveCategory { category_id } => categories::need_removal(*category_id, needs),
        }
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::CreateProducts { products } => products::create_all(products, rows, cx),
            Message::AddVariant { family_id, variant } => products::add(*family_id, variant, rows, cx),
            Message::ChangePrice { product_id, price } => {
                products::change_price(*product_id, *price, rows, cx)
            }
            Message::ChangeProduct { product_id, revision, change } => {
                products::change(*product_id, *revision, change, rows, cx)
            }
            Message::DeleteProduct { product_id, revision } => {
                products::delete(*product_id, *revision, rows, cx)
            }
            Message::AddCategories { categories } => categories::add(categories, rows),
            Message::ChangeCategory { category_id, change } => categories::change(*category_id, change, rows),
            Message::RemoveCategory { category_id } => categories::remove(*category_id, rows),
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
