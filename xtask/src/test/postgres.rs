//! Makes sure that tests can start PostgreSQL servers of their own.

use std::{env, fs, os::unix::fs::MetadataExt, path::Path, process::Command};

use crate::steps::succeed;

const ADVICE: &str = "The tests start PostgreSQL servers of their own, and its programs are neither in PATH nor in \
/usr/lib/postgresql/*/bin. On Debian: sudo apt-get install postgresql";

/// Finds PostgreSQL, or installs it where this may: as root, on Debian.
///
/// # Errors
/// It is missing and cannot be installed. Tests are never skipped for that.
pub(super) fn ensure_installed() -> Result<(), String> {
    if is_installed() {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").is_file() {
        return Err(ADVICE.to_owned());
    }
    println!("PostgreSQL is missing: installing it");
    succeed(Command::new("apt-get").arg("update"))?;
    succeed(
        Command::new("apt-get")
            .args(["install", "-y", "--no-install-recommends", "postgresql"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    if is_installed() { Ok(()) } else { Err(ADVICE.to_owned()) }
}

/// Looks where `testkit` looks.
fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_path_buf))
        .chain(debian.map(|version| version.path().join("bin")))
        .any(|folder| ["initdb", "postgres", "createdb"].iter().all(|name| folder.join(name).is_file()))
}

fn is_root() -> bool {
    // A process's entry belongs to the user it runs as.
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
