//! Routes of payments.

use axum::{Json, extract::State};
use contracts::{Money, OrderId};
use engine::Engine;
use host::{Bearer, OrderTokens, Problem, Segment};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Payments,
    domain::{Payment, Status},
};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Payments>,
    pub tokens: OrderTokens,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get_payment)).with_state(api)
}

/// An order's payment, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
struct PaymentView {
    order_id: OrderId,
    #[schema(inline)]
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    /// The gateway's code of a declined payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<String>,
    updated_at: String,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            order_id: payment.order_id,
            status: payment.status,
            amount: payment.currency.map(|currency| Money::new(payment.amount, currency)),
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
    bearer: Bearer,
) -> Result<Json<PaymentView>, Problem> {
    if !bearer.0.as_deref().is_some_and(|token| api.tokens.opens(id, token)) {
        return Err(Problem::not_found("order"));
    }
    let payment = api.engine.reads().get::<Payment>(id).await?;
    payment.map(|payment| Json(payment.into())).ok_or_else(|| Problem::not_found("payment"))
}
