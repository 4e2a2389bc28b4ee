//! Routes of fulfilment: where an order's parcel is, for its customer; its steps, for staff.

use axum::{Json, extract::State};
use contracts::OrderId;
use engine::{Actor, CommandKey, Engine};
use host::{Caller, Keyed, OrderGate, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Fulfilment,
    domain::{Shipment, Status},
    message::Message,
};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Fulfilment>,
    pub gate: OrderGate,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_delivery))
        .routes(routes!(pack_order))
        .routes(routes!(ship_order))
        .routes(routes!(deliver_order))
        .with_state(api)
}

/// An order's parcel, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
struct DeliveryView {
    order_id: OrderId,
    #[schema(inline)]
    status: Status,
    /// The shipping option, by its code.
    shipping_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<String>,
    /// The carrier's number to follow the parcel by.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
    /// When the order was paid and its parcel could be packed.
    created_at: String,
}

impl From<Shipment> for DeliveryView {
    fn from(shipment: Shipment) -> Self {
        Self {
            order_id: shipment.order_id,
            status: shipment.status,
            shipping_method: shipment.shipping_method,
            carrier: shipment.carrier,
            tracking_number: shipment.tracking_number,
            created_at: shipment.created_us.to_rfc3339(),
        }
    }
}

/// Where an order's parcel is.
#[utoipa::path(get, path = "/orders/{id}/delivery", tag = "orders", params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = DeliveryView), (status = 404, body = Problem, description = "No such order, not the right token, or not paid yet.")))]
async fn get_delivery(
    State(api): State<Api>,
    Segment(id): Segment<OrderId>,
    caller: Caller,
) -> Result<Json<DeliveryView>, Problem> {
    api.gate.open(id, &caller).await?;
    let shipment = api.engine.reads().get::<Shipment>(id).await?;
    let shipment = shipment.filter(|shipment| shipment.status != Status::Tombstone);
    shipment.map(|shipment| Json(shipment.into())).ok_or_else(|| Problem::not_found("delivery"))
}

/// Nothing needs to be said to take a step.
#[derive(Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeStep {}

/// Where the shipment stands after a step.
#[derive(Serialize, utoipa::ToSchema)]
struct StepView {
    order_id: OrderId,
    #[schema(inline)]
    status: Status,
}

impl Api {
    async fn step(
        &self,
        actor: Actor,
        key: Option<CommandKey>,
        order_id: OrderId,
        message: Message,
    ) -> Result<Json<StepView>, Problem> {
        let status = self.engine.command_by(actor, key, message).await?;
        status.map(|status| Json(StepView { order_id, status })).ok_or_else(Problem::internal)
    }
}

/// Says that an order's parcel is packed.
#[utoipa::path(post, path = "/admin/orders/{id}/pack", tag = "admin", params(("id" = OrderId, Path, description = "The order.")), request_body = TakeStep,
    responses((status = 200, body = StepView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`shipment_not_pending`.")))]
async fn pack_order(
    State(api): State<Api>,
    Segment(order_id): Segment<OrderId>,
    Staff(actor): Staff,
    request: Keyed<TakeStep>,
) -> Result<Json<StepView>, Problem> {
    api.step(actor, request.key, order_id, Message::Pack { order_id }).await
}

/// Hands an order's parcel to the carrier. From here on it cannot be stopped.
#[utoipa::path(post, path = "/admin/orders/{id}/ship", tag = "admin", params(("id" = OrderId, Path, description = "The order.")), request_body = TakeStep,
    responses((status = 200, body = StepView, description = "The carrier is being asked."), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`shipment_not_packed`.")))]
async fn ship_order(
    State(api): State<Api>,
    Segment(order_id): Segment<OrderId>,
    Staff(actor): Staff,
    request: Keyed<TakeStep>,
) -> Result<Json<StepView>, Problem> {
    api.step(actor, request.key, order_id, Message::Ship { order_id }).await
}

/// Says that an order's parcel has arrived.
#[utoipa::path(post, path = "/admin/orders/{id}/deliver", tag = "admin", params(("id" = OrderId, Path, description = "The order.")), request_body = TakeStep,
    responses((status = 200, body = StepView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`shipment_not_shipped`.")))]
async fn deliver_order(
    State(api): State<Api>,
    Segment(order_id): Segment<OrderId>,
    Staff(actor): Staff,
    request: Keyed<TakeStep>,
) -> Result<Json<StepView>, Problem> {
    api.step(actor, request.key, order_id, Message::Deliver { order_id }).await
}
