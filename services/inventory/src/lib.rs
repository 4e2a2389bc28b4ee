#![doc = include_str!("../README.md")]

mod decisions;
mod domain;
mod events;
mod message;
mod needs;
mod service;
mod store;

pub use domain::{
    Adjustment, AdjustmentReason, Allocation, AllocationStatus, Hold, HoldLine, Line, Stock, StockChange,
};
pub use message::{Level, Message, Reply};
pub use service::{Config, Inventory};
