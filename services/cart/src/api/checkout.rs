//! Routes that end in an order.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::{CartId, Money, OrderId, ProductId, Refusal, questions::QuestionError};
use engine::{CommandError, CommandKey};
use garde::Validate;
use host::{Keyed, Principal, Problem, Segment};
use serde::{Deserialize, Serialize};

use super::{Api, shipping::AddressInput};
use crate::{
    domain::ProductCopy,
    message::{Message, Reply},
};

/// How long a checkout waits for ordering, so that the customer's next request finds the order.
const ARRIVAL_PATIENCE: Duration = Duration::from_secs(2);

/// The revision of the first change of any cart.
const FIRST_REVISION: i64 = 1;

/// What a customer says at checkout.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckOut {
    /// Where mail about the order goes.
    #[garde(custom(host::email))]
    #[schema(example = "ada@example.com")]
    email: String,
    /// The cart's total, as the customer has seen it.
    #[garde(skip)]
    total: Money,
    /// A gateway's token for a payment method; `wallet` for a customer's own wallet.
    #[garde(length(bytes, min = 1, max = 200))]
    #[schema(example = "pm_mock_approve")]
    payment_method: String,
}

/// An order that has just been placed.
#[derive(Serialize, utoipa::ToSchema)]
struct PlacedOrder {
    id: OrderId,
    #[schema(example = "submitted")]
    status: &'static str,
    /// What will be charged.
    total: Money,
}

/// The answer to a checkout.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Accepted {
    order: PlacedOrder,
    /// Opens the order: send it as `Authorization: Bearer ...`.
    order_token: String,
}

/// Makes the cart an order. Nothing is charged before its stock is certain.
#[utoipa::path(post, path = "/carts/{id}/checkout", tag = "cart", request_body = CheckOut,
    params(("id" = CartId, Path, description = "The cart."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one order.")),
    responses((status = 202, body = Accepted, headers(("Location" = String, description = "The order."))), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`total_changed`, `cart_checked_out`, `cart_empty`, `shipping_method_unavailable`."),
        (status = 422, body = Problem, description = "`shipping_address_missing`, `shipping_method_missing`, or bad input.")))]
pub(super) async fn check_out(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(cart_id): Segment<CartId>,
    request: Keyed<CheckOut>,
) -> Result<Response, Problem> {
    let CheckOut { email, total, payment_method } = request.body;
    let message =
        Message::CheckOut { cart_id, customer_id: caller.customer_id(), email, total, payment_method };
    let reply = api.command(&caller, request.key, message).await?;
    api.accepted(reply).await
}

/// An order without a cart.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BuyNow {
    #[garde(skip)]
    product_id: ProductId,
    #[garde(range(min = 1, max = 10_000))]
    #[schema(example = 1, minimum = 1, maximum = 10_000)]
    quantity: u32,
    /// Where mail about the order goes.
    #[garde(custom(host::email))]
    #[schema(example = "ada@example.com")]
    email: String,
    /// Product and shipping together, as the customer has seen it.
    #[garde(skip)]
    total: Money,
    #[garde(dive)]
    shipping_address: AddressInput,
    /// The shipping option's code.
    #[garde(length(bytes, min = 1, max = 50))]
    #[schema(example = "standard")]
    shipping_method: String,
    /// A gateway's token for a payment method.
    #[garde(length(bytes, min = 1, max = 200))]
    #[schema(example = "pm_mock_approve")]
    payment_method: String,
}

/// Orders a product at once.
#[utoipa::path(post, path = "/orders", tag = "orders", request_body = BuyNow,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one order. A guest's is at least 22 characters that nobody can guess.")),
    responses((status = 202, body = Accepted, headers(("Location" = String, description = "The order."))),
        (status = 404, body = Problem, description = "`product_not_found`."),
        (status = 409, body = Problem, description = "`out_of_stock`, `total_changed`."), (status = 422, body = Problem)))]
pub(super) async fn buy_now(
    State(api): State<Arc<Api>>,
    caller: Principal,
    request: Keyed<BuyNow>,
) -> Result<Response, Problem> {
    let BuyNow { product_id, quantity, email, total, shipping_address, shipping_method, payment_method } =
        request.body;
    // What cannot be sent so is refused before anything is held.
    api.pricing().option(&shipping_method)?;
    // Two equal requests at once would want the units of two orders, and one order's refusal would answer both.
    let _turn = api.turns.of(request.key).await;
    let cart_id = api.new_cart_id();
    if let Err(refusal) = api.hold_at_once(cart_id, product_id, quantity).await? {
        return api.refuse(request.key, cart_id, refusal).await;
    }
    let message = Message::BuyNow {
        cart_id,
        product_id,
        quantity,
        customer_id: caller.customer_id(),
        email,
        total,
        shipping_address: shipping_address.into(),
        shipping_method,
        payment_method,
    };
    let reply = api.command(&caller, request.key, message).await;
    let is_for_nothing = match &reply {
        Ok(Reply::CheckedOut { cart_id: placed, .. }) => *placed != cart_id,
        // The order may have been placed: what is held for it stays, and ends by itself if it was not.
        Err(CommandError::Unavailable) => false,
        _ => true,
    };
    if is_for_nothing {
        api.give_back(cart_id, product_id).await;
    }
    api.accepted(reply?).await
}

impl Api {
    /// Holds units for a cart that is about to be checked out. Only stocked products have units to be held, and whether this one is,
    /// is looked up only when inventory says no.
    async fn hold_at_once(
        &self,
        cart_id: CartId,
        product_id: ProductId,
        quantity: u32,
    ) -> Result<Result<(), Refusal>, Problem> {
        let refusal = match self.set_hold(cart_id, product_id, quantity, FIRST_REVISION).await {
            Ok(()) => return Ok(Ok(())),
            Err(QuestionError::Refused(refusal)) => refusal,
            Err(error) => return Err(error.into()),
        };
        let product = self.engine.reads().get::<ProductCopy>(product_id).await?;
        Ok(if product.is_some_and(|product| product.stocked) { Err(refusal) } else { Ok(()) })
    }

    /// Gives back what was held for an order that was not placed, or had been placed before under the same key.
    /// What cannot be given back now ends by itself.
    async fn give_back(&self, cart_id: CartId, product_id: ProductId) {
        if let Err(error) = self.set_hold(cart_id, product_id, 0, FIRST_REVISION + 1).await {
            tracing::warn!(%cart_id, error = &error as &dyn std::error::Error, "a hold is left to expire");
        }
    }

    /// Answers with inventory's refusal, unless the request's key has an order already.
    async fn refuse(
        &self,
        key: Option<CommandKey>,
        cart_id: CartId,
        refusal: Refusal,
    ) -> Result<Response, Problem> {
        if key.is_none() {
            return Err(refusal.into());
        }
        let reply = self.engine.command(key, Message::RefuseOrder { cart_id, refusal }).await?;
        self.accepted(reply).await
    }

    /// Answers a checkout, once ordering has the order or does not come forward in time.
    async fn accepted(&self, reply: Reply) -> Result<Response, Problem> {
        let Reply::CheckedOut { order_id, total, .. } = reply else { return Err(Problem::internal()) };
        // The order is certain, whether or not ordering can be asked.
        if let Ok(arrival) = self.questions.order_arrival() {
            arrival.wait_for_order(order_id, ARRIVAL_PATIENCE).await;
        }
        let order = PlacedOrder { id: order_id, status: "submitted", total };
        let body = Accepted { order, order_token: self.tokens.issue(order_id) };
        let location = format!("/api/v1/orders/{order_id}");
        Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response())
    }
}
