//! Routes of payments and wallets.

mod mine;
mod refunds;
mod wallets;

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::{Money, OrderId};
use engine::{Clock, Engine, Ids, RandomIds};
use host::{Caller, OrderGate, Problem, Segment};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    Payments,
    domain::{Payment, Status, WALLET},
};

/// What the routes work with.
#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Payments>,
    pub gate: OrderGate,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<Mutex<RandomIds>>,
}

impl Api {
    fn new_id(&self) -> Uuid {
        self.ids.lock().next(self.clock.now())
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(refunds::routes())
        .routes(routes!(get_payment))
        .routes(routes!(mine::my_wallet))
        .routes(routes!(mine::my_entries))
        .routes(routes!(mine::my_top_up))
        .routes(routes!(mine::get_my_top_up))
        .routes(routes!(wallets::get_wallet))
        .routes(routes!(wallets::list_entries))
        .routes(routes!(wallets::top_up))
        .routes(routes!(wallets::get_top_up))
        .routes(routes!(wallets::adjust))
        .routes(routes!(wallets::adjust_many))
        .with_state(api)
}

/// Where an order's money comes from.
#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// The customer's wallet.
    Wallet,
    /// A payment method of a gateway, such as a card.
    Gateway,
}

/// An order's payment, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
struct PaymentView {
    order_id: OrderId,
    #[schema(inline)]
    status: Status,
    /// Not there where the order was cancelled before it was to be charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    method: Option<Method>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    /// What staff have paid back of it, or are paying back.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<Money>,
    /// The gateway's code of a declined payment; `insufficient_funds` or `no_wallet` where a wallet was to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<String>,
    updated_at: String,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        let method = if payment.method == WALLET { Method::Wallet } else { Method::Gateway };
        Self {
            order_id: payment.order_id,
            status: payment.status,
            method: payment.currency.map(|_| method),
            amount: payment.currency.map(|currency| Money::new(payment.amount, currency)),
            refunded: payment
                .currency
                .filter(|_| payment.refunded > 0)
                .map(|currency| Money::new(payment.refunded, currency)),
            decline_code: payment.decline_code,
            updated_at: payment.updated_us.to_rfc3339(),
        }
    }
}

/// The payment of an order.
#[utoipa::path(get, path = "/orders/{id}/payment", tag = "orders", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = PaymentView), (status = 404, body = Problem, description = "No such order, not the right token, or not charged yet.")))]
async fn get_payment(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    caller: Caller,
) -> Result<Json<PaymentView>, Problem> {
    api.gate.open(id, &caller).await?;
    let payment = api.engine.reads().get::<Payment>(id).await?;
    payment.map(|payment| Json(payment.into())).ok_or_else(|| Problem::not_found("payment"))
}
