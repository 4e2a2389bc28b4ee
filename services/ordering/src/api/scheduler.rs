//! What an outside scheduler tells: events that are delivered over HTTP, since their source is no service of the shop.

use axum::{Json, extract::State};
use contracts::OrderId;
use engine::CommandError;
use host::{Body, Problem, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;
use crate::{
    GracePeriodManager, Order, Status,
    domain::OVER,
    events::{self, GracePeriodElapsed},
    grace_period,
};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(deliver_event))
}

/// The events that are taken.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
enum DeliveredType {
    /// A scheduler's word that an order's grace period has elapsed.
    #[serde(rename = "order.grace_period_elapsed.v1")]
    GracePeriodElapsed,
}

/// An event from outside.
#[derive(Debug, Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeliveredEvent {
    /// Its type and version.
    #[serde(rename = "type")]
    #[garde(skip)]
    #[schema(inline)]
    kind: DeliveredType,
    /// The event's data, as its schema says.
    #[garde(skip)]
    data: GracePeriodElapsed,
}

/// What the event came to.
#[derive(Serialize, utoipa::ToSchema)]
struct DeliveredView {
    order_id: OrderId,
    /// Where the order stands.
    status: Status,
    /// Whether this event has ended the grace period. An event that comes again, or too late, has not.
    confirmed: bool,
}

/// Takes an event from outside: that an order's grace period has elapsed, where messages manage them. Whether it has is decided by the
/// shop's own clock. An event that comes twice changes nothing.
#[utoipa::path(post, path = "/admin/orders/events", tag = "admin", request_body = DeliveredEvent,
    responses((status = 200, body = DeliveredView), (status = 404, body = Problem, description = "`order_not_found`."),
        (status = 409, body = Problem, description = "`grace_period_not_over`, `grace_period_has_timer`, `grace_period_managed_otherwise`."),
        (status = 422, body = Problem)))]
async fn deliver_event(
    State(api): State<Api>,
    Staff(actor): Staff,
    Body(event): Body<DeliveredEvent>,
) -> Result<Json<DeliveredView>, Problem> {
    let DeliveredEvent { kind: DeliveredType::GracePeriodElapsed, data } = event;
    grace_period::require(&api.engine, GracePeriodManager::Message)?;
    let order_id = data.order_id;
    let message = events::grace_period_elapsed(data);
    let (status, confirmed) = match api.engine.command_by(actor, None, message).await {
        Ok(status) => (status, true),
        Err(CommandError::Refused(refusal)) if refusal.code == OVER => {
            let order = api.engine.reads().get::<Order>(order_id).await?;
            (order.ok_or_else(|| Problem::not_found("order"))?.status, false)
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Json(DeliveredView { order_id, status, confirmed }))
}
