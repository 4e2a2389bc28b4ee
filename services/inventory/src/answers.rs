//! What other services ask inventory.

use async_trait::async_trait;
use contracts::{
    CartId, ProductId, ServiceName,
    questions::{QuestionError, StockHolds, StockLevel, StockLevels},
};
use engine::{CommandError, Engine};

use crate::{
    message::{Level, Message},
    service::Inventory,
    store,
};

/// Answers questions about stock.
pub(crate) struct Answers(pub Engine<Inventory>);

#[async_trait]
impl StockHolds for Answers {
    async fn set_hold(
        &self,
        cart_id: CartId,
        product_id: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), QuestionError> {
        let message = Message::SetHold { cart_id, product_id, quantity, revision };
        match self.0.command(None, message).await {
            Ok(_) => Ok(()),
            Err(CommandError::Refused(refusal)) => Err(refusal.into()),
            // The cause is logged where the command failed.
            Err(CommandError::Unavailable | CommandError::Internal) => Err(unavailable()),
        }
    }
}

#[async_trait]
impl StockLevels for Answers {
    async fn stock_levels(&self, products: &[ProductId]) -> Result<Vec<StockLevel>, QuestionError> {
        let stock = store::stock_of(self.0.reads(), products).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "stock levels cannot be read");
            unavailable()
        })?;
        let level = |Level { product_id, on_hand, available }| StockLevel { product_id, on_hand, available };
        Ok(stock.iter().map(Level::from).map(level).collect())
    }
}

fn unavailable() -> QuestionError {
    QuestionError::Unavailable(ServiceName::Inventory)
}
