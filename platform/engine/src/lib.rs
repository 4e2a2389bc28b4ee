#![doc = include_str!("../README.md")]

mod clock;
mod commands;
mod core;
mod effects;
pub mod harness;
mod inbox;
mod log;
mod memory;
mod message;
mod parking;
mod postgres;
mod projection;
#[doc(hidden)]
pub mod record;
mod rows;
mod service;
mod session;
mod sql;
mod sqlite;
mod system;
mod table;
mod timers;
mod unit;
mod value;

pub use clock::{Clock, CountedIds, Ids, ManualClock, RandomIds, SystemClock};
pub use commands::CommandKey;
pub use effects::NoEffect;
pub use memory::{MemorySession, MemoryStore};
pub use message::CommandError;
pub use parking::{Body, Parked, ParkedState};
pub use postgres::{PostgresAddress, PostgresDurability, PostgresSession};
pub use projection::Projection;
pub use record::Record;
pub use rows::{Needs, Rows, table_of};
pub use service::{Cause, Cx, EffectPolicy, Publication, Service, Subscription};
pub use session::{Filter, HeadMove, Lock, Select, Session, StoreError};
pub use sqlite::{SqliteDurability, SqliteSession};
pub use system::SYSTEM_TABLES;
pub use table::{Column, Index, Table};
pub use value::{ColumnKind, Field, Key, Row, UnreadableValue, Value};
