#![doc = include_str!("../README.md")]

mod access;
mod access_table;
mod access_tokens;
mod client_address;
mod context;
mod idempotency;
mod input;
mod jwt;
mod metrics;
mod order_gate;
mod page;
mod principal;
mod problem;
mod questions;
mod server;
mod tokens;

pub use access::{Access, access_of, table as access_table};
pub use access_tokens::{AccessTokens, Claims, ISSUER, TokenError, sign_access_token};
pub use client_address::{ClientAddress, client_address};
pub use context::{AfterStart, Context, Mounted, Running, Stores, hosted, hosted_then, hosted_with};
pub use idempotency::{HasSecrets, Keyed, KeyedSecret, command_key_of};
pub use input::{Body, Params, Segment, email};
pub use metrics::{Counter, render as render_metrics};
pub use order_gate::{Caller, OrderGate};
pub use page::{Page, PageQuery, default_page_limit, paged};
pub use principal::{Authentication, Customer, Principal, Staff, StaffAccount, authenticate};
pub use problem::{FieldError, Problem};
pub use questions::Questions;
pub use server::{ServerLimits, harden, serve};
pub use tokens::{AdminToken, Bearer, LinkKind, LinkTokens, OrderTokens, Secrets, SecretsError};
