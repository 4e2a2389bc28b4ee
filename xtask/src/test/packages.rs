//! Makes sure of the programs that tests run: PostgreSQL, of which they start servers of their own, curl, for README's tour, and Python,
//! for a mail server and for schemathesis.

use std::{env, fs, os::unix::fs::MetadataExt, path::Path, process::Command};

use crate::steps::{succeed, succeeds_quietly};

const ADVICE: &str = "The tests start PostgreSQL servers of their own, run README's commands with curl, and a mail server and schemathesis with Python. One of them is \
missing: PostgreSQL's programs are neither in PATH nor in /usr/lib/postgresql/*/bin, curl is not in PATH, or python3 cannot make virtual environments. \
On Debian: sudo apt-get install postgresql curl python3-venv";

/// Finds the programs, or installs them where this may: as root, on Debian.
///
/// # Errors
/// One is missing and cannot be installed. Tests are never skipped for that.
pub(super) fn ensure_installed() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() || !Path::new("/usr/bin/apt-get").is_file() {
        return Err(ADVICE.to_owned());
    }
    println!("installing {}", missing.join(" and "));
    succeed(Command::new("apt-get").arg("update"))?;
    succeed(
        Command::new("apt-get")
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    if self::missing().is_empty() { Ok(()) } else { Err(ADVICE.to_owned()) }
}

/// The packages whose programs are not there.
fn missing() -> Vec<&'static str> {
    let wanted = [("postgresql", has_postgres()), ("curl", has_curl()), ("python3-venv", has_python())];
    wanted.into_iter().filter(|(_, is_there)| !is_there).map(|(package, _)| package).collect()
}

fn has_curl() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join("curl").is_file())
}

/// Debian has the module `venv` without what it needs in one package, and that in another.
fn has_python() -> bool {
    succeeds_quietly(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

/// Looks where `testkit` looks.
fn has_postgres() -> bool {
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
