#![doc = include_str!("../README.md")]

mod context;
mod idempotency;
mod input;
mod metrics;
mod page;
mod problem;
mod questions;
mod server;
mod streams;
mod tasks;
mod tokens;

pub use context::{Context, Mounted, Running, Stores, hosted, hosted_with, hosted_with_tasks};
pub use idempotency::{Keyed, command_key_of};
pub use input::{Body, Params, Segment, email};
pub use metrics::{Counter, render as render_metrics};
pub use page::{Page, PageQuery, paged};
pub use problem::{FieldError, Problem};
pub use questions::Questions;
pub use server::{ServerLimits, harden, serve};
pub use streams::{StreamPlace, Streams};
pub use tasks::Task;
pub use tokens::{AdminToken, Bearer, OrderTokens, Secrets, SecretsError};
