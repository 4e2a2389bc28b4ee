//! The shell between a test and its server. It ends the server when the test's process is gone, however it went.

use std::{
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::{Account, PostgresError, Programs, cluster_directory};

/// How long a server may take until it answers, also on a machine that is busy building.
const START_PATIENCE: Duration = Duration::from_secs(60);

const READY: &str = "database system is ready to accept connections";
const PORT_TAKEN: &str = "could not bind";

/// `read` returns when the pipe from the test's process is closed. SIGQUIT stops PostgreSQL at once; its files are
/// removed anyway.
const SCRIPT: &str = r#"
directory="$1"
shift
"$@" </dev/null &
server=$!
echo "server process $server" >&2
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$directory"
"#;

const PROCESS_LINE: &str = "server process ";

#[derive(Debug)]
pub(super) struct Supervisor {
    shell: Child,
    lifeline: Option<ChildStdin>,
    server_process_id: u32,
}

impl Supervisor {
    /// Starts a server on the cluster in `directory`; returns when it accepts connections.
    pub fn start(
        programs: &Programs,
        account: Option<&Account>,
        directory: &Path,
        port: u16,
    ) -> Result<Self, PostgresError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "isotope-postgres"]).arg(directory);
        command.arg(programs.path("postgres")).arg("-D").arg(cluster_directory(directory)).args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            &format!("port={port}"),
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=on",
            "-c",
            "synchronous_commit=on",
            "-c",
            "full_page_writes=on",
            "-c",
            "max_connections=200",
            "-c",
            "log_destination=stderr",
            "-c",
            "logging_collector=off",
        ]);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C in the terminal ends the test, and that ends the server by way of the pipe.
        command.process_group(0);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut shell = command
            .spawn()
            .map_err(|error| PostgresError::System("start the server's shell".to_owned(), error))?;
        let lifeline = shell.stdin.take();
        let output = shell.stderr.take();
        let mut supervisor = Self { shell, lifeline, server_process_id: 0 };
        if let Some(output) = output {
            supervisor.server_process_id = wait_until_ready(output)?;
        }
        Ok(supervisor)
    }

    pub fn server_process_id(&self) -> u32 {
        self.server_process_id
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Nothing can be done about a shell that cannot be waited for, and a drop has nobody to tell.
        let _ = self.shell.wait();
    }
}

/// Whether a failed start may succeed on another port.
pub(super) fn port_was_taken(error: &PostgresError) -> bool {
    matches!(error, PostgresError::Program { output, .. } if output.contains(PORT_TAKEN))
}

/// Reads what the server says until it is ready, and goes on reading in the background so that its pipe never fills up.
fn wait_until_ready(output: impl io::Read + Send + 'static) -> Result<u32, PostgresError> {
    let (lines, received) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while output.read_line(&mut line).is_ok_and(|length| length > 0) {
            if lines.send(std::mem::take(&mut line)).is_err() {
                let _ = io::copy(&mut output, &mut io::sink());
                return;
            }
        }
    });

    let mut process_id = 0;
    let mut said = String::new();
    loop {
        match received.recv_timeout(START_PATIENCE) {
            Ok(line) if line.contains(READY) => return Ok(process_id),
            Ok(line) => {
                if let Some(number) = line.strip_prefix(PROCESS_LINE) {
                    process_id = number.trim().parse().unwrap_or_default();
                }
                // A server that gave up leaves its shell waiting for us: the fatal line is the end.
                let is_over = line.contains("FATAL");
                said.push_str(&line);
                if is_over {
                    return Err(PostgresError::Program { program: "postgres", output: said });
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PostgresError::Program { program: "postgres", output: said });
            }
            Err(RecvTimeoutError::Timeout) => {
                said.push_str("(and then nothing more for a minute)");
                return Err(PostgresError::Program { program: "postgres", output: said });
            }
        }
    }
}
