#![doc = include_str!("../README.md")]

mod clock;
mod commands;
#[cfg(test)]
mod conformance;
mod core;
mod effects;
mod engine;
pub mod harness;
mod inbox;
mod lane;
mod log;
mod memory;
mod message;
mod outside;
mod parking;
mod postgres;
mod projection;
mod projector;
mod reads;
#[doc(hidden)]
pub mod record;
mod rows;
mod service;
mod session;
mod sql;
mod sqlite;
mod store;
mod system;
mod table;
mod timers;
mod unit;
mod value;

pub use clock::{Clock, CountedIds, Ids, ManualClock, RandomIds, SystemClock};
pub use commands::CommandKey;
pub use effects::NoEffect;
pub use engine::{Engine, EngineError, EngineOptions, Opened, Stats};
pub use memory::{MemorySession, MemoryStore};
pub use message::CommandError;
pub use outside::{Outside, OutsideError};
pub use parking::{Body, Parked, ParkedState};
pub use postgres::{PostgresAddress, PostgresDurability, PostgresSession};
pub use projection::Projection;
pub use projector::Rebuilt;
pub use reads::Reads;
pub use record::Record;
pub use rows::{Needs, Rows, table_of};
pub use service::{Cause, Cx, EffectPolicy, Publication, Service, Subscription};
pub use session::{Filter, HeadMove, Lock, Select, Session, StoreError};
pub use sqlite::{SqliteDurability, SqliteSession};
pub use store::StoreAddress;
pub use system::SYSTEM_TABLES;
pub use table::{Column, Index, Table};
pub use value::{ColumnKind, Field, Key, Row, UnreadableValue, Value};
