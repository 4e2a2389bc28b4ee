#![doc = include_str!("../README.md")]

mod asyncapi;
pub mod audit;
pub mod contract;
pub mod directory;
mod docs;
mod openapi;
mod seed;
pub mod settings;
pub mod shop;
mod system;
mod wiring;
