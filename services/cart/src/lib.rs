#![doc = include_str!("../README.md")]

pub mod domain;
mod events;
mod handlers;
mod message;
mod service;
mod store;

pub use message::{Message, Reply};
pub use service::CartService;
