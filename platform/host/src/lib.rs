#![doc = include_str!("../README.md")]

mod access;
mod access_table;
mod access_tokens;
mod client_address;
mod connections;
mod context;
mod idempotency;
mod if_match;
mod input;
mod jwt;
mod metrics;
mod order_gate;
mod page;
mod principal;
mod problem;
mod questions;
mod server;
mod shop;
mod streams;
mod tasks;
mod telemetry;
pub mod testing;
mod tokens;
mod validity;

pub use access::{Access, access_of, table as access_table};
pub use access_tokens::{AccessTokens, Claims, ISSUER, TokenError, sign_access_token};
pub use client_address::{ClientAddress, client_address};
pub use connections::{ConnectionLimits, serve};
pub use context::{
    AfterStart, Context, Mounted, Running, Stores, hosted, hosted_then, hosted_with, hosted_with_tasks,
};
pub use idempotency::{HasSecrets, Keyed, KeyedSecret, command_key_of};
pub use if_match::IfMatch;
pub use input::{Body, Moment, Params, Segment, email, words};
pub use metrics::{Counter, Gauge, render as render_metrics, render_gauges};
pub use order_gate::{Caller, OrderGate};
pub use page::{ListAddress, Page, PageQuery, cursor, default_page_limit, invalid_cursor};
pub use principal::{Authentication, Customer, Principal, Staff, StaffAccount, authenticate};
pub use problem::{FieldError, Problem};
pub use questions::Questions;
pub use server::{ServerLimits, harden};
pub use shop::Shop;
pub use streams::{StreamPlace, Streams};
pub use tasks::Task;
pub use telemetry::RequestCounts;
pub use tokens::{AdminToken, Bearer, LinkKind, LinkTokens, OrderTokens, Secrets, SecretsError};
pub use validity::Validity;
