#![doc = include_str!("../README.md")]

pub mod client;
pub mod postgres;
pub mod process;

pub use client::{Answer, Client};
pub use postgres::{PostgresError, PostgresServer};
pub use process::ShopProcess;
