//! What a service may ask another while its own caller waits. Answered in process when the other service is here.

use async_trait::async_trait;

use crate::{CartId, CustomerId, OrderId, ProductId, Refusal, Timestamp};

/// The service that was asked gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// It said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be reached, or failed. The cause is logged where it happened.
    #[error("the {0} service does not answer")]
    Unavailable(crate::ServiceName),
}

/// Asked of inventory by the cart.
#[async_trait]
pub trait StockHolds: Send + Sync {
    /// Sets the units held for a product in a cart; 0 releases them. An older revision than the last changes nothing.
    ///
    /// # Errors
    /// [`QuestionError::Refused`] with code `out_of_stock` when there are not enough units.
    async fn set_hold(
        &self,
        cart: CartId,
        product: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), QuestionError>;

    /// Holds these units of a cart anew, each as far as there are enough, and starts the time of all of them again. What is not
    /// among them is released. An older revision than the last changes nothing. Answers what is held then.
    ///
    /// # Errors
    /// [`QuestionError::Unavailable`].
    async fn renew_holds(
        &self,
        cart: CartId,
        wanted: &[(ProductId, u32)],
        revision: i64,
    ) -> Result<Option<CartHold>, QuestionError>;

    /// What is held for a cart.
    ///
    /// # Errors
    /// [`QuestionError::Unavailable`].
    async fn held_for(&self, cart: CartId) -> Result<Option<CartHold>, QuestionError>;
}

/// Units that are held for a cart, for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartHold {
    /// When the holds may end.
    pub expires_at: Timestamp,
    /// What is held.
    pub lines: Vec<HeldUnits>,
}

/// Units of a product that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldUnits {
    /// The product.
    pub product_id: ProductId,
    /// Units.
    pub quantity: u32,
}

/// Units of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StockLevel {
    /// The product.
    pub product_id: ProductId,
    /// Units on hand.
    pub on_hand: i64,
    /// Units that can still be promised.
    pub available: i64,
}

/// Asked of inventory by whoever shows products.
#[async_trait]
pub trait StockLevels: Send + Sync {
    /// The levels of those products that are counted, in no particular order.
    ///
    /// # Errors
    /// [`QuestionError::Unavailable`] when inventory cannot be read.
    async fn stock_levels(&self, products: &[ProductId]) -> Result<Vec<StockLevel>, QuestionError>;
}

/// Asked of ordering by checkout.
#[async_trait]
pub trait OrderArrival: Send + Sync {
    /// Waits until ordering has the order, up to `patience`; says whether it has.
    async fn wait_for_order(&self, order: OrderId, patience: std::time::Duration) -> bool;
}

/// Asked of ordering by whoever shows a part of an order.
#[async_trait]
pub trait OrderOwners: Send + Sync {
    /// The customer whose order it is; `None` for a guest's, and where there is no such order.
    ///
    /// # Errors
    /// [`QuestionError::Unavailable`] when ordering cannot be read.
    async fn owner_of(&self, order: OrderId) -> Result<Option<CustomerId>, QuestionError>;
}
