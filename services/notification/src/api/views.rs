//! Notifications as clients see them.

use contracts::{CustomerId, OrderId};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    domain::{ChannelName, Kind, Notification, State},
    render::{Renderer, Words},
};

/// A notification, as its customer sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NotificationView {
    id: Uuid,
    #[schema(inline)]
    kind: Kind,
    #[schema(inline)]
    channel: ChannelName,
    /// Its subject; not there where nothing of it is kept any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Your order 1A2B3C4D is on its way")]
    subject: Option<String>,
    /// The order that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    #[schema(inline)]
    state: State,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was handed over to be delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    sent_at: Option<String>,
}

/// A notification, as staff see it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StaffNotificationView {
    #[serde(flatten)]
    notification: NotificationView,
    /// The event that it tells of.
    event_id: Uuid,
    /// Where it goes; not there once its customer has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    /// The customer, where it has an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    /// How often sending it was tried.
    #[schema(minimum = 0)]
    attempts: i64,
    /// Why it is not sent yet, or will not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
}

/// What a notification says. The tokens of its links are left out.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PreviewView {
    subject: String,
    text: String,
    html: String,
}

/// A notification with what it says.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct NotificationDetail {
    #[serde(flatten)]
    notification: StaffNotificationView,
    /// What it says; not there where nothing of it is kept any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<PreviewView>,
    /// Why there is no preview, where a template fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_error: Option<String>,
}

impl NotificationView {
    pub(super) fn of(notification: &Notification, renderer: &Renderer) -> Self {
        let subject = notification.letter.as_ref().and_then(|letter| renderer.subject(letter).ok());
        Self {
            id: notification.id,
            kind: notification.kind,
            channel: notification.channel,
            subject,
            order_id: notification.order_id,
            state: notification.state,
            created_at: notification.created_us.to_rfc3339(),
            sent_at: notification.sent_us.map(contracts::Timestamp::to_rfc3339),
        }
    }
}

impl StaffNotificationView {
    pub(super) fn of(notification: Notification, renderer: &Renderer) -> Self {
        Self {
            notification: NotificationView::of(&notification, renderer),
            event_id: notification.event_id,
            recipient: notification.recipient,
            customer_id: notification.customer_id,
            attempts: notification.attempts,
            last_error: notification.last_error,
        }
    }
}

impl NotificationDetail {
    pub(super) fn of(notification: Notification, renderer: &Renderer) -> Self {
        let (preview, preview_error) =
            match notification.letter.as_ref().map(|letter| renderer.render(letter, None)) {
                Some(Ok(Words { subject, text, html })) => (Some(PreviewView { subject, text, html }), None),
                Some(Err(error)) => (None, Some(error.to_string())),
                None => (None, None),
            };
        let notification = StaffNotificationView::of(notification, renderer);
        Self { notification, preview, preview_error }
    }
}
