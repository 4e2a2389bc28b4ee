//! A notification: one message to one recipient over one channel, from queued to its end.

use std::time::Duration;

use contracts::{CustomerId, OrderId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Letter, retry};

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationKind)]
pub enum Kind {
    /// The shop has the order.
    OrderSubmitted,
    /// The order is paid.
    OrderPaid,
    /// The parcel is with the carrier.
    OrderShipped,
    /// The parcel has arrived.
    OrderDelivered,
    /// The order will not be fulfilled.
    OrderCancelled,
    /// Money was paid back.
    OrderRefunded,
    /// A link that shows that mail arrives.
    VerifyEmail,
    /// A link that lets its reader choose another password.
    ResetPassword,
    /// A product is running out; for the shop itself.
    LowStock,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::OrderSubmitted,
        Self::OrderPaid,
        Self::OrderShipped,
        Self::OrderDelivered,
        Self::OrderCancelled,
        Self::OrderRefunded,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::LowStock,
    ];

    /// Its name, which is also that of its templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderSubmitted => "order_submitted",
            Self::OrderPaid => "order_paid",
            Self::OrderShipped => "order_shipped",
            Self::OrderDelivered => "order_delivered",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderRefunded => "order_refunded",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::LowStock => "low_stock",
        }
    }
}

/// The way that a notification takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationChannel)]
pub enum ChannelName {
    /// Electronic mail.
    Email,
}

/// Where a notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationState)]
pub enum State {
    /// It is to be sent.
    Queued,
    /// The channel has taken it.
    Sent,
    /// The channel refuses it, or has not taken it in time. Staff may try again.
    Failed,
    /// It is not to be sent: it came too late to be of use, or its recipient has left.
    Suppressed,
}

/// How an attempt at sending ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The channel has taken it.
    Sent,
    /// Not now, says why; another attempt may do better.
    Retry(String),
    /// The channel had no room to try.
    Busy,
    /// Never, says why.
    Refused(String),
}

/// The event that a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// The event.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
}

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Follows from event, recipient and channel: the same event never makes a second one.
    pub id: Uuid,
    /// The event that it tells of.
    pub event_id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// The way that it takes.
    pub channel: ChannelName,
    /// Where it goes; none once its customer has left.
    pub recipient: Option<String>,
    /// The customer that it is for, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// The order that it is about.
    pub order_id: Option<OrderId>,
    /// What it says; none once its customer has left.
    pub letter: Option<Letter>,
    /// Until when it is of use: until its link expires, where it has one.
    pub useful_until_us: Option<Timestamp>,
    /// Where it stands.
    pub state: State,
    /// How often the channel was asked to take it, also where it had no room.
    pub tries: i64,
    /// How often the channel tried.
    pub attempts: i64,
    /// Why it is not sent yet, or will not be.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_us: Timestamp,
    /// When it was queued last: at first, or by staff.
    pub queued_us: Timestamp,
    /// When the channel has taken it.
    pub sent_us: Option<Timestamp>,
}

/// Never changes, nor does what is made with it: the ids are in databases, and tell a repeat of an event by them.
const NAMESPACE: Uuid = Uuid::from_u128(0x8d6c_1c0e_43d1_4a58_9c66_2f0f_9d1f_5b7e);

/// The id of the notification of an event to a recipient: a UUIDv7 of the event's time, so that new ones lie beside one another, and for
/// the rest what the three make.
pub fn notification_id(event_id: Uuid, recipient: &str, channel: ChannelName) -> Uuid {
    let channel = match channel {
        ChannelName::Email => "email",
    };
    // No recipient has a line break.
    let name = format!("{event_id}\n{}\n{channel}", recipient.to_lowercase());
    let hash = Uuid::new_v5(&NAMESPACE, name.as_bytes()).into_bytes();
    let mut rest = [0; 10];
    rest.copy_from_slice(&hash[..10]);
    let event_millis = (event_id.as_u128() >> 80) as u64;
    uuid::Builder::from_unix_timestamp_millis(event_millis, &rest).into_uuid()
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// Another attempt, so much later.
    Again(Duration),
}

impl Notification {
    /// Whether its link, if it has one, is good for nothing any more.
    pub fn is_useless(&self, now: Timestamp) -> bool {
        let link = self.letter.as_ref().and_then(|letter| letter.subject.link());
        link.is_some_and(|link| link.expires_us <= now)
    }

    /// The channel is to be asked once more. Says the number of this try.
    pub fn begin_try(&mut self) -> i64 {
        self.tries += 1;
        self.tries
    }

    /// An attempt has ended. What is not queued any more has ended otherwise, and changes no more.
    pub fn ended(&mut self, outcome: &Outcome, now: Timestamp, give_up_after: Duration) -> Next {
        if self.state != State::Queued {
            return Next::Nothing;
        }
        self.attempts += i64::from(*outcome != Outcome::Busy);
        match outcome {
            Outcome::Sent => {
                self.state = State::Sent;
                self.sent_us = Some(now);
                self.last_error = None;
                Next::Nothing
            }
            Outcome::Refused(why) => self.fail(why.clone()),
            Outcome::Retry(why) => {
                self.last_error = Some(why.clone());
                self.again(retry::after_attempt(self.attempts), now, give_up_after)
            }
            Outcome::Busy => self.again(retry::while_busy(self.tries), now, give_up_after),
        }
    }

