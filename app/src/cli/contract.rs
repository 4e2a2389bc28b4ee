//! `isotope openapi`, `isotope asyncapi` and `isotope contract`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::output;
use crate::contract;

/// `contract`.
#[derive(Args)]
pub(super) struct Contract {
    /// The folder.
    #[arg(long, value_name = "DIR", default_value = "contract")]
    to: PathBuf,
}

impl Contract {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        contract::Contract::make().await?.write(&self.to)?;
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) async fn openapi() -> anyhow::Result<ExitCode> {
    output::line(contract::Contract::make().await?.openapi.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn asyncapi() -> anyhow::Result<ExitCode> {
    output::line(contract::Contract::make().await?.asyncapi.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
