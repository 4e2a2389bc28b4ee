//! `isotope audit`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::output;
use crate::audit;

/// Which data.
#[derive(Args)]
pub struct Audit {
    /// The data directory.
    #[arg(long, value_name = "DIR", env = "ISOTOPE_DATA", default_value = "data")]
    data: PathBuf,
    /// The PostgreSQL database, where the shop has one.
    #[arg(long, value_name = "URL", env = "ISOTOPE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let report = audit::run(&self.data, self.database_url).await?;
        match self.json {
            true => output::json(&report)?,
            false => output::line(report.to_string().trim_end())?,
        }
        Ok(if report.clean() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}
