//! Backups: one moment of all services, in one archive, taken while orders go on; and the way back.
//!
//! All lanes stand still between two batches while every database's moment is held and the outside's ledgers are measured; that takes
//! milliseconds. The copies are made afterwards. So no cursor is past the log that it reads, and a ledger knows no call whose intent
//! the payment service's copy has not.

mod archive;
mod moment;
pub mod postgres;
mod restore;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use engine::{Clock, SystemClock};
use host::{Running, Stores};
use serde::{Deserialize, Serialize};

pub use restore::{Restored, restore};

/// The folder of the data directory that a server writes backups into.
pub const FOLDER: &str = "backups";

/// The form of an archive that this program writes.
const ARCHIVE_FORMAT: u32 = 1;

/// The first entry of an archive, and the one that holds its digest.
const MANIFEST: &str = "manifest.json";
const MANIFEST_DIGEST: &str = "manifest.sha256";

/// What an archive is called while it is written.
const SCRATCH_PREFIX: &str = ".partial-";

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The archive's own form.
    pub format: u32,
    /// The version of the program that wrote it.
    pub isotope: String,
    /// The moment.
    pub taken_at: String,
    /// `sqlite`: a file per service. `postgres`: one dump of all schemas.
    pub store: String,
    /// The services whose data it holds.
    pub services: Vec<String>,
    /// The files that follow, in order.
    pub files: Vec<ArchivedFile>,
}

/// A file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedFile {
    /// Its name in the data directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest, in hexadecimal.
    pub sha256: String,
}

/// A backup that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The archive's name in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// The moment.
    pub taken_at: String,
}

/// Writes a backup into `folder`; `report` hears of bytes copied and bytes in all. `services` are those at work, or none when the shop
/// is stopped and its data directory is the caller's.
///
/// # Errors
/// A database cannot be read, a lane does not stand still, or the archive cannot be written. Nothing is left then.
pub async fn write(
    stores: &Stores,
    data: &Path,
    services: &[Arc<dyn Running>],
    folder: &Path,
    report: impl Fn(u64, u64) + Send + 'static,
) -> anyhow::Result<Written> {
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    remove_leftovers(folder)?;
    let scratch = tempfile::Builder::new().prefix(SCRATCH_PREFIX).tempdir_in(folder);
    let scratch = scratch.with_context(|| format!("{} cannot be written", folder.display()))?;
    let moment = moment::hold(stores, data, services).await?;
    let taken_at = SystemClock.now().to_rfc3339();
    let (data, folder) = (data.to_owned(), folder.to_owned());
    let written = tokio::task::spawn_blocking(move || -> anyhow::Result<Written> {
        let (store, files) = moment.copy(&data, scratch.path(), &report)?;
        let stamp: String = taken_at.chars().filter(|letter| !matches!(letter, ':' | '-')).collect();
        let name = format!("isotope-{stamp}.tar");
        let manifest = archive::manifest(store, taken_at.clone(), scratch.path(), &files)?;
        let draft = scratch.path().join("archive.tar");
        archive::write(&draft, &manifest, scratch.path())?;
        let bytes = draft.metadata()?.len();
        std::fs::rename(&draft, folder.join(&name))?;
        sync_folder(&folder)?;
        Ok(Written { name, bytes, taken_at })
    });
    written.await.context("the backup was broken off")?.context("the backup cannot be written")
}

/// Removes what a backup has left that was broken off by a kill.
fn remove_leftovers(folder: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(SCRATCH_PREFIX) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Has a folder's names on disk.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
