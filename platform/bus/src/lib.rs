#![doc = include_str!("../README.md")]

pub mod conformance;
pub mod embedded;
mod transport;

pub use embedded::{Embedded, Log, SilentLog};
pub use transport::{Consumer, Cursors, Delivery, Logged, Subscription, Transport, TransportError, Wake};
