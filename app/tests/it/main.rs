//! The whole shop as its users meet it: a process, HTTP, a data directory.

mod backup;
mod buyer;
mod cli;
mod command;
mod contract;
mod crash;
mod hot;
mod journey;
mod mail;
mod planted;
mod rebuilding;
mod seeding;
mod stopping;
mod tour;
