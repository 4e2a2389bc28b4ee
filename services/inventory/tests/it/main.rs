//! Inventory's rules, on the engine's own unit of work.

mod adjustments;
mod cancellation;
mod checkout;
mod expiry;
mod holds;
mod invariants;
mod products;
mod settlement;
mod validation;
mod warehouse;
