//! Fulfilment's rules, on the engine's own unit of work; its carrier, its routes and its lanes, on a real database.

mod carrier;
mod crash;
mod http;
mod invariants;
mod paid;
mod parcels;
mod shop;
mod staff;
mod stopping;
