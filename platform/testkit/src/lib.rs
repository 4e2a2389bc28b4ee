#![doc = include_str!("../README.md")]

pub mod client;
pub mod mail_server;
pub mod postgres;
pub mod process;

pub use client::{Answer, Client};
pub use mail_server::{MailServer, MailServerError, ReceivedMail};
pub use postgres::{PostgresError, PostgresServer};
pub use process::ShopProcess;
