//! `cargo xtask bench` and `cargo xtask replay`: build the server and the driver for release, then run the driver.

use std::path::Path;

use crate::steps::{cargo, succeed};

/// Runs `bench` with the arguments as they are.
///
/// # Errors
/// Something does not build, or the benchmark fails.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let asks_for_help =
        arguments.iter().any(|argument| ["-h", "--help", "help"].contains(&argument.as_str()));
    let has_server = arguments.first().is_some_and(|name| name != "engine");
    // The driver starts the server that is beside it, so both are built alike.
    if has_server && !asks_for_help {
        succeed(cargo(root).args(["build", "--release", "--package", "app"]))?;
    }
    let mut driver = cargo(root);
    driver.args(["run", "--release", "--quiet", "--package", "bench", "--"]).args(arguments);
    succeed(&mut driver)
}

/// Runs the benchmark `name` with the arguments after it.
///
/// # Errors
/// Something does not build, or the benchmark fails.
pub fn run_one(root: &Path, name: &str, arguments: &[String]) -> Result<(), String> {
    let mut all = vec![name.to_owned()];
    all.extend_from_slice(arguments);
    run(root, &all)
}
