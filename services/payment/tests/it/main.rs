//! Payments: charged once, paid back when the order ends early, whatever comes first, twice or never.

mod gateway;
mod races;
mod till;
