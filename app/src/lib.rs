#![doc = include_str!("../README.md")]

pub mod audit;
pub mod directory;
pub mod openapi;
mod seed;
pub mod settings;
pub mod shop;
mod system;
mod wiring;
