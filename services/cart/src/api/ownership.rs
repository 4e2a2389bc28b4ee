//! Routes of customers about their own carts.

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::CartId;
use host::{Customer, Principal, Problem, Segment};

use super::{Api, CartView};
use crate::{
    domain::{Cart, CartStatus, CurrentCart},
    message::Message,
};

/// Makes a guest's cart the customer's current one. What the customer had in a cart before comes along; of a product that is in both,
/// the quantity of the guest's cart stands.
#[utoipa::path(post, path = "/carts/{id}/claim", tag = "cart", params(("id" = CartId, Path, description = "The guest's cart.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`cart_checked_out`.")))]
pub(super) async fn claim_cart(
    State(api): State<Arc<Api>>,
    caller: Principal,
    customer: Customer,
    Segment(cart_id): Segment<CartId>,
) -> Result<Json<CartView>, Problem> {
    let message = Message::Claim { cart_id, customer_id: customer.id };
    let cart = api.cart_of(&caller, None, message).await?;
    Ok(Json(api.view_with_holds(*cart).await))
}

/// The cart that the customer opened or brought last, as long as it is open.
#[utoipa::path(get, path = "/me/cart", tag = "me",
    responses((status = 200, body = CartView), (status = 404, body = Problem, description = "The customer has no open cart.")))]
pub(super) async fn current_cart(
    State(api): State<Arc<Api>>,
    customer: Customer,
) -> Result<Json<CartView>, Problem> {
    let reads = api.engine.reads();
    let cart = match reads.get::<CurrentCart>(customer.id).await? {
        Some(current) => reads.get::<Cart>(current.cart_id).await?,
        None => None,
    };
    let cart =
        cart.filter(|cart| cart.status == CartStatus::Open).ok_or_else(|| Problem::not_found("cart"))?;
    Ok(Json(api.view_with_holds(cart).await))
}
