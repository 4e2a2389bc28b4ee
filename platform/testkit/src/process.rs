//! A shop in a process of its own, for tests that stop it, kill it, and start it again.

use std::{
    io::{self, BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// What the first line on standard output begins with.
const READY: &str = "isotope is ready: http://";

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How long a shop may take to stop by itself.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// A running shop. Dropping it kills it.
#[derive(Debug)]
pub struct ShopProcess {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl ShopProcess {
    /// Starts `program` on a data directory and a free port; returns when it is ready.
    ///
    /// # Errors
    /// It cannot be started, or ends before it is ready; its own words are on standard error.
    pub fn start(program: &Path, data: &Path, arguments: &[&str]) -> io::Result<Self> {
        Self::spawn(Command::new(program), ANY_PORT, data, arguments)
    }

    /// The same at an address, such as that of one which has stopped.
    ///
    /// # Errors
    /// See [`start`](Self::start).
    pub fn start_at(
        address: SocketAddr,
        program: &Path,
        data: &Path,
        arguments: &[&str],
    ) -> io::Result<Self> {
        Self::spawn(Command::new(program), address, data, arguments)
    }

    /// Starts a shop by a command of one's own, such as a program that runs it in other surroundings. It must become the shop's process.
    ///
    /// # Errors
    /// See [`start`](Self::start).
    pub fn start_by(command: Command, data: &Path, arguments: &[&str]) -> io::Result<Self> {
        Self::spawn(command, ANY_PORT, data, arguments)
    }

    fn spawn(mut command: Command, address: SocketAddr, data: &Path, arguments: &[&str]) -> io::Result<Self> {
        let mut child = command
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .args(arguments)
            .env("ISOTOPE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let Some(output) = child.stdout.take() else { return Err(io::Error::other("no standard output")) };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix(READY).and_then(|rest| rest.split('/').next()?.parse().ok());
        match address {
            Some(address) => Ok(Self { child, address }),
            None => {
                let _ = child.kill();
                let status = child.wait()?;
                Err(io::Error::other(format!("the shop is not ready ({status}); it said {line:?}")))
            }
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, as a power cut of the process would.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status()?;
        if !asked.success() {
            return Err(io::Error::other("the shop cannot be asked to end"));
        }
        let asked_at = Instant::now();
        while asked_at.elapsed() < STOP_PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Err(io::Error::other("the shop did not end in time"))
    }
}

impl Drop for ShopProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
