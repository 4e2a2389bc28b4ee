#![doc = include_str!("../README.md")]

pub mod ask;
pub mod client;
pub mod clock;
pub mod coverage;
pub mod faults;
pub mod invariants;
pub mod node;
pub mod outside;
pub mod plan;
pub mod planted;
pub mod random;
pub mod report;
pub mod rest;
pub mod rules;
pub mod run;
pub mod session;
pub mod shop;
pub mod shopper;
pub mod staff;
pub mod trace;
pub mod transport;
mod twists;
pub mod world;
