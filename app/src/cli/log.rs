//! The log: lines for people, or a JSON object a line for those who collect logs.

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::output;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, with the request's id and route where there is one.
    Json,
}

/// Lets the log go to standard error from now on.
pub fn begin(format: LogFormat, serves: bool) {
    // What a command has to say is its output; a log beside it is for when something goes wrong.
    let filter = if serves { "info" } else { "error" };
    let filter = EnvFilter::try_from_env("ISOTOPE_LOG").unwrap_or_else(|_| EnvFilter::new(filter));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output::colours(&std::io::stderr()))
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
