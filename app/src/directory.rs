//! The data directory: one process owns it, as long as it lives.

use std::{
    fs::{File, OpenOptions, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

/// In the data directory while a server is at work: where it listens.
pub const SERVER_FILE: &str = "server.json";

/// Where it is written before it is true.
const DRAFT_FILE: &str = "server.new";

/// The database that every shop has.
const ANY_DATABASE: &str = "ordering.db";

/// How often a lock that is held is looked at again.
const LOOKS_MAX: u32 = 10;

/// How long between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Where the server of a data directory is. It is true only while the directory is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
}

impl Server {
    /// Reads what the server of a data directory has said of itself; `None` where it has said nothing.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn find(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = path.join(SERVER_FILE);
        match std::fs::read(&file) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }
}

/// A data directory that this process owns. The lock goes with the process, however it ends.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory where it is not there, and takes it.
    ///
    /// # Errors
    /// Another process has it, or it cannot be made.
    pub fn take(path: &Path) -> anyhow::Result<Self> {
        make_private(path)
            .with_context(|| format!("the data directory {} cannot be made", path.display()))?;
        let lock_path = path.join("isotope.lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("{} cannot be opened", lock_path.display()))?;
        let mut locked = lock.try_lock();
        for _ in 0..LOOKS_MAX {
            if !matches!(locked, Err(TryLockError::WouldBlock)) {
                break;
            }
            // A command that looks whether anybody has the directory holds the lock itself for a moment.
            std::thread::park_timeout(BETWEEN_LOOKS);
            locked = lock.try_lock();
        }
        match locked {
            Ok(()) => {
                let directory = Self { path: path.to_owned(), _lock: lock };
                // A server that was killed has left it.
                directory.withdraw();
                Ok(directory)
            }
            Err(TryLockError::WouldBlock) => bail!(
                "another process has the data directory {}: stop it first, or choose another directory with --data",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", lock_path.display()))
            }
        }
    }

    /// Writes down where this process listens, for [`announce`](Self::announce). It is the first that a start writes, so that a start that
    /// finds no room for it has changed nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn draft(&self, address: SocketAddr) -> anyhow::Result<()> {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let server = Server { address, pid: std::process::id(), version };
        let draft = self.path.join(DRAFT_FILE);
        std::fs::write(&draft, serde_json::to_vec(&server)?)
            .with_context(|| format!("{} cannot be written", draft.display()))
    }

    /// Tells other commands what was drafted: whole or not at all, for whoever reads it meanwhile.
    ///
    /// # Errors
    /// The file cannot be put in its place.
    pub fn announce(&self) -> anyhow::Result<()> {
        let (draft, file) = (self.path.join(DRAFT_FILE), self.path.join(SERVER_FILE));
        std::fs::rename(draft, &file).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// Takes the announcement back.
    pub fn withdraw(&self) {
        let _ = std::fs::remove_file(self.path.join(SERVER_FILE));
    }

    /// Whether a process has the directory now.
    pub fn is_taken(path: &Path) -> bool {
        let Ok(lock) = OpenOptions::new().write(true).open(path.join("isotope.lock")) else { return false };
        // Shared, so that two commands that look at once do not take each other for an owner.
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DataDirectory {
    /// A start that has failed leaves no draft behind. Without one there is nothing to remove.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.path.join(DRAFT_FILE));
    }
}

/// Makes sure that a directory holds a shop's databases, and that this process may see them.
///
/// # Errors
/// It holds none, or they cannot be seen.
pub fn ensure_shop(path: &Path) -> anyhow::Result<()> {
    match std::fs::metadata(path.join(ANY_DATABASE)) {
        Ok(file) if file.is_file() => Ok(()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("the data directory {} cannot be read", path.display()))
        }
        _ => bail!("{} holds no shop's data", path.display()),
    }
}

/// Makes a directory that only its owner can look into: it holds addresses and secrets.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
