//! Notifications for staff: what was sent, what was not and why, and another attempt.

use axum::{Json, extract::State as Shared, response::Response};
use contracts::{CustomerId, OrderId};
use host::{Keyed, ListAddress, Moment, Page, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Api, page, place,
    views::{NotificationDetail, StaffNotificationView},
};
use crate::{
    domain::{Kind, Notification, State},
    message::Message,
    store::{self, Wanted},
};

/// Which notifications staff want to see.
#[derive(Deserialize, garde::Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NotificationsQuery {
    /// Only those that stand so: `queued`, `sent`, `failed` or `suppressed`.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    state: Option<State>,
    /// Only those of a kind.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    kind: Option<Kind>,
    /// Only those to this address.
    #[serde(default)]
    #[garde(length(bytes, max = 254))]
    #[param(max_length = 254)]
    recipient: Option<String>,
    /// Only those about this order.
    #[serde(default)]
    #[garde(skip)]
    order_id: Option<OrderId>,
    /// Only those for this customer.
    #[serde(default)]
    #[garde(skip)]
    customer_id: Option<CustomerId>,
    /// Only those made at this time or later (RFC 3339).
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_from: Option<Moment>,
    /// Only those made before this time (RFC 3339).
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_before: Option<Moment>,
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

/// Notifications to all recipients, newest first.
#[utoipa::path(get, path = "/admin/notifications", tag = "admin", params(NotificationsQuery),
    responses((status = 200, body = Page<StaffNotificationView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list_notifications(
    Shared(api): Shared<Api>,
    _: Staff,
    address: ListAddress,
    Params(query): Params<NotificationsQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        state: query.state,
        kind: query.kind,
        recipient: query.recipient.map(|recipient| recipient.to_lowercase()),
        order_id: query.order_id,
        customer_id: query.customer_id,
        created_from: query.created_from.map(|moment| moment.0),
        created_before: query.created_before.map(|moment| moment.0),
        useful_at: None,
        before: query.cursor.as_deref().map(place).transpose()?,
    };
    let found = store::listed(api.engine.reads(), &wanted, query.limit + 1).await?;
    let view = |notification| StaffNotificationView::of(notification, &api.renderer);
    let page = page(found, query.limit, |last| (last.created_us, last.id), view);
    Ok(address.page(page, query.limit))
}

impl Api {
    async fn detail(&self, id: Uuid) -> Result<Json<NotificationDetail>, Problem> {
        let notification = self.engine.reads().get::<Notification>(id).await?;
        let notification = notification.ok_or_else(|| Problem::not_found("notification"))?;
        Ok(Json(NotificationDetail::of(notification, &self.renderer)))
    }
}

/// A notification, with what it says. The tokens of its links are left out.
#[utoipa::path(get, path = "/admin/notifications/{id}", tag = "admin", params(("id" = Uuid, Path, description = "The notification.")),
    responses((status = 200, body = NotificationDetail), (status = 404, body = Problem)))]
pub(super) async fn get_notification(
    Shared(api): Shared<Api>,
    _: Staff,
    Segment(id): Segment<Uuid>,
) -> Result<Json<NotificationDetail>, Problem> {
    api.detail(id).await
}

/// Nothing needs to be said to try again.
#[derive(Deserialize, garde::Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryNotification {}

/// Sends a notification that has failed once more, under the same name.
#[utoipa::path(post, path = "/admin/notifications/{id}/retry", tag = "admin", params(("id" = Uuid, Path, description = "The notification.")), request_body = RetryNotification,
    responses((status = 200, body = NotificationDetail, description = "It is queued."), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`notification_not_failed`, `notification_too_late`.")))]
pub(super) async fn retry_notification(
    Shared(api): Shared<Api>,
    Staff(actor): Staff,
    Segment(id): Segment<Uuid>,
    request: Keyed<RetryNotification>,
) -> Result<Json<NotificationDetail>, Problem> {
    api.engine.command_by(actor, request.key, Message::Retry { notification_id: id }).await?;
    api.detail(id).await
}

/// Which notifications to try again.
#[derive(Deserialize, garde::Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryFailed {
    /// Only those of a kind.
    #[serde(default)]
    #[garde(skip)]
    #[schema(inline)]
    kind: Option<Kind>,
    /// How many at most, 1 to 500.
    #[serde(default = "retry_max")]
    #[garde(range(min = 1, max = 500))]
    #[schema(minimum = 1, maximum = 500, default = 100)]
    limit: u32,
}

fn retry_max() -> u32 {
    100
}

/// How many are tried again.
#[derive(Serialize, ToSchema)]
pub(super) struct RetriedView {
    /// Notifications that are queued again.
    #[schema(minimum = 0)]
    queued: u32,
}

/// Sends notifications that have failed once more, the newest first. Those whose link has expired are left alone.
#[utoipa::path(post, path = "/admin/notifications/retry-failed", tag = "admin", request_body = RetryFailed,
    responses((status = 200, body = RetriedView), (status = 422, body = Problem)))]
pub(super) async fn retry_failed_notifications(
    Shared(api): Shared<Api>,
    Staff(actor): Staff,
    request: Keyed<RetryFailed>,
) -> Result<Json<RetriedView>, Problem> {
    let RetryFailed { kind, limit } = request.body;
    let useful_at = Some(api.clock.now());
    let wanted = Wanted { state: Some(State::Failed), kind, useful_at, ..Wanted::default() };
    let failed = store::listed(api.engine.reads(), &wanted, limit).await?;
    let notification_ids: Vec<Uuid> = failed.into_iter().map(|notification| notification.id).collect();
    // Also where there are none: a repeat is answered as the first request was, whatever has failed since.
    let queued = api.engine.command_by(actor, request.key, Message::RetryAll { notification_ids }).await?;
    Ok(Json(RetriedView { queued }))
}
