//! All that the service can be asked or told.

use contracts::{CustomerId, Money, OrderId, ProductId};
use engine::Key;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{CancelReason, EventRef, Line, Link, Outcome, Parcel};

/// A new order, and whom to tell about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// The order.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about it goes.
    pub email: Option<String>,
    /// What it costs.
    pub total: Money,
    /// What was ordered.
    pub lines: Vec<Line>,
}

/// What happened to an order that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It is paid.
    Paid {
        /// What was charged.
        amount: Money,
        /// Who receives the parcel.
        name: String,
    },
    /// The carrier has the parcel, under this number.
    HandedOver(Parcel),
    /// The parcel is on its way.
    Shipped,
    /// The parcel has arrived.
    Delivered,
    /// It will not be fulfilled.
    Cancelled {
        /// Why.
        reason: CancelReason,
        /// Whether there is money to be paid back.
        was_paid: bool,
    },
    /// Money was paid back.
    Refunded(Money),
    /// It is this customer's from now on.
    Claimed(CustomerId),
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkUse {
    /// To show that mail arrives.
    VerifyEmail,
    /// To choose another password.
    ResetPassword,
}

/// A link that somebody is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLink {
    /// The link.
    pub link: Link,
    /// What for.
    pub link_use: LinkUse,
    /// The customer, where the account is one's.
    pub customer_id: Option<CustomerId>,
    /// Where it goes.
    pub email: String,
    /// What its reader is called.
    pub name: String,
}

/// An event in the service's own words, a command of staff, a timer, or how an attempt at sending ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// There is a new order.
    Submitted {
        /// The event.
        event: EventRef,
        /// The order.
        order: NewOrder,
    },
    /// Something happened to an order.
    Order {
        /// The event.
        event: EventRef,
        /// The order.
        order_id: OrderId,
        /// What happened.
        change: Change,
    },
    /// Somebody is to be sent a link.
    Link {
        /// The event.
        event: EventRef,
        /// The link.
        link: NewLink,
    },
    /// A product is running out.
    LowStock {
        /// The event.
        event: EventRef,
        /// The product.
        product_id: ProductId,
        /// Units that can still be promised.
        available: i64,
        /// Below this many units the stock is low.
        threshold: i64,
    },
    /// A customer is called so.
    Renamed {
        /// The customer.
        customer_id: CustomerId,
        /// What it is called.
        name: String,
        /// The sequence of the event.
        sequence: i64,
    },
    /// A customer has left; also the timer that goes on forgetting.
    Left {
        /// The customer.
        customer_id: CustomerId,
    },
    /// It is time to try again.
    Send {
        /// The notification.
        notification_id: Uuid,
    },
    /// An attempt has ended.
    Ended {
        /// The notification.
        notification_id: Uuid,
        /// How.
        outcome: Outcome,
    },
    /// The channel has forgotten what a customer left behind.
    Forgotten {
        /// The first of the notifications.
        notification_id: Uuid,
    },
    /// Staff want a failed notification to be sent again.
    Retry {
        /// The notification.
        notification_id: Uuid,
    },
    /// Staff want many to be sent again: those of these that have failed.
    RetryAll {
        /// The notifications.
        notification_ids: Vec<Uuid>,
    },
}

impl Message {
    /// The aggregate that the message goes to.
    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Submitted { order, .. } => order.order_id.into(),
            Self::Order { order_id, .. } => (*order_id).into(),
            Self::Link { link, .. } => link.customer_id.map_or_else(|| link.link.id.into(), Key::from),
            Self::LowStock { product_id, .. } => (*product_id).into(),
            Self::Renamed { customer_id, .. } | Self::Left { customer_id } => (*customer_id).into(),
            Self::Send { notification_id }
            | Self::Ended { notification_id, .. }
            | Self::Forgotten { notification_id }
            | Self::Retry { notification_id } => (*notification_id).into(),
            Self::RetryAll { notification_ids } => {
                notification_ids.first().copied().unwrap_or_default().into()
            }
        }
    }
}

/// A call to a channel. It names notifications and does not hold them, so that what is forgotten is gone everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Send one.
    Send {
        /// The notification.
        notification_id: Uuid,
    },
    /// Forget the content of these, as far as the channel has kept it.
    Forget {
        /// The notifications; never none.
        notification_ids: Vec<Uuid>,
    },
}

/// What a channel answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// An attempt has ended.
    Ended(Outcome),
    /// It is forgotten.
    Forgotten,
}
