//! A PostgreSQL server that belongs to one test.

mod account;
mod programs;
mod supervisor;

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

use account::Account;
use supervisor::Supervisor;

pub use programs::Programs;

/// The database role that owns everything; it needs no password.
const ROLE: &str = "isotope";

/// How often another port is tried when a program took the one that was free a moment ago.
const PORT_ATTEMPTS: u32 = 5;

/// Why there is no server, or no database on it.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No PostgreSQL server is installed where it could be found.
    #[error(
        "PostgreSQL's programs ({}) are neither in PATH nor in /usr/lib/postgresql/*/bin; \
         on Debian they come with `apt-get install postgresql`",
        programs::NEEDED.join(", ")
    )]
    NotInstalled,
    /// Run by root, and there is no other account to run the server as.
    #[error(
        "PostgreSQL does not run as root, and /etc/passwd has neither `postgres` nor `nobody` to run it as"
    )]
    NoAccount,
    /// Files or processes could not be handled.
    #[error("cannot {0}")]
    System(String, #[source] io::Error),
    /// A program of PostgreSQL failed; its own words follow.
    #[error("{program} failed:\n{output}")]
    Program {
        /// Which program.
        program: &'static str,
        /// What it wrote.
        output: String,
    },
}

/// A running server with a cluster of its own. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct PostgresServer {
    programs: Programs,
    port: u16,
    databases: AtomicU32,
    supervisor: Supervisor,
    // After the supervisor: the directory goes when nothing uses it any more.
    directory: TempDir,
}

impl PostgresServer {
    /// Makes a cluster and starts a server on it, with durable commits; returns when it answers.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or one of its programs fails; the error holds what it said.
    pub fn start() -> Result<Self, PostgresError> {
        let programs = Programs::find().ok_or(PostgresError::NotInstalled)?;
        let mut attempt = 1;
        loop {
            match Self::start_on(&programs, free_port()?) {
                Err(error) if attempt < PORT_ATTEMPTS && supervisor::port_was_taken(&error) => attempt += 1,
                result => return result,
            }
        }
    }

    fn start_on(programs: &Programs, port: u16) -> Result<Self, PostgresError> {
        let directory = tempfile::Builder::new()
            .prefix("isotope-postgres-")
            .tempdir()
            .map_err(|error| PostgresError::System("make a temporary directory".to_owned(), error))?;
        let account = Account::unprivileged(directory.path())?;
        if let Some(account) = &account {
            chown(directory.path(), Some(account.uid), Some(account.gid)).map_err(|error| {
                PostgresError::System(format!("give the temporary directory to user {}", account.uid), error)
            })?;
        }
        make_cluster(programs, account.as_ref(), directory.path())?;
        let supervisor = Supervisor::start(programs, account.as_ref(), directory.path(), port)?;
        Ok(Self { programs: programs.clone(), port, databases: AtomicU32::new(0), supervisor, directory })
    }

    /// Creates a database, a new one with every call, and returns its URL: `postgres://isotope@127.0.0.1:PORT/DATABASE`.
    ///
    /// # Errors
    /// `createdb` fails; the error holds what it said.
    pub fn url(&self, database: &str) -> Result<String, PostgresError> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("{database}_{number}");
        let mut createdb = self.programs.command("createdb", None);
        createdb
            .args(["--host=127.0.0.1", "--username", ROLE, "--port"])
            .arg(self.port.to_string())
            .arg(&name);
        run("createdb", &mut createdb)?;
        Ok(format!("postgres://{ROLE}@127.0.0.1:{}/{name}", self.port))
    }

    /// Where the cluster's files are, until the server is dropped.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The process that runs the server, for tests that watch or kill it.
    pub fn process_id(&self) -> u32 {
        self.supervisor.server_process_id()
    }
}

fn make_cluster(
    programs: &Programs,
    account: Option<&Account>,
    directory: &Path,
) -> Result<(), PostgresError> {
    let mut initdb = programs.command("initdb", account);
    initdb.current_dir(directory).arg("--pgdata").arg(cluster_directory(directory)).args([
        "--username",
        ROLE,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        // The files of an empty cluster need not survive a power cut; every commit made later does.
        "--no-sync",
    ]);
    run("initdb", &mut initdb)
}

fn cluster_directory(directory: &Path) -> PathBuf {
    directory.join("cluster")
}

fn run(program: &'static str, command: &mut Command) -> Result<(), PostgresError> {
    let output = command.output().map_err(|error| PostgresError::System(format!("run {program}"), error))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(PostgresError::Program { program, output: String::from_utf8_lossy(&text).into_owned() })
}

fn free_port() -> Result<u16, PostgresError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| PostgresError::System("find a free port".to_owned(), error))
}
