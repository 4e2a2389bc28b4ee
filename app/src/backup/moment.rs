//! One moment of all databases and of what lies beside them.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use contracts::ServiceName;
use engine::{Paused, Snapshot, StoreError};
use host::{Running, Stores};

use super::postgres::Export;

/// Pages of SQLite, in bytes.
const PAGE_BYTES: u64 = 4_096;

/// A moment that is held until it is copied.
pub(super) struct Moment {
    databases: Databases,
    /// Files beside the databases, and how long they were.
    files: Vec<(String, u64)>,
}

enum Databases {
    Sqlite(Vec<(ServiceName, Snapshot, u64)>),
    Postgres(Export),
}

/// Holds the present moment of all services.
pub(super) async fn hold(
    stores: &Stores,
    data: &Path,
    services: &[Arc<dyn Running>],
) -> anyhow::Result<Moment> {
    let opened = match stores {
        Stores::Sqlite(directory) => {
            let directory = directory.clone();
            let opened = tokio::task::spawn_blocking(move || open_files(&directory)).await;
            Databases::Sqlite(opened.context("no database was opened")??)
        }
        Stores::Postgres(url) => Databases::Postgres(Export::connect(url).await?),
    };
    let mut pauses: Vec<Paused> = Vec::new();
    for service in services {
        pauses.push(service.pause().await?);
    }
    let databases = opened.hold().await?;
    // After the databases, before anybody goes on: the outside has carried out nothing that they do not intend.
    let files = measure(data)?;
    ensure!(pauses.iter().all(Paused::held), "the services did not stand still for long enough; try again");
    drop(pauses);
    Ok(Moment { databases, files })
}

fn open_files(directory: &Path) -> anyhow::Result<Vec<(ServiceName, Snapshot, u64)>> {
    let mut files = Vec::new();
    for service in ServiceName::ALL {
        let path = directory.join(format!("{service}.db"));
        let opened = Snapshot::open(&path);
        let snapshot = opened.with_context(|| format!("the {service} service's data cannot be opened"))?;
        files.push((service, snapshot, path.metadata()?.len()));
    }
    Ok(files)
}

impl Databases {
    async fn hold(self) -> anyhow::Result<Self> {
        match self {
            Self::Sqlite(files) => {
                let held = tokio::task::spawn_blocking(move || {
                    files.iter().try_for_each(|(_, snapshot, _)| snapshot.hold())?;
                    Ok::<_, StoreError>(files)
                });
                Ok(Self::Sqlite(held.await.context("no moment was held")??))
            }
            Self::Postgres(mut export) => {
                export.hold().await?;
                Ok(Self::Postgres(export))
            }
        }
    }
}

/// The files beside the databases: secrets, ledgers of the outside, the marker of the demo products.
fn measure(data: &Path) -> anyhow::Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(data).with_context(|| format!("{} cannot be read", data.display()))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Databases are copied by themselves; an archive that somebody keeps here is none of the shop's data.
        let own = [".db", ".db-wal", ".db-shm", ".lock", ".new", ".tar", ".gz", ".tgz"]
            .iter()
            .any(|end| name.ends_with(end));
        if entry.file_type()?.is_file() && !own && name != crate::directory::SERVER_FILE {
            files.push((name, entry.metadata()?.len()));
        }
    }
    files.sort();
    Ok(files)
}

impl Moment {
    /// Copies the moment into `scratch`; answers which kind of store it is of, and the files' names.
    pub fn copy(
        self,
        data: &Path,
        scratch: &Path,
        report: &dyn Fn(u64, u64),
    ) -> anyhow::Result<(&'static str, Vec<String>)> {
        let mut names = Vec::new();
        let store = match self.databases {
            Databases::Sqlite(files) => {
                let total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
                let mut before = 0;
                for (service, snapshot, _) in files {
                    let name = format!("{service}.db");
                    let mut pages = 0;
                    snapshot
                        .copy_to(&scratch.join(&name), &mut |done, _| {
                            pages = done;
                            report(before + done * PAGE_BYTES, total.max(before + done * PAGE_BYTES));
                            Ok(())
                        })
                        .with_context(|| format!("the {service} service's data cannot be copied"))?;
                    before += pages * PAGE_BYTES;
                    names.push(name);
                }
                "sqlite"
            }
            Databases::Postgres(export) => {
                names.push(export.dump(scratch)?);
                "postgres"
            }
        };
        for (name, bytes) in self.files {
            copy_beginning(&data.join(&name), &scratch.join(&name), bytes)
                .with_context(|| format!("{name} cannot be copied"))?;
            names.push(name);
        }
        Ok((store, names))
    }
}

/// Copies what a file held at the moment. What the outside appends to is cut after its last whole line: half a line was never answered.
fn copy_beginning(from: &Path, to: &PathBuf, bytes: u64) -> anyhow::Result<()> {
    let mut source = File::open(from)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut copy = options.open(to)?;
    let grows = source.metadata()?.len() > bytes;
    let (mut left, mut whole_lines, mut written) = (bytes, 0, 0_u64);
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let room = buffer.len().min(usize::try_from(left).unwrap_or(buffer.len()));
        let read = source.read(&mut buffer[..room])?;
        ensure!(read > 0, "it has become shorter");
        copy.write_all(&buffer[..read])?;
        if let Some(end) = buffer[..read].iter().rposition(|byte| *byte == b'\n') {
            whole_lines = written + end as u64 + 1;
        }
        written += read as u64;
        left -= read as u64;
    }
    if grows {
        copy.set_len(whole_lines)?;
    }
    copy.sync_all()?;
    Ok(())
}
