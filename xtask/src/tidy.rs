//! `cargo xtask tidy`: the rules of the workspace, each with its reason.

mod dependencies;
mod documents;
mod domain;
mod shape;
mod text;
mod workspace;

use std::{fmt, path::Path};

pub use workspace::{Crate, SKIPPED, Workspace};

/// A broken rule: where, and why the rule is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// File or folder, from the workspace's root.
    pub path: String,
    /// Line in the file, from 1; 0 when it is about the whole.
    pub line: usize,
    /// What is wrong, and the rule's reason.
    pub message: String,
}

impl Violation {
    fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: 0, message: message.into() }
    }

    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Everything that breaks a rule, by path.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let rules: [fn(&Workspace) -> Vec<Violation>; 5] =
        [dependencies::check, shape::check, domain::check, text::check, documents::check];
    let mut violations: Vec<Violation> = rules.iter().flat_map(|rule| rule(workspace)).collect();
    violations.sort();
    violations
}

/// Checks the workspace at `root`.
///
/// # Errors
/// One line for every broken rule, or why the workspace cannot be read.
pub fn run(root: &Path) -> Result<(), String> {
    let workspace = Workspace::load(root)?;
    let violations = check(&workspace);
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    Err(format!("{}\ntidy: {} broken rules", lines.join("\n"), lines.len()))
}
