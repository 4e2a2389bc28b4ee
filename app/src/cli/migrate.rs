//! `isotope migrate`.

use std::process::ExitCode;

use super::{output, place::Place};
use crate::shop::Shop;

pub(super) async fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let settings = place.settings()?;
    Shop::migrate(&settings).await?;
    let what = if settings.database_url.is_some() { "the database" } else { "the databases" };
    output::line(&format!("{what} of {} are up to date", settings.data.display()))?;
    Ok(ExitCode::SUCCESS)
}
