//! The service's rules on the engine's own unit of work; its routes, its mailbox and its mail server on a real database.

mod customers;
mod http;
mod orders;
mod sending;
mod shop;
mod smtp;
mod work;
