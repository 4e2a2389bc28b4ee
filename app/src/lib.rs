#![doc = include_str!("../README.md")]

pub mod audit;
pub mod backup;
pub mod cli;
mod database_claim;
pub mod directory;
pub mod openapi;
mod seed;
pub mod settings;
pub mod shop;
pub mod system;
mod wiring;
