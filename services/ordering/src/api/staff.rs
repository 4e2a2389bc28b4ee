//! Staff's routes of orders.

use axum::{Json, extract::State, response::Response};
use contracts::{CustomerId, OrderId};
use garde::Validate;
use host::{Keyed, ListAddress, Moment, Page, Params, Problem, Segment, Staff, cursor};
use serde::Deserialize;

use super::{
    Api, CancelOrder, list,
    views::{CancelView, StaffOrderView},
};
use crate::{
    domain::{Message, Order, Purchase, Status},
    store::Wanted,
};

/// Which orders staff want to see.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersQuery {
    /// Only those that stand so.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    status: Option<Status>,
    /// Only those of a customer.
    #[serde(default)]
    #[garde(skip)]
    customer_id: Option<CustomerId>,
    /// Only those whose mail goes to this address.
    #[serde(default)]
    #[garde(length(bytes, max = 254))]
    email: Option<String>,
    /// Only those placed at this time or later, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    placed_from: Option<Moment>,
    /// Only those placed before this time, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    placed_before: Option<Moment>,
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

/// All orders, newest first.
#[utoipa::path(get, path = "/admin/orders", tag = "admin", params(OrdersQuery),
    responses((status = 200, body = Page<StaffOrderView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list_orders(
    State(api): State<Api>,
    _: Staff,
    address: ListAddress,
    Params(query): Params<OrdersQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        customer_id: query.customer_id,
        email: query.email,
        status: query.status,
        placed_from: query.placed_from.map(|moment| moment.0),
        placed_before: query.placed_before.map(|moment| moment.0),
        before: cursor(query.cursor.as_deref())?,
    };
    list::page(&api, &wanted, query.limit, &address, StaffOrderView::of).await
}

/// An order with what only staff see of it.
#[utoipa::path(get, path = "/admin/orders/{id}", tag = "admin", operation_id = "get_any_order",
    params(("id" = OrderId, Path, description = "The order.")),
    responses((status = 200, body = StaffOrderView), (status = 404, body = Problem)))]
pub(super) async fn get_any_order(
    State(api): State<Api>,
    _: Staff,
    Segment(id): Segment<OrderId>,
) -> Result<Json<StaffOrderView>, Problem> {
    let reads = api.engine.reads();
    let order = reads.get::<Order>(id).await?.zip(reads.get::<Purchase>(id).await?);
    let (order, purchase) = order.ok_or_else(|| Problem::not_found("order"))?;
    Ok(Json(StaffOrderView::of(order, purchase)))
}

/// Cancels an order for the shop, or asks fulfilment to stop it when it is paid already. What was paid is refunded.
#[utoipa::path(post, path = "/admin/orders/{id}/cancel", tag = "admin", operation_id = "cancel_any_order",
    params(("id" = OrderId, Path, description = "The order.")), request_body = CancelOrder,
    responses((status = 200, body = CancelView), (status = 202, body = CancelView, description = "Fulfilment decides."),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "`order_already_shipped`.")))]
pub(super) async fn cancel_any_order(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(id): Segment<OrderId>,
    request: Keyed<CancelOrder>,
) -> Result<CancelView, Problem> {
    let status = api.engine.command_by(actor, request.key, Message::CancelByStaff(id)).await?;
    Ok(CancelView { id, status })
}
