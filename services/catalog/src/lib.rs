#![doc = include_str!("../README.md")]

pub mod domain;
mod events;
pub mod seed;
mod service;
mod store;

pub use service::{CatalogService, Message, Reply};
