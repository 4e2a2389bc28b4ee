//! The server process that a benchmark starts for itself, on a data directory of its own.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use testkit::PostgresServer;

/// How long the server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// What its first line on standard output begins with.
const READY: &str = "isotope is ready: http://";

/// Which database the server keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// A file per service.
    Sqlite,
    /// A schema per service, on a server that the benchmark starts.
    Postgres,
}

/// How to start the server.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerOptions {
    /// The server's program; without this the `isotope` beside this one.
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// The database.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub store: Store,
    /// Where the temporary data directory is made; it must be on a disk. Without this the system's place for
    /// temporary files.
    #[arg(long, value_name = "FOLDER")]
    pub directory: Option<PathBuf>,
}

/// A running server.
pub struct Server {
    process: Option<Child>,
    process_id: u32,
    /// Where it listens.
    pub address: SocketAddr,
    /// The header value that opens its admin routes.
    pub admin_token: String,
    program: PathBuf,
    place: Place,
}

/// Where a server keeps its data.
pub struct Place {
    directory: TempDir,
    database: Option<Database>,
}

struct Database {
    server: PostgresServer,
    url: String,
}

impl Place {
    /// Makes an empty data directory, and a database server where one is needed.
    ///
    /// # Errors
    /// The directory would be in memory, where a durable commit costs nothing and proves nothing.
    pub fn make(store: Store, parent: Option<&Path>) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        ensure_on_disk(&parent)?;
        let directory = tempfile::Builder::new().prefix("isotope-bench-").tempdir_in(&parent)?;
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => {
                ensure_on_disk(&std::env::temp_dir())?;
                let server = PostgresServer::start()?;
                let url = server.url("isotope")?;
                Some(Database { server, url })
            }
        };
        Ok(Self { directory, database })
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.directory.path()
    }

    /// The database's URL; `None` on SQLite.
    pub fn database_url(&self) -> Option<&str> {
        self.database.as_ref().map(|database| database.url.as_str())
    }
}

fn ensure_on_disk(folder: &Path) -> anyhow::Result<()> {
    let kind = nix::sys::statfs::statfs(folder)
        .with_context(|| format!("cannot look at {}", folder.display()))?
        .filesystem_type();
    ensure!(
        kind != nix::sys::statfs::TMPFS_MAGIC,
        "{} is in memory, where a durable commit costs nothing: choose a folder on a disk with --directory (and TMPDIR for PostgreSQL)",
        folder.display()
    );
    Ok(())
}

impl Server {
    /// Starts a server on a fresh place and waits until it is ready. `arguments` follow those that every benchmark needs.
    ///
    /// # Errors
    /// It does not start within a minute; what it wrote last is part of the error.
    pub fn start(options: &ServerOptions, arguments: &[&str]) -> anyhow::Result<Self> {
        let program = match &options.server {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("isotope"),
        };
        ensure!(
            program.is_file(),
            "there is no server at {}: build it with `cargo build --release -p app`, or name it with --server",
            program.display()
        );
        let place = Place::make(options.store, options.directory.as_deref())?;
        let data = place.data().join("data");
        fs::create_dir(&data)?;
        let log = place.data().join("server.log");

        let mut command = Command::new(&program);
        command.arg("serve").arg("--data").arg(&data).args([
            "--listen",
            "127.0.0.1:0",
            "--seed-products",
            "0",
        ]);
        if let Some(url) = place.database_url() {
            command.args(["--database-url", url]);
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut process = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let ready = wait_until_ready(&mut process);
        let process_id = process.id();
        // From here on a failure drops the server, and that ends the process.
        let mut server = Self {
            process: Some(process),
            process_id,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin_token: String::new(),
            program,
            place,
        };
        server.address = ready.with_context(|| format!("the server's last words:\n{}", last_lines(&log)))?;
        let token = data.join("admin.token");
        server.admin_token = fs::read_to_string(&token)
            .with_context(|| format!("cannot read {}", token.display()))?
            .trim()
            .to_owned();
        Ok(server)
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.process_id
    }

    /// The database server's first process; `None` on SQLite.
    pub fn database_process_id(&self) -> Option<u32> {
        self.place.database.as_ref().map(|database| database.server.process_id())
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.place.data().join("data")
    }

    /// The database's URL; `None` on SQLite.
    pub fn database_url(&self) -> Option<&str> {
        self.place.database_url()
    }

    /// Runs another command of the server's program on the same data, such as `audit`.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).arg("--data").arg(self.data());
        if let Some(url) = self.database_url() {
            command.args(["--database-url", url]);
        }
        command
    }

    /// Stops the server as Ctrl-C does, and waits for it. The data stays until this value is dropped.
    ///
    /// # Errors
    /// It does not stop within a minute, or not cleanly.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let Some(process) = self.process.take() else { return Ok(()) };
        let log = self.place.data().join("server.log");
        kill(Pid::from_raw(self.process_id as i32), Signal::SIGINT)?;
        let Some(status) = wait_for(process) else {
            kill(Pid::from_raw(self.process_id as i32), Signal::SIGKILL)?;
            bail!("the server did not stop within {} s of SIGINT\n{}", PATIENCE.as_secs(), last_lines(&log));
        };
        ensure!(status.success(), "the server ended with {status}\n{}", last_lines(&log));
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Something has gone wrong already, and a drop has nobody to tell of more.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn wait_until_ready(process: &mut Child) -> anyhow::Result<SocketAddr> {
    let output = process.stdout.take().context("the server's output is not piped")?;
    let (found, address) = mpsc::channel();
    thread::spawn(move || {
        // Goes on reading when the line is found, so that the pipe never fills up.
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(rest) = line.strip_prefix(READY) {
                let text = rest.split('/').next().unwrap_or_default().to_owned();
                let _ = found.send(text);
            }
        }
    });
    let address = address
        .recv_timeout(PATIENCE)
        .with_context(|| format!("the server did not say `{READY}...` within {} s", PATIENCE.as_secs()))?;
    address.parse().with_context(|| format!("the server says it listens on `{address}`"))
}

fn wait_for(mut process: Child) -> Option<ExitStatus> {
    let (ended, status) = mpsc::channel();
    thread::spawn(move || {
        let _ = ended.send(process.wait());
    });
    status.recv_timeout(PATIENCE).ok()?.ok()
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
