//! The command line of `cargo xtask`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bad_input, bench, new_service, sim, test, tidy, workspace_root};

/// Isotope's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything that proves the project; stops at the first step that fails.
    Test,
    /// Check the rules of the workspace: dependencies, shape, names, documents.
    Tidy,
    /// Send the shop what its contract allows and forbids: `bad-input --only admin --path /carts`, `bad-input --help`.
    #[command(disable_help_flag = true)]
    BadInput {
        /// Given to `schemathesis/run.py` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make services/NAME in the house's shape: it compiles, and its tests pass.
    NewService {
        /// Words in small letters, with _ between them.
        name: String,
    },
    /// Build the server for release and measure it: `bench orders`, `bench engine`, `bench --help`.
    #[command(disable_help_flag = true)]
    Bench {
        /// Given to the crate `bench` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the simulation, optimised: `sim --seeds 10000`, `sim --seed 7 --trace`, `sim --help`.
    #[command(disable_help_flag = true)]
    Sim {
        /// Given to the crate `sim` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Put a file of real orders through the services and compare the sums: `replay --data FILE`.
    #[command(disable_help_flag = true)]
    Replay {
        /// Given to the crate `bench` as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let root = workspace_root();
    let result = match Arguments::parse().command {
        Command::Test => test::run(&root),
        Command::Tidy => tidy::run(&root),
        Command::BadInput { arguments } => bad_input::run(&root, &arguments),
        Command::NewService { name } => new_service::run(&root, &name),
        Command::Bench { arguments } => bench::run(&root, &arguments),
        Command::Sim { arguments } => sim::run(&root, &arguments),
        Command::Replay { arguments } => bench::run_one(&root, "replay", &arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
