//! Inventory's rules, on the engine's own unit of work; its routes and its lanes, on real databases.

mod adjustments;
mod cancellation;
mod checkout;
mod expiry;
mod history;
mod holds;
mod hot_product;
mod http;
mod invariants;
mod low_stock;
mod products;
mod renewal;
mod settlement;
mod validation;
mod warehouse;
