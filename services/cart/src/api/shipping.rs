//! Routes about where and how a cart is sent.

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::{Address, CartId, Money, is_country};
use garde::Validate;
use host::{Body, Principal, Problem, Segment};
use serde::{Deserialize, Serialize};

use super::{Api, CartView};
use crate::message::Message;

/// A postal address.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressInput {
    /// Who receives the parcel.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "Ada Lovelace", min_length = 1, max_length = 200)]
    name: String,
    /// Street and number.
    #[garde(length(chars, min = 1, max = 200))]
    #[schema(example = "12 St James's Square", min_length = 1, max_length = 200)]
    street: String,
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(example = "SW1Y 4JH", min_length = 1, max_length = 20)]
    postal_code: String,
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "London", min_length = 1, max_length = 100)]
    city: String,
    /// ISO 3166-1 alpha-2 code.
    #[garde(custom(assigned_country))]
    #[schema(example = "GB", pattern = "^[A-Z]{2}$")]
    country: String,
}

/// A country that a parcel can go to.
fn assigned_country(code: &str, _: &()) -> garde::Result {
    match is_country(code) {
        true => Ok(()),
        false => Err(garde::Error::new("not a country's code of ISO 3166-1, such as DE")),
    }
}

/// Two capital letters: orders of another time are also of countries that are none any more, or of none that was known.
pub(super) fn country_code(code: &str, _: &()) -> garde::Result {
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(garde::Error::new("not two capital letters, such as DE"))
}

impl From<AddressInput> for Address {
    fn from(input: AddressInput) -> Self {
        let AddressInput { name, street, postal_code, city, country } = input;
        Self { name, street, postal_code, city, country }
    }
}

/// Says where the cart is sent.
#[utoipa::path(put, path = "/carts/{id}/shipping-address", tag = "cart", request_body = AddressInput,
    params(("id" = CartId, Path, description = "The cart.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`cart_checked_out`."), (status = 422, body = Problem)))]
pub(super) async fn set_address(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
    Body(input): Body<AddressInput>,
) -> Result<Json<CartView>, Problem> {
    let message = Message::SetShippingAddress { cart_id, address: input.into() };
    let cart = api.cart_of(&caller, None, message).await?;
    Ok(Json(api.view(*cart)))
}

/// The choice of a shipping option.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetShippingMethod {
    /// The option's code.
    #[garde(length(bytes, min = 1, max = 50))]
    #[schema(example = "standard")]
    code: String,
}

/// Says how the cart is sent.
#[utoipa::path(put, path = "/carts/{id}/shipping-method", tag = "cart", request_body = SetShippingMethod,
    params(("id" = CartId, Path, description = "The cart.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`cart_checked_out`, `shipping_method_unavailable`."), (status = 422, body = Problem, description = "`shipping_method_unknown`.")))]
pub(super) async fn set_method(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
    Body(input): Body<SetShippingMethod>,
) -> Result<Json<CartView>, Problem> {
    let cart = api.cart_of(&caller, None, Message::SetShippingMethod { cart_id, code: input.code }).await?;
    Ok(Json(api.view(*cart)))
}

/// A way of shipping and what it costs for a cart.
#[derive(Serialize, utoipa::ToSchema)]
struct ShippingOption {
    #[schema(example = "standard")]
    code: String,
    #[schema(example = "Standard")]
    name: String,
    price: Money,
}

/// The ways of shipping.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ShippingOptions {
    items: Vec<ShippingOption>,
}

/// How the cart can be sent: what goes where it goes, and costs what for what is in it now. What is too heavy for an option does not have it.
#[utoipa::path(get, path = "/carts/{id}/shipping-options", tag = "cart",
    params(("id" = CartId, Path, description = "The cart.")),
    responses((status = 200, body = ShippingOptions), (status = 404, body = Problem)))]
pub(super) async fn list_options(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
) -> Result<Json<ShippingOptions>, Problem> {
    let cart = api.read(&caller, cart_id).await?;
    let pricing = api.pricing();
    let parcel = pricing.parcel_of(&cart);
    let items = pricing.shipping.iter().filter_map(|option| {
        let price = Money::new(option.price_amount(parcel)?, cart.currency);
        Some(ShippingOption { code: option.code.clone(), name: option.name.clone(), price })
    });
    Ok(Json(ShippingOptions { items: items.collect() }))
}
