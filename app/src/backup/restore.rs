//! From an archive to a data directory: all of it, or nothing.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufReader, Read, Write},
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use contracts::ServiceName;
use engine::{StoreAddress, SystemClock, renew_epochs};
use flate2::bufread::GzDecoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    ARCHIVE_FORMAT, ArchivedFile, MANIFEST, MANIFEST_DIGEST, Manifest, archive::hexadecimal, postgres,
    sync_folder,
};

/// A manifest is never longer.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The moment that the archive is of.
    pub taken_at: String,
    /// Files.
    pub files: usize,
    /// Their length together.
    pub bytes: u64,
}

/// Restores an archive to a data directory that is not there or empty, and for an archive of PostgreSQL to the database of `database_url`.
/// Called outside of any asynchronous task. `report` hears of bytes restored and bytes in all.
///
/// # Errors
/// The archive is damaged, or of a newer program; the target holds something; something cannot be written. Nothing is left then.
pub fn restore(
    from: &Path,
    data: &Path,
    database_url: Option<&str>,
    report: &dyn Fn(u64, u64),
) -> anyhow::Result<Restored> {
    ensure_empty(data)?;
    let parent = match data.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    // Beside the target, on the same disk, so that one renaming puts all of it in place.
    let scratch = tempfile::Builder::new().prefix(".isotope-restoring-").tempdir_in(parent);
    let scratch = scratch.with_context(|| format!("{} cannot be written", parent.display()))?;
    let manifest = unpack(from, scratch.path(), report)
        .with_context(|| format!("{} cannot be restored", from.display()))?;
    match manifest.store.as_str() {
        "sqlite" => {
            ensure!(database_url.is_none(), "the archive holds SQLite files; leave --database-url out");
            let stores: Vec<(ServiceName, StoreAddress)> = ServiceName::ALL
                .into_iter()
                .map(|service| (service, scratch.path().join(format!("{service}.db"))))
                .filter(|(_, path)| path.exists())
                .map(|(service, path)| (service, StoreAddress::Sqlite(path)))
                .collect();
            renew_epochs(&stores, &SystemClock).context("the restored logs cannot be given new epochs")?;
        }
        "postgres" => {
            let url = database_url
                .context("the archive holds a PostgreSQL dump; say where to with --database-url")?;
            postgres::load(url, scratch.path())?;
        }
        other => bail!("the archive holds a store of kind `{other}`, which this program does not know"),
    }
    sync_folder(scratch.path())?;
    // Rename takes the place of an empty folder, and of nothing else.
    std::fs::rename(scratch.path(), data)
        .with_context(|| format!("{} cannot be put in place", data.display()))?;
    let _ = scratch.keep();
    sync_folder(parent)?;
    let bytes = manifest.files.iter().map(|file| file.bytes).sum();
    Ok(Restored { taken_at: manifest.taken_at, files: manifest.files.len(), bytes })
}

fn ensure_empty(data: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(data) {
        Ok(mut entries) => {
            ensure!(
                entries.next().is_none(),
                "{} is not empty; restore to a directory that is empty or not there",
                data.display()
            );
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", data.display())),
    }
}

fn unpack(from: &Path, into: &Path, report: &dyn Fn(u64, u64)) -> anyhow::Result<Manifest> {
    let mut file = BufReader::new(File::open(from)?);
    let zipped = std::io::BufRead::fill_buf(&mut file)?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read> = if zipped { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
    let mut archive = tar::Archive::new(reader);
    let mut entries = archive.entries()?;
    let damaged = "the archive is damaged or not one of isotope's";
    let mut text = |name: &str| -> anyhow::Result<Vec<u8>> {
        let entry = entries.next().context(damaged)?.context(damaged)?;
        ensure!(entry.path()?.as_os_str() == name && entry.size() <= MANIFEST_BYTES_MAX, damaged);
        let mut text = Vec::new();
        entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut text).context(damaged)?;
        Ok(text)
    };
    let manifest = text(MANIFEST)?;
    let digest = text(MANIFEST_DIGEST)?;
    ensure!(
        hexadecimal(&Sha256::digest(&manifest)).as_bytes() == digest,
        "{damaged}: {MANIFEST} is not what was written"
    );
    let manifest: Manifest = serde_json::from_slice(&manifest).context(damaged)?;
    ensure!(
        manifest.format <= ARCHIVE_FORMAT,
        "the archive is of format {}, and this program knows formats up to {ARCHIVE_FORMAT}: use a newer isotope",
        manifest.format
    );
    let total: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let (mut done, mut names) = (0, HashSet::new());
    for archived in &manifest.files {
        let entry = entries.next().with_context(|| format!("{damaged}: {} is missing", archived.name))?;
        let entry = entry.with_context(|| format!("{damaged}: {} is missing", archived.name))?;
        let plain = Path::new(&archived.name).file_name().is_some_and(|name| name == archived.name.as_str());
        ensure!(
            plain && names.insert(archived.name.clone()),
            "{damaged}: `{}` is no file's name",
            archived.name
        );
        let fits = entry.path()?.as_os_str() == archived.name.as_str() && entry.size() == archived.bytes;
        ensure!(fits, "{damaged}: where {} should be is something else", archived.name);
        copy(entry, &into.join(&archived.name), archived)
            .with_context(|| format!("{} cannot be restored", archived.name))?;
        done += archived.bytes;
        report(done, total);
    }
    ensure!(entries.next().is_none(), "{damaged}: it holds more than it says");
    Ok(manifest)
}

fn copy(mut from: impl Read, to: &Path, archived: &ArchivedFile) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        file.write_all(&buffer[..read])?;
    }
    file.sync_all()?;
    ensure!(
        hexadecimal(&hash.finalize()) == archived.sha256,
        "it is not what was written: its digest differs"
    );
    Ok(())
}
