//! `isotope backup`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::{
    api::{Api, Need},
    output,
    place::Place,
    progress, projections,
};
use crate::{
    backup::{self, Written},
    directory::DataDirectory,
    shop,
};

/// Where to.
#[derive(Args)]
#[command(after_help = "\
Examples:
  isotope backup --to /backups/                a new file in that folder
  isotope backup --to shop.tar.gz              compressed

The archive holds one moment of all services, the installation's secrets, and what the mock gateway and carrier have carried out. Keep it as safe as
the data directory itself. A backup of a PostgreSQL database needs pg_dump on the machine of the server.")]
pub struct Backup {
    #[command(flatten)]
    place: Place,
    /// A file, or a folder that is there. A name that ends in .gz is compressed.
    #[arg(long, value_name = "FILE|DIR")]
    to: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if !self.to.is_dir() {
            ensure!(!self.to.exists(), "{} is there already", self.to.display());
            let folder = match self.to.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            ensure!(folder.is_dir(), "there is no folder {}", folder.display());
        }
        let settings = self.place.settings()?;
        let bar = progress::bar("backing up");
        let folder = settings.data.join(backup::FOLDER);
        let written = match DataDirectory::is_taken(&settings.data) {
            true => {
                let api = Api::open(&self.place, Need::Live).await?;
                let job = api.post("system/backup", json!({})).await?;
                let result = projections::wait_for(&api, job, |job| {
                    bar.set_length(job.total);
                    bar.set_position(job.done);
                });
                serde_json::from_value::<Written>(result.await?)?
            }
            false => {
                ensure!(
                    settings.data.is_dir(),
                    "there is no data directory {}; choose one with --data",
                    settings.data.display()
                );
                let directory = DataDirectory::take(&settings.data)?;
                let bar = bar.clone();
                let report = move |done, total| {
                    bar.set_length(total);
                    bar.set_position(done);
                };
                let stores = shop::stores(&settings);
                let written = backup::write(&stores, &settings.data, &[], &folder, report).await?;
                drop(directory);
                written
            }
        };
        bar.finish_and_clear();
        let to = if self.to.is_dir() { self.to.join(&written.name) } else { self.to.clone() };
        let from = folder.join(&written.name);
        let target = to.clone();
        tokio::task::spawn_blocking(move || deliver(&from, &target)).await??;
        let bytes = to.metadata()?.len();
        match self.json {
            true => output::json(&json!({ "file": to, "bytes": bytes, "taken_at": written.taken_at }))?,
            false => output::line(&format!(
                "{} ({bytes} bytes) holds the moment {}",
                to.display(),
                written.taken_at
            ))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Brings the archive to where it was asked for: whole, or not at all.
fn deliver(from: &Path, to: &Path) -> anyhow::Result<()> {
    let zipped = to.extension().is_some_and(|end| end == "gz" || end == "tgz");
    if !zipped && std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    let folder = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = || format!("{} cannot be written; the backup is at {}", to.display(), from.display());
    // Only its owner may read a temporary file, as it should be with secrets in it.
    let draft = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    let copied = || -> std::io::Result<()> {
        let mut archive = File::open(from)?;
        let mut writer = BufWriter::new(draft.as_file());
        if zipped {
            let mut encoder = GzEncoder::new(writer, Compression::fast());
            std::io::copy(&mut archive, &mut encoder)?;
            writer = encoder.finish()?;
        } else {
            std::io::copy(&mut archive, &mut writer)?;
        }
        writer.flush()?;
        draft.as_file().sync_all()
    };
    copied().with_context(failed)?;
    draft.persist_noclobber(to).map_err(|error| error.error).with_context(failed)?;
    std::fs::remove_file(from).with_context(|| format!("{} cannot be removed", from.display()))
}
