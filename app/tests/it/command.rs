//! Commands of the real binary, and what they say.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use testkit::Client;

use crate::buyer::PROGRAM;

/// What a command has said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The objects of its lines.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command of the binary.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null());
    for name in [
        "ISOTOPE_DATA",
        "ISOTOPE_CONFIG",
        "ISOTOPE_DATABASE_URL",
        "ISOTOPE_LOG",
        "ISOTOPE_GRACE_PERIOD_MANAGER",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs a command.
pub fn run(arguments: &[&str]) -> Said {
    command(arguments).output().expect("it runs").into()
}

/// Runs a command on a data directory.
pub fn on(data: &Path, arguments: &[&str]) -> Said {
    command(arguments).arg("--data").arg(data).output().expect("it runs").into()
}

/// Runs a command on a data directory that must end well.
pub fn fine(data: &Path, arguments: &[&str]) -> Said {
    let said = on(data, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {} {}", said.out, said.err);
    said
}

/// Asks one of staff's routes.
pub fn ask_staff(client: &mut Client, data: &Path, path: &str) -> Value {
    let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
    let path = format!("/api/v1/admin/{path}");
    let answer = client.get(&path, &[("x-admin-token", &token)]).expect("the shop answers");
    assert_eq!(answer.status, 200, "{path}: {}", answer.json());
    answer.json()
}
