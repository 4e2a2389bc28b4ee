//! `isotope restore`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{output, progress};
use crate::backup;

/// From where, to where.
#[derive(Args)]
#[command(after_help = "\
Example: isotope restore --from isotope-20260101T120000.000000Z.tar --data /srv/shop

Every file is checked against its digest before anything is put in place. The logs get new epochs: the shop itself goes on where it stood, and whoever
has read the logs from elsewhere stops instead of missing events.")]
pub struct Restore {
    /// The archive, compressed or not.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data directory to make; empty, or not there yet.
    #[arg(long, value_name = "DIR", env = "ISOTOPE_DATA")]
    data: PathBuf,
    /// The PostgreSQL database to load, for an archive of one. It must not hold a shop.
    #[arg(long, value_name = "URL", env = "ISOTOPE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let bar = progress::bar("restoring");
        let shown = bar.clone();
        let data = self.data.clone();
        let restored = tokio::task::spawn_blocking(move || {
            backup::restore(&self.from, &self.data, self.database_url.as_deref(), &|done, total| {
                shown.set_length(total);
                shown.set_position(done);
            })
        });
        let restored = restored.await??;
        bar.finish_and_clear();
        match self.json {
            true => output::json(&restored)?,
            false => output::line(&format!("{} holds the moment {}", data.display(), restored.taken_at))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
