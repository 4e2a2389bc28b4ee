//! The command line of `isotope`: one file per command.

mod api;
mod audit;
mod backup;
mod completions;
mod config;
mod contract;
mod dead_letters;
mod events;
mod log;
mod migrate;
mod output;
mod place;
mod progress;
mod projections;
mod restore;
mod seed;
mod serve;
mod staff;
mod task;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

/// What ends the help.
const AFTER_HELP: &str = "\
The shop at work:  serve, migrate, seed, task grace-period
Look at it:        audit, events list|show|tail, dead-letters list|show,
                   projections list, task runs, config show|check
Mend it:           events replay, dead-letters replay|discard, projections rebuild
Who works there:   staff add|list|reset
Keep it:           backup, restore
For programs:      openapi, asyncapi, contract, completions,
                   and --json wherever something is printed

Examples:
  isotope                                      a demo shop, data in ./data
  isotope serve --data /srv/shop --listen 0.0.0.0:80
  isotope events tail --source ordering --json
  isotope backup --to /backups/                while orders go on
  isotope restore --from shop.tar --data /srv/shop2

Commands find the running server by its data directory. Where none runs they
read the data themselves, or, to change it, set the services to work without
listening.

Exit codes:
  0  fine
  1  it failed
  2  something is wrong with what was checked, or with how the command was called";

/// A whole shop in one process. Without a command it serves: on an empty directory that is a demo shop, ready to use.
#[derive(Parser)]
#[command(name = "isotope", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
    /// How log lines look, on standard error. `ISOTOPE_LOG` says which: `info`, `debug`, `ordering=debug`.
    #[arg(long, global = true, value_enum, env = "ISOTOPE_LOG_FORMAT", default_value_t)]
    log_format: log::LogFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the shop until Ctrl-C.
    Serve(serve::Serve),
    /// Make all databases, or bring them up to date, and end.
    Migrate(place::Place),
    /// Put the demo products in.
    Seed(seed::Seed),
    /// Check that money and stock add up, and that nothing is stuck or lost. On a live or a stopped data directory.
    Audit(audit::Audit),
    /// Read the logs of events, follow them, hand an event to a service again.
    #[command(subcommand)]
    Events(events::Events),
    /// Messages that no attempt could handle.
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLetters),
    /// Read models.
    #[command(subcommand)]
    Projections(projections::Projections),
    /// Work that a scheduler starts, and that ends by itself.
    #[command(subcommand)]
    Task(task::Task),
    /// Write a backup of one moment, also while orders go on.
    Backup(backup::Backup),
    /// Make a data directory from a backup.
    Restore(restore::Restore),
    /// The accounts of staff.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// The settings.
    #[command(subcommand)]
    Config(config::Config),
    /// Print the HTTP contract as OpenAPI.
    Openapi,
    /// Print the event contract as AsyncAPI.
    Asyncapi,
    /// Write the whole contract: OpenAPI, AsyncAPI, and a JSON Schema for each event.
    Contract(contract::Contract),
    /// Print the completions of a shell, to be sourced by it.
    Completions(completions::Completions),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let serves = matches!(cli.command, None | Some(Command::Serve(_)));
    log::begin(cli.log_format, serves);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("isotope: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(run(cli));
    runtime.shutdown_timeout(Duration::from_secs(5));
    match done {
        Ok(code) => code,
        // Whoever read the output has had enough of it.
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may listen here either.
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "isotope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        None => cli.serve.run().await,
        Some(Command::Serve(serve)) => serve.run().await,
        Some(Command::Migrate(place)) => migrate::run(&place).await,
        Some(Command::Seed(seed)) => seed.run().await,
        Some(Command::Audit(audit)) => audit.run().await,
        Some(Command::Events(events)) => events.run().await,
        Some(Command::DeadLetters(dead_letters)) => dead_letters.run().await,
        Some(Command::Projections(projections)) => projections.run().await,
        Some(Command::Task(task)) => task.run().await,
        Some(Command::Backup(backup)) => backup.run().await,
        Some(Command::Restore(restore)) => restore.run().await,
        Some(Command::Staff(staff)) => staff.run().await,
        Some(Command::Config(config)) => config.run().await,
        Some(Command::Openapi) => contract::openapi().await,
        Some(Command::Asyncapi) => contract::asyncapi().await,
        Some(Command::Contract(contract)) => contract.run().await,
        Some(Command::Completions(completions)) => completions.run(),
    }
}
