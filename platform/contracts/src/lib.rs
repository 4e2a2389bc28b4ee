#![doc = include_str!("../README.md")]

mod address;
mod country;
mod envelope;
pub mod events;
mod ids;
mod money;
pub mod questions;
mod refusal;
mod role;
mod service;
mod tax;
mod time;

pub use address::Address;
pub use country::is_country;
pub use envelope::{Envelope, Event, PARTITIONS, UnreadableEvent, partition_of};
pub use ids::{CartId, CustomerId, OrderId, ProductId, StaffId};
pub use money::{Currency, Money};
pub use refusal::{Refusal, RefusalKind};
pub use role::{Role, UnknownRole};
pub use service::{ServiceName, UnknownService};
pub use tax::TaxClass;
pub use time::Timestamp;
