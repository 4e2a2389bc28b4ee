//! Holding what is added: the cart changes first, because it numbers the change; then inventory is asked, and a refusal takes the change back.

use contracts::{CartId, ProductId, questions::QuestionError};
use host::Problem;

use super::Api;
use crate::{
    domain::{Cart, CartStatus, ItemChange},
    message::Message,
};

impl Api {
    /// Asks inventory to hold units, where holds are on.
    pub(super) async fn set_hold(
        &self,
        cart_id: CartId,
        product_id: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), QuestionError> {
        if !self.holds {
            return Ok(());
        }
        self.questions.stock_holds()?.set_hold(cart_id, product_id, quantity, revision).await
    }

    /// Holds what a change has added. Fewer units need no question: inventory hears of them by the event.
    pub(super) async fn hold(&self, cart_id: CartId, change: &ItemChange) -> Result<(), Problem> {
        if !change.stocked || change.quantity <= change.previous_quantity {
            return Ok(());
        }
        let held = self.set_hold(cart_id, change.product_id, change.quantity, change.revision).await;
        let Err(error) = held else { return Ok(()) };
        let revert = Message::RevertItem { cart_id, change: *change };
        if let Err(error) = self.engine.command(None, revert).await {
            tracing::warn!(%cart_id, error = &error as &dyn std::error::Error, "units that are not held stay in a cart");
        }
        Err(error.into())
    }

    /// The cart as it is after a change that may be a repeat. A repeat is answered as the change was first; if the line has moved on since,
    /// the hold that was asked for anew is not what the cart has, and is set right.
    pub(super) async fn after_repeat(&self, cart_id: CartId, change: &ItemChange) -> Result<Cart, Problem> {
        let cart = self.read(cart_id).await?;
        let line = cart.line(change.product_id).filter(|_| cart.status == CartStatus::Open);
        if line.is_some_and(|line| line.revision == change.revision) {
            return Ok(cart);
        }
        let quantity = line.map_or(0, |line| line.quantity);
        if let Err(error) = self.set_hold(cart_id, change.product_id, quantity, cart.revision).await {
            tracing::warn!(%cart_id, error = &error as &dyn std::error::Error, "a repeated request left a hold that is not the cart's");
        }
        Ok(cart)
    }
}
