//! Routes of fulfilment: where an order's parcel is, for its customer; its steps, for staff.

use axum::{Json, extract::State, response::Response};
use contracts::{Address, OrderId, Timestamp};
use engine::{Actor, CommandKey, Engine};
use host::{Caller, Keyed, ListAddress, OrderGate, Page, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Fulfilment,
    domain::{Booking, Line, Shipment, Status},
    message::Message,
    store,
};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Fulfilment>,
    pub gate: OrderGate,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_delivery))
        .routes(routes!(list_queue))
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

/// Which shipments staff want to see.
#[derive(Deserialize, garde::Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct QueueQuery {
    /// Only those at this step: `pending`, `packed`, `dispatching` or `shipped`.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    status: Option<Status>,
    /// How many items, 1 to 100.
    #[serde(default = "host::default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    cursor: Option<String>,
}

/// A shipment in the queue.
#[derive(Serialize, utoipa::ToSchema)]
struct QueuedShipment {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    /// What is sent.
    lines: Vec<Line>,
}

/// The queue: paid orders whose parcels have not arrived yet, oldest first.
#[utoipa::path(get, path = "/admin/fulfilment", tag = "admin", params(QueueQuery),
    responses((status = 200, body = Page<QueuedShipment>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
async fn list_queue(
    State(api): State<Api>,
    _: Staff,
    address: ListAddress,
    Params(QueueQuery { status, limit, cursor }): Params<QueueQuery>,
) -> Result<Response, Problem> {
    let after = cursor.as_deref().map(place).transpose()?;
    // One more than is shown tells whether there is a next page.
    let found = store::queue(api.engine.reads(), status, after, limit + 1).await?;
    let cursor = |last: &Shipment| format!("{}.{}", last.created_us.0, last.order_id);
    let queued = |mut shipment: Shipment| QueuedShipment {
        address: shipment.address.take(),
        lines: std::mem::take(&mut shipment.lines),
        delivery: shipment.into(),
    };
    Ok(address.page(Page::cut(found, limit, cursor, queued), limit))
}

/// The shipment that a page comes after.
fn place(cursor: &str) -> Result<store::Place, Problem> {
    let parsed = cursor
        .split_once('.')
        .and_then(|(since, order)| Some((Timestamp(since.parse().ok()?), order.parse::<OrderId>().ok()?)));
    parsed.ok_or_else(host::invalid_cursor)
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

/// How a parcel is sent.
#[derive(Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShipOrder {
    /// The carrier that has it already; without one, the shop's carrier is asked to take it.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = 100), custom(with_number(&self.tracking_number)), inner(custom(host::words)))]
    #[schema(max_length = 100, example = "DHL")]
    carrier: Option<String>,
    /// That carrier's number to follow the parcel by.
    #[serde(default)]
    #[garde(length(chars, min = 1, max = 100), inner(custom(host::words)))]
    #[schema(max_length = 100)]
    tracking_number: Option<String>,
}

/// A carrier comes with its number, and a number with its carrier.
fn with_number<T>(number: &Option<String>) -> impl FnOnce(&Option<String>, &T) -> garde::Result + '_ {
    move |carrier, _| match carrier.is_some() == number.is_some() {
        true => Ok(()),
        false => Err(garde::Error::new("give carrier and tracking_number, or neither")),
    }
}

/// Hands an order's parcel to the carrier. From here on it cannot be stopped.
#[utoipa::path(post, path = "/admin/orders/{id}/ship", tag = "admin", params(("id" = OrderId, Path, description = "The order.")), request_body = ShipOrder,
    responses((status = 200, body = StepView, description = "The carrier is being asked."), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`shipment_not_packed`.")))]
async fn ship_order(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(order_id): Segment<OrderId>,
    request: Keyed<ShipOrder>,
) -> Result<Json<StepView>, Problem> {
    let ShipOrder { carrier, tracking_number } = request.body;
    let message = match carrier.zip(tracking_number) {
        Some((carrier, tracking_number)) => {
            Message::HandOver { order_id, booking: Booking { carrier, tracking_number } }
        }
        None => Message::Ship { order_id },
    };
    api.step(actor, request.key, order_id, message).await
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
