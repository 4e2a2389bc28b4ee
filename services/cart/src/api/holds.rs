//! Holding what is added: the cart changes first, because it numbers the change; then inventory is asked, and a refusal takes the change back.

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::{CartId, ProductId, questions::QuestionError};
use host::{Principal, Problem, Segment};

use super::{Api, CartView};
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
    pub(super) async fn after_repeat(
        &self,
        caller: &Principal,
        cart_id: CartId,
        change: &ItemChange,
    ) -> Result<Cart, Problem> {
        let cart = self.read(caller, cart_id).await?;
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

/// Holds what is in the cart anew, as far as there is stock, and starts the holds' time again. Lines say whether they are held now.
#[utoipa::path(post, path = "/carts/{id}/holds", tag = "cart",
    params(("id" = CartId, Path, description = "The cart.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`cart_checked_out`.")))]
pub(super) async fn renew_holds(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
) -> Result<Json<CartView>, Problem> {
    if !api.holds {
        let cart = api.read(&caller, cart_id).await?;
        return Ok(Json(api.view(cart)));
    }
    // Renewing is a change of the cart, so that what was wanted before cannot take its place.
    let cart = api.cart_of(&caller, None, Message::Touch { cart_id }).await?;
    let wanted = wanted_of(&cart);
    let held = api.questions.stock_holds()?.renew_holds(cart_id, &wanted, cart.revision).await?;
    let stocked: Vec<ProductId> = wanted.iter().map(|(product_id, _)| *product_id).collect();
    Ok(Json(api.view(*cart).with_holds(&stocked, held)))
}

/// What inventory has to hold for a cart.
fn wanted_of(cart: &Cart) -> Vec<(ProductId, u32)> {
    let stocked = cart.lines.iter().filter(|line| line.stocked);
    stocked.map(|line| (line.product_id, line.quantity)).collect()
}

impl Api {
    /// The cart with its holds. Where inventory does not answer, it is shown without.
    pub(super) async fn view_with_holds(&self, cart: Cart) -> CartView {
        let stocked: Vec<ProductId> =
            wanted_of(&cart).into_iter().map(|(product_id, _)| product_id).collect();
        if !self.holds || stocked.is_empty() || cart.status != CartStatus::Open {
            return self.view(cart);
        }
        let Ok(holds) = self.questions.stock_holds() else { return self.view(cart) };
        match holds.held_for(cart.cart_id).await {
            Ok(held) => self.view(cart).with_holds(&stocked, held),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a cart is shown without its holds");
                self.view(cart)
            }
        }
    }
}
