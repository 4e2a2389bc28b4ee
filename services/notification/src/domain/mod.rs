//! Notifications and their rules: what is sent to whom, once, and what follows from how it went.

mod contact;
mod letter;
mod notification;
mod retry;

pub use contact::{Contact, Customer};
pub use letter::{CancelReason, Letter, Line, Link, Order, Parcel, Subject, one_line};
pub use notification::{ChannelName, EventRef, Kind, Next, Notification, Outcome, State, notification_id};
