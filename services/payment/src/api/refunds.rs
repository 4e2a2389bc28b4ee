//! Staff's routes of refunds.

use axum::{Json, extract::State, http::StatusCode};
use contracts::{Money, OrderId};
use garde::Validate;
use host::{Keyed, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::Api;
use crate::{
    domain::{AMOUNT_MAX, Payment, Refund, RefundStatus},
    message::{Message, Reply},
    store,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_refunds, refund_order))
}

/// What is to be paid back.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RefundOrder {
    /// In minor units of the order's currency; without it, all that is left.
    #[serde(default)]
    #[garde(range(min = 1, max = AMOUNT_MAX))]
    #[schema(minimum = 1, maximum = 100_000_000_000i64, example = 500)]
    amount: Option<i64>,
    /// Why, as the order's history says it.
    #[garde(length(chars, min = 1, max = 200), custom(host::words))]
    #[schema(min_length = 1, max_length = 200, example = "One mug came broken")]
    reason: String,
}

/// A refund.
#[derive(Serialize, utoipa::ToSchema)]
struct RefundView {
    id: Uuid,
    order_id: OrderId,
    #[schema(inline)]
    status: RefundStatus,
    amount: Money,
    reason: String,
    created_at: String,
    updated_at: String,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.refund_id,
            order_id: refund.order_id,
            status: refund.status,
            amount: Money::new(refund.amount, refund.currency),
            reason: refund.reason,
            created_at: refund.created_us.to_rfc3339(),
            updated_at: refund.updated_us.to_rfc3339(),
        }
    }
}

/// The refunds of an order.
#[derive(Serialize, utoipa::ToSchema)]
struct RefundsView {
    items: Vec<RefundView>,
}

/// The refunds of an order, oldest first: those that staff have decided, and what goes back because it is cancelled.
#[utoipa::path(get, path = "/admin/orders/{id}/refunds", tag = "admin", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = RefundsView), (status = 404, body = Problem)))]
async fn list_refunds(
    State(api): State<Api>,
    _: Staff,
    Segment(order_id): Segment<OrderId>,
) -> Result<Json<RefundsView>, Problem> {
    let reads = api.engine.reads();
    reads.get::<Payment>(order_id).await?.ok_or_else(|| Problem::not_found("payment"))?;
    let refunds = store::refunds_of(reads, order_id).await?;
    Ok(Json(RefundsView { items: refunds.into_iter().map(RefundView::from).collect() }))
}

/// Pays back a part of what an order was paid, or all that is left of it: to the wallet at once, or by the gateway. The order goes on.
#[utoipa::path(post, path = "/admin/orders/{id}/refunds", tag = "admin", request_body = RefundOrder,
    params(("id" = OrderId, Path, description = "The order."),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one refund.")),
    responses((status = 200, body = RefundView, description = "The customer has it."), (status = 202, body = RefundView, description = "The gateway is asked."),
        (status = 404, body = Problem, description = "`payment_not_found`."),
        (status = 409, body = Problem, description = "`payment_not_refundable`."), (status = 422, body = Problem, description = "Also `refund_too_large`.")))]
async fn refund_order(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(order_id): Segment<OrderId>,
    request: Keyed<RefundOrder>,
) -> Result<(StatusCode, Json<RefundView>), Problem> {
    let RefundOrder { amount, reason } = request.body;
    let message = Message::Refund { refund_id: api.new_id(), order_id, amount, reason };
    match api.engine.command_by(actor, request.key, message).await? {
        Reply::Refund(refund) if refund.status == RefundStatus::Pending => {
            Ok((StatusCode::ACCEPTED, Json(refund.into())))
        }
        Reply::Refund(refund) => Ok((StatusCode::OK, Json(refund.into()))),
        Reply::Done | Reply::TopUp(_) | Reply::Adjusted(_) => Err(Problem::internal()),
    }
}
