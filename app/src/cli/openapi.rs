//! `isotope openapi`.

use std::process::ExitCode;

use super::output;

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    output::line(&crate::openapi::document().await?)?;
    Ok(ExitCode::SUCCESS)
}
