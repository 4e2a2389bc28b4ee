//! Payments: charged once, paid back when the order ends early, whatever comes first, twice or never. Wallets: what one
//! account gets another gives, and none is ever below zero.

mod gateway;
mod http;
mod invariants;
mod lanes;
mod races;
mod refunds;
mod till;
mod top_ups;
mod wallets;
