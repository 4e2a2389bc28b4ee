//! `cargo xtask bad-input`: input made from the contract by schemathesis: every answer is one that the contract states, and what breaks a rule is refused.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::steps::{cargo, succeed};

/// Runs schemathesis against the shop as the tests were built. What was sent and answered stays in the target folder.
///
/// # Errors
/// Python or the shop is not to be had, or an answer is not as the contract says.
pub fn prove(root: &Path) -> Result<(), String> {
    run(root, &[])
}

/// The same with arguments, for a part of it, or for more of it.
///
/// # Errors
/// Those of [`prove`].
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    succeed(cargo(root).args(["build", "--quiet", "--package", "app"]))?;
    let own_folder = root.join("xtask/schemathesis");
    let target = target_folder(root);
    let environment = environment(&target, &own_folder.join("requirements.txt"))?;
    let mut run = Command::new(environment.join("bin/python"));
    run.arg(own_folder.join("run.py"))
        .arg(target.join("debug/isotope"))
        .arg(target.join("schemathesis/reports"));
    run.args(arguments);
    succeed(&mut run)
}

/// Where cargo builds.
fn target_folder(root: &Path) -> PathBuf {
    // A relative one is meant from where cargo runs.
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A virtual environment with the packages in exactly the versions that are written down; made anew when those have changed.
fn environment(target: &Path, requirements: &Path) -> Result<PathBuf, String> {
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let wanted = fs::read_to_string(requirements).map_err(|error| told(requirements, error))?;
    let folder = target.join("schemathesis/environment");
    // Written last: an environment that was only begun has none.
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|error| format!("{error}; on Debian: sudo apt-get install python3-venv"))?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    succeed(pip.arg(requirements))?;
    fs::write(&installed, wanted).map_err(|error| told(&installed, error))?;
    Ok(folder)
}
