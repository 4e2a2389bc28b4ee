#![doc = include_str!("../README.md")]

pub mod postgres;

pub use postgres::{PostgresError, PostgresServer};
