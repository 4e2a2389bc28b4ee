//! What other services ask inventory.

use async_trait::async_trait;
use contracts::{
    CartId, ProductId, ServiceName,
    questions::{CartHold, HeldUnits, QuestionError, StockHolds, StockLevel, StockLevels},
};
use engine::{CommandError, Engine};

use crate::{
    domain::{Hold, Line},
    message::{Level, Message, Reply},
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

    async fn renew_holds(
        &self,
        cart_id: CartId,
        wanted: &[(ProductId, u32)],
        revision: i64,
    ) -> Result<Option<CartHold>, QuestionError> {
        let line =
            |&(product_id, quantity): &(ProductId, u32)| Line { product_id, quantity: quantity.into() };
        let message = Message::RenewHolds { cart_id, lines: wanted.iter().map(line).collect(), revision };
        match self.0.command(None, message).await {
            Ok(Reply::Held(hold)) => Ok(hold.map(cart_hold)),
            Err(CommandError::Refused(refusal)) => Err(refusal.into()),
            Ok(_) | Err(CommandError::Unavailable | CommandError::Internal) => Err(unavailable()),
        }
    }

    async fn held_for(&self, cart_id: CartId) -> Result<Option<CartHold>, QuestionError> {
        let hold = self.0.reads().get::<Hold>(cart_id).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a hold cannot be read");
            unavailable()
        })?;
        Ok(hold.map(cart_hold))
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

fn cart_hold(hold: Hold) -> CartHold {
    let held = hold.lines.iter().filter(|line| line.quantity > 0);
    CartHold {
        expires_at: hold.expires_at,
        lines: held.map(|line| HeldUnits { product_id: line.product_id, quantity: line.quantity }).collect(),
    }
}

fn unavailable() -> QuestionError {
    QuestionError::Unavailable(ServiceName::Inventory)
}
