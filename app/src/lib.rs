#![doc = include_str!("../README.md")]

mod asyncapi;
pub mod audit;
pub mod backup;
pub mod cli;
pub mod contract;
mod database_claim;
pub mod directory;
mod docs;
mod openapi;
mod seed;
pub mod settings;
pub mod shop;
pub mod system;
mod wiring;
