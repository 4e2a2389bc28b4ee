//! The whole shop as its users meet it: a process, HTTP, a data directory.

mod access;
mod accounts;
mod backup;
mod buyer;
mod cli;
mod command;
mod contract;
mod crash;
mod customers;
mod hot;
mod journey;
mod live;
#[cfg(target_os = "linux")]
mod machine;
mod mail;
mod people;
mod planted;
mod rebuilding;
mod seeding;
mod stopping;
mod telemetry;
mod tour;
