//! A mail server that belongs to one test: PyPI's `aiosmtpd`, a real SMTP server, in a Python environment that is made once.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The server's program.
const PROGRAM: &str = include_str!("mail_server/server.py");

/// The version that is installed.
const PACKAGE: &str = "aiosmtpd==1.4.6";

/// Why there is no mail server.
#[derive(Debug, thiserror::Error)]
pub enum MailServerError {
    /// There is no Python that can make an environment.
    #[error(
        "python3 with its venv module is not there; on Debian they come with `apt-get install python3-venv`"
    )]
    NotInstalled,
    /// Files or processes could not be handled.
    #[error("cannot {0}")]
    System(&'static str, #[source] io::Error),
    /// A program failed; its own words follow.
    #[error("{0} failed:\n{1}")]
    Program(&'static str, String),
}

/// A mail that the server has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Its `Message-ID` header.
    pub message_id: String,
    /// Its recipients, as the envelope has them.
    pub to: Vec<String>,
    /// All of it, headers first.
    pub source: String,
}

/// A running server. Dropping it stops it; so does the end of the test's process.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    rules: Rules,
    directory: TempDir,
}

/// What the server is told.
#[derive(Clone, Debug, Default, serde::Serialize)]
struct Rules {
    answers: BTreeMap<String, u16>,
    hangs: bool,
    login: Option<(String, String)>,
}

impl MailServer {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// Python or the package is not there and cannot be had, or the server does not start.
    pub fn start() -> Result<Self, MailServerError> {
        Self::start_on(0)
    }

    /// Starts a server on a port; 0 takes a free one.
    ///
    /// # Errors
    /// See [`start`](Self::start); or the port is taken.
    pub fn start_on(port: u16) -> Result<Self, MailServerError> {
        let python = environment()?;
        let system = |what| move |error| MailServerError::System(what, error);
        let directory = tempfile::Builder::new()
            .prefix("isotope-mail-")
            .tempdir()
            .map_err(system("make a temporary directory"))?;
        let program = directory.path().join("server.py");
        fs::write(&program, PROGRAM).map_err(system("write the server's program"))?;
        Rules::default().write(directory.path()).map_err(system("write the rules"))?;
        fs::write(directory.path().join("mails.jsonl"), "").map_err(system("write the mails' file"))?;
        let mut child = Command::new(python)
            .arg(&program)
            .arg(directory.path())
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(system("start the mail server"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(system("read what the server says"))?;
        }
        match line.trim().parse() {
            Ok(port) => Ok(Self { child, port, rules: Rules::default(), directory }),
            Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(MailServerError::Program("the mail server", "it does not say its port".to_owned()))
            }
        }
    }

    /// Answers a recipient with a code from now on, such as 451 or 550; with none, takes its mail.
    ///
    /// # Errors
    /// The rules cannot be written.
    pub fn answer(&mut self, recipient: &str, code: Option<u16>) -> io::Result<()> {
        match code {
            Some(code) => self.rules.answers.insert(recipient.to_owned(), code),
            None => self.rules.answers.remove(recipient),
        };
        self.rules.write(self.directory.path())
    }

    /// Lets it answer nobody who names a recipient, or answer again. Who waits already goes on waiting.
    ///
    /// # Errors
    /// The rules cannot be written.
    pub fn hang(&mut self, hangs: bool) -> io::Result<()> {
        self.rules.hangs = hangs;
        self.rules.write(self.directory.path())
    }

    /// Takes mail only from who logs in so, on connections that are made from now on.
    ///
    /// # Errors
    /// The rules cannot be written.
    pub fn require_login(&mut self, user: &str, password: &str) -> io::Result<()> {
        self.rules.login = Some((user.to_owned(), password.to_owned()));
        self.rules.write(self.directory.path())
    }

    /// The mails that it has taken, in order.
    ///
    /// # Errors
    /// Its file cannot be read.
    pub fn mails(&self) -> io::Result<Vec<ReceivedMail>> {
        let text = fs::read_to_string(self.directory.path().join("mails.jsonl"))?;
        // A line that is being written is a mail of the next look.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(read).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(line: &str) -> io::Result<ReceivedMail> {
    let mail: Value = serde_json::from_str(line)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let to = mail["to"].as_array().map(|to| to.iter().map(text).collect()).unwrap_or_default();
    Ok(ReceivedMail { message_id: text(&mail["message_id"]), to, source: text(&mail["source"]) })
}

impl Rules {
    /// Written whole or not at all: the server may read them at any time.
    fn write(&self, directory: &Path) -> io::Result<()> {
        let draft = directory.join("rules.new");
        fs::write(&draft, serde_json::to_vec(self)?)?;
        fs::rename(draft, directory.join("rules.json"))
    }
}

/// The Python of an environment that has the package. The first test of a build folder makes it, the others wait for that.
fn environment() -> Result<PathBuf, MailServerError> {
    let system = |what| move |error| MailServerError::System(what, error);
    let folder = target_folder().join("python-mail-server");
    fs::create_dir_all(&folder).map_err(system("make the environment's folder"))?;
    let lock = File::create(folder.join("lock")).map_err(system("open the environment's lock"))?;
    lock.lock().map_err(system("take the environment's lock"))?;
    let (python, done) = (folder.join("venv/bin/python"), folder.join(PACKAGE));
    if done.is_file() {
        return Ok(python);
    }
    let venv = Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")).output();
    match venv {
        Ok(output) if output.status.success() => {}
        _ => return Err(MailServerError::NotInstalled),
    }
    let pip = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE])
        .output()
        .map_err(system("run pip"))?;
    if !pip.status.success() {
        let said = String::from_utf8_lossy(&pip.stderr).into_owned();
        return Err(MailServerError::Program("pip install aiosmtpd", said));
    }
    File::create(done).map_err(system("note that the environment is made"))?;
    Ok(python)
}

/// The folder that this test was built in: its program is in `<target>/<profile>/deps`.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().ok();
    let built_in = program.as_deref().and_then(|program| program.ancestors().nth(3));
    built_in.map_or_else(std::env::temp_dir, Path::to_path_buf)
}
