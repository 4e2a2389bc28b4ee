#![doc = include_str!("../README.md")]

mod admin;
mod clock;
mod database;
mod engine;
mod http;
mod latency;
mod orders;
mod process;
mod random;
mod replay;
mod server;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Isotope.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    Engine(engine::Options),
    Orders(orders::Options),
    Replay(replay::Options),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().benchmark {
        Benchmark::Engine(options) => engine::run(&options),
        Benchmark::Orders(options) => orders::run(&options),
        Benchmark::Replay(options) => replay::run(&options),
    };
    result.unwrap_or_else(|error| {
        eprintln!("bench: {error:#}");
        ExitCode::FAILURE
    })
}