    fn again(&mut self, wait: Duration, now: Timestamp, give_up_after: Duration) -> Next {
        let last = self.queued_us.plus(give_up_after);
        let next = now.plus(wait);
        if next > last || self.is_useless(next) {
            let why = self.last_error.take().unwrap_or_else(|| "the channel had no room".to_owned());
            return self.fail(format!("given up: {why}"));
        }
        Next::Again(wait)
    }

    fn fail(&mut self, why: String) -> Next {
        self.state = State::Failed;
        self.last_error = Some(why);
        Next::Nothing
    }

    /// Staff want another attempt.
    ///
    /// # Errors
    /// `notification_not_failed`, `notification_too_late`.
    pub fn queue_again(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.state != State::Failed {
            let detail = "Only a notification that has failed is sent again.";
            return Err(Refusal::conflict("notification_not_failed", detail));
        }
        if self.is_useless(now) {
            let detail = "The link in this notification has expired; its reader must ask for another one.";
            return Err(Refusal::conflict("notification_too_late", detail));
        }
        self.state = State::Queued;
        self.queued_us = now;
        Ok(())
    }

    /// It is not to be sent.
    pub fn suppress(&mut self, why: &str) {
        self.state = State::Suppressed;
        self.last_error = Some(why.to_owned());
    }

    /// Its customer has left: what was kept about the customer is gone, and that there was a notification stays.
    pub fn forget(&mut self) {
        if matches!(self.state, State::Queued | State::Failed) {
            self.state = State::Suppressed;
        }
        self.customer_id = None;
        self.recipient = None;
        self.letter = None;
        self.last_error = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contracts::Timestamp;
    use uuid::Uuid;

    use super::{ChannelName, Kind, Next, Notification, Outcome, State, notification_id};
    use crate::domain::{Letter, Link, Subject};

    const DAY: Duration = Duration::from_secs(24 * 3_600);

    fn queued() -> Notification {
        let link = Link { id: Uuid::from_u128(3), expires_us: Timestamp(0).plus(DAY) };
        Notification {
            id: Uuid::from_u128(1),
            event_id: Uuid::from_u128(2),
            kind: Kind::VerifyEmail,
            channel: ChannelName::Email,
            recipient: Some("ada@example.com".into()),
            customer_id: None,
            order_id: None,
            letter: Some(Letter { name: None, subject: Subject::VerifyEmail { link } }),
            useful_until_us: Some(link.expires_us),
            state: State::Queued,
            tries: 1,
            attempts: 0,
            last_error: None,
            created_us: Timestamp(0),
            queued_us: Timestamp(0),
            sent_us: None,
        }
    }

    #[test]
    fn an_event_has_one_notification_for_each_recipient() {
        let id = |event, to| notification_id(Uuid::from_u128(event), to, ChannelName::Email);
        assert_eq!(id(1, "ada@example.com"), id(1, "Ada@Example.com"));
        assert_ne!(id(1, "ada@example.com"), id(2, "ada@example.com"));
        assert_ne!(id(1, "ada@example.com"), id(1, "bob@example.com"));
        let (earlier, later) = (0x0193_0000_0001_7000_u128 << 64, 0x0193_0000_0002_7000_u128 << 64);
        assert!(id(earlier, "zoe@example.com") < id(later, "ada@example.com"));
        assert_eq!(id(later, "ada@example.com").get_version_num(), 7);
    }

    #[test]
    fn it_is_tried_again_until_its_time_is_over() {
        let mut notification = queued();
        let down = Outcome::Retry("no answer".into());
        let next = notification.ended(&down, Timestamp(1), 2 * DAY);
        assert_eq!(next, Next::Again(Duration::from_secs(1)));
        assert_eq!(
            notification.ended(&Outcome::Busy, Timestamp(2), 2 * DAY),
            Next::Again(Duration::from_secs(1))
        );
        assert_eq!((notification.attempts, notification.state), (1, State::Queued));
        // The link is good for a day.
        assert_eq!(notification.ended(&down, Timestamp(0).plus(DAY), 2 * DAY), Next::Nothing);
        assert_eq!(notification.state, State::Failed);
        assert_eq!(notification.last_error.as_deref(), Some("given up: no answer"));
        assert_eq!(
            notification.queue_again(Timestamp(0).plus(DAY)).expect_err("no use").code,
            "notification_too_late"
        );
    }

    #[test]
    fn what_was_refused_is_sent_again_by_staff_alone() {
        let mut notification = queued();
        assert_eq!(
            notification.queue_again(Timestamp(1)).expect_err("queued").code,
            "notification_not_failed"
        );
        assert_eq!(notification.ended(&Outcome::Refused("550".into()), Timestamp(1), DAY), Next::Nothing);
        notification.queue_again(Timestamp(5)).expect("it has failed");
        assert_eq!((notification.state, notification.queued_us), (State::Queued, Timestamp(5)));
        notification.ended(&Outcome::Sent, Timestamp(6), DAY);
        assert_eq!((notification.state, notification.sent_us), (State::Sent, Some(Timestamp(6))));
        assert_eq!(notification.last_error, None);
        notification.ended(&Outcome::Refused("late".into()), Timestamp(7), DAY);
        assert_eq!(notification.state, State::Sent, "its end is its end");
    }

    #[test]
    fn what_a_customer_leaves_behind_is_a_count() {
        let mut notification = queued();
        notification.forget();
        assert_eq!((&notification.recipient, &notification.letter), (&None, &None));
        assert_eq!(notification.state, State::Suppressed);
    }
}
