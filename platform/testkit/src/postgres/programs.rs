//! Where PostgreSQL's programs are.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::account::Account;

/// The programs that a server of one's own needs.
pub(super) const NEEDED: [&str; 3] = ["initdb", "postgres", "createdb"];

/// Where Debian keeps one directory per version, outside of `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A directory with the programs of one PostgreSQL version.
#[derive(Clone, Debug)]
pub struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// The programs in `PATH`, else the newest version that Debian has installed; `None` when there are none.
    pub fn find() -> Option<Self> {
        in_path().or_else(newest_of_debian).map(|directory| Self { directory })
    }

    /// A command of one of the programs, run as `account` where one is given.
    pub(super) fn command(&self, program: &str, account: Option<&Account>) -> Command {
        let mut command = Command::new(self.directory.join(program));
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        // What the caller's shell says of another server must not lead the programs to it.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
    }

    /// The path of a program, such as `psql`.
    pub fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }
}

fn in_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find_map(|directory| {
        // A link in PATH may lead to one program of an installation; the others are beside the real file.
        let initdb = fs::canonicalize(directory.join("initdb")).ok()?;
        let real_directory = initdb.parent()?;
        has_all(real_directory).then(|| real_directory.to_path_buf())
    })
}

fn newest_of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let directory = entry.path().join("bin");
            has_all(&directory).then_some((version, directory))
        })
        .max()
        .map(|(_, directory)| directory)
}

fn has_all(directory: &Path) -> bool {
    NEEDED.iter().all(|program| directory.join(program).is_file())
}
