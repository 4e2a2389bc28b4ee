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

/// What the line on standard output begins with that says where it listens.
const READY: &str = "isotope is ready: http://";

/// The shell between a benchmark and its server: it ends the server when the pipe from the benchmark is closed, however that went.
/// Jobs in the background have no standard input, so the pipe is kept under another number.
const SHELL: &str = r#"
exec 3<&0
"$@" </dev/null &
server=$!
echo "server process $server"
( read -r _ <&3; kill -KILL "$server" 2>/dev/null ) &
watcher=$!
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"#;

const PROCESS_LINE: &str = "server process ";

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
    shell: Option<Child>,
    process_id: u32,
    /// Where it listens.
    pub address: SocketAddr,
    /// The header value that opens its admin routes.
    pub admin_token: String,
    program: PathBuf,
    arguments: Vec<String>,
    place: Place,
}

/// Where a server keeps its data.
pub struct Place {
    directory: Directory,
    database: Option<Database>,
}

enum Directory {
    /// Removed in the end.
    Temporary(TempDir),
    /// Stays.
    Kept(PathBuf),
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
        Ok(Self { directory: Directory::Temporary(directory), database })
    }

    /// A directory that stays, and may have been used before. On SQLite.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn keep(directory: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(Self { directory: Directory::Kept(directory.to_owned()), database: None })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        match &self.directory {
            Directory::Temporary(directory) => directory.path(),
            Directory::Kept(directory) => directory,
        }
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
        let place = Place::make(options.store, options.directory.as_deref())?;
        Self::start_on(options, place, arguments)
    }

    /// Starts a server on a place. See [`start`](Self::start).
    ///
    /// # Errors
    /// See [`start`](Self::start).
    pub fn start_on(options: &ServerOptions, place: Place, arguments: &[&str]) -> anyhow::Result<Self> {
        let program = match &options.server {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("isotope"),
        };
        ensure!(
            program.is_file(),
            "there is no server at {}: build it with `cargo build --release -p app`, or name it with --server",
            program.display()
        );
        fs::create_dir_all(place.path().join("data"))?;
        let mut server = Self {
            shell: None,
            process_id: 0,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin_token: String::new(),
            program,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            place,
        };
        server.launch()?;
        Ok(server)
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let (data, log) = (self.data(), self.log());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SHELL, "isotope-server"]).arg(&self.program);
        command.arg("serve").arg("--data").arg(&data);
        command.args(["--listen", "127.0.0.1:0", "--seed-products", "0"]);
        if let Some(url) = self.place.database_url() {
            command.args(["--database-url", url]);
        }
        let errors = File::options().create(true).append(true).open(&log)?;
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut shell =
            command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let started = wait_until_ready(&mut shell);
        // From here on a failure drops the server, and that closes the pipe and ends the process.
        self.shell = Some(shell);
        (self.process_id, self.address) =
            started.with_context(|| format!("the server's last words:\n{}", last_lines(&log)))?;
        let token = data.join("admin.token");
        let token = fs::read_to_string(&token).with_context(|| format!("cannot read {}", token.display()))?;
        token.trim().clone_into(&mut self.admin_token);
        Ok(())
    }

    /// Ends the server as a power cut does, and starts it again on the same data.
    ///
    /// # Errors
    /// It does not start again.
    pub fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(self.process_id as i32), Signal::SIGKILL)?;
        if let Some(mut shell) = self.shell.take() {
            shell.wait()?;
        }
        self.launch()
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
        self.place.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("server.log")
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
        let Some(shell) = self.shell.take() else { return Ok(()) };
        kill(Pid::from_raw(self.process_id as i32), Signal::SIGINT)?;
        let Some(status) = wait_for(shell) else {
            kill(Pid::from_raw(self.process_id as i32), Signal::SIGKILL)?;
            let words = last_lines(&self.log());
            bail!("the server did not stop within {} s of SIGINT\n{words}", PATIENCE.as_secs());
        };
        ensure!(status.success(), "the server ended with {status}\n{}", last_lines(&self.log()));
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            // Something has gone wrong already, and a drop has nobody to tell of more. The shell ends the server.
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
    }
}

/// The server's process, and where it listens.
fn wait_until_ready(shell: &mut Child) -> anyhow::Result<(u32, SocketAddr)> {
    let output = shell.stdout.take().context("the server's output is not piped")?;
    let (found, ready) = mpsc::channel();
    thread::spawn(move || {
        let mut process = String::new();
        // Goes on reading when the line is found, so that the pipe never fills up.
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(number) = line.strip_prefix(PROCESS_LINE) {
                number.clone_into(&mut process);
            }
            if let Some(rest) = line.strip_prefix(READY) {
                let address = rest.split('/').next().unwrap_or_default();
                let _ = found.send((process.clone(), address.to_owned()));
            }
        }
    });
    let (process, address) = ready
        .recv_timeout(PATIENCE)
        .with_context(|| format!("the server did not say `{READY}...` within {} s", PATIENCE.as_secs()))?;
    let address = address.parse().with_context(|| format!("the server says it listens on `{address}`"))?;
    Ok((process.parse().context("the shell names no process")?, address))
}

fn wait_for(mut shell: Child) -> Option<ExitStatus> {
    // Waiting closes the pipe, and that would end the server before it has stopped by itself.
    let _lifeline = shell.stdin.take();
    let (ended, status) = mpsc::channel();
    thread::spawn(move || {
        let _ = ended.send(shell.wait());
    });
    status.recv_timeout(PATIENCE).ok()?.ok()
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
