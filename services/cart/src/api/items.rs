//! Routes that put products in and out.

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::{CartId, ProductId};
use garde::Validate;
use host::{Body, Keyed, Principal, Problem, Segment};
use serde::Deserialize;

use super::{Api, CartView};
use crate::message::{Message, Reply};

/// Units of a product to be added.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddItem {
    #[garde(skip)]
    product_id: ProductId,
    /// How many more.
    #[garde(range(min = 1, max = 10_000))]
    #[schema(example = 1, minimum = 1, maximum = 10_000)]
    quantity: u32,
}

/// Adds units of a product to what is in the cart of it, and holds them.
#[utoipa::path(post, path = "/carts/{id}/items", tag = "cart", request_body = AddItem,
    params(("id" = CartId, Path, description = "The cart."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body are added once.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`out_of_stock`, `cart_checked_out`, `cart_full`."), (status = 422, body = Problem)))]
pub(super) async fn add_item(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
    request: Keyed<AddItem>,
) -> Result<Json<CartView>, Problem> {
    let AddItem { product_id, quantity } = request.body;
    let message = Message::AddItem { cart_id, product_id, quantity };
    let Reply::Item(cart, Some(change)) = api.command(&caller, request.key, message).await? else {
        return Err(Problem::internal());
    };
    api.hold(cart_id, &change).await?;
    if request.key.is_some() && api.holds {
        return Ok(Json(api.view(api.after_repeat(&caller, cart_id, &change).await?)));
    }
    Ok(Json(api.view(*cart)))
}

/// How many units of a product a cart is to have.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetItem {
    #[garde(range(min = 1, max = 10_000))]
    #[schema(example = 2, minimum = 1, maximum = 10_000)]
    quantity: u32,
}

/// Sets the units of a product that is in the cart.
#[utoipa::path(patch, path = "/carts/{id}/items/{product_id}", tag = "cart", request_body = SetItem,
    params(("id" = CartId, Path, description = "The cart."), ("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`out_of_stock`, `cart_checked_out`."), (status = 422, body = Problem)))]
pub(super) async fn set_item(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment((cart_id, product_id)): Segment<(CartId, ProductId)>,
    Body(SetItem { quantity }): Body<SetItem>,
) -> Result<Json<CartView>, Problem> {
    let message = Message::SetItem { cart_id, product_id, quantity };
    let Reply::Item(cart, change) = api.command(&caller, None, message).await? else {
        return Err(Problem::internal());
    };
    if let Some(change) = change {
        api.hold(cart_id, &change).await?;
    }
    Ok(Json(api.view(*cart)))
}

/// Takes a product out of the cart; one that is not in is fine as well.
#[utoipa::path(delete, path = "/carts/{id}/items/{product_id}", tag = "cart",
    params(("id" = CartId, Path, description = "The cart."), ("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`cart_checked_out`.")))]
pub(super) async fn remove_item(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment((cart_id, product_id)): Segment<(CartId, ProductId)>,
) -> Result<Json<CartView>, Problem> {
    let cart = api.cart_of(&caller, None, Message::RemoveItem { cart_id, product_id }).await?;
    Ok(Json(api.view(*cart)))
}
