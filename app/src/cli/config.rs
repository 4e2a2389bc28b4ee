//! `isotope config`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::{Api, Need},
    output,
    place::Place,
};
use crate::{directory::DataDirectory, settings::Settings};

/// What to do with the settings.
#[derive(Subcommand)]
pub enum Config {
    /// Show the settings in force: of the running server, or as file, environment and flags make them. Secrets are masked.
    Show(Shown),
    /// Check a settings file. Exit code 2 when something is wrong with it.
    Check(Shown),
}

/// Which settings.
#[derive(Args)]
pub struct Shown {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Show(wanted) => {
                let settings = wanted.place.settings()?;
                let value: Value = match DataDirectory::is_taken(&settings.data) {
                    true => Api::open(&wanted.place, Need::Live).await?.get("system/config").await?,
                    false => serde_json::to_value(settings.masked())?,
                };
                match wanted.json {
                    true => output::json(&value)?,
                    false => output::line(toml::to_string_pretty(&without_nulls(value))?.trim_end())?,
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Check(wanted) => check(&wanted),
        }
    }
}

/// TOML has no null: what is not set is left out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

fn check(wanted: &Shown) -> anyhow::Result<ExitCode> {
    let checked: Result<Settings, _> = wanted.place.settings();
    let wrong = checked.as_ref().err().map(|error| format!("{error:#}"));
    match (wanted.json, &wrong) {
        (true, _) => output::json(&serde_json::json!({ "valid": wrong.is_none(), "error": wrong }))?,
        (false, None) => output::line("the settings are valid")?,
        (false, Some(error)) => output::line(error)?,
    }
    Ok(if wrong.is_none() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
