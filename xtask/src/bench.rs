//! `cargo xtask bench` and `cargo xtask replay`: build the server and the driver for release, then run the driver.

use std::path::Path;

use crate::steps::{cargo, succeed};

/// Runs `bench` with the arguments as they are.
///
/// # Errors
/// Something does not build, or the benchmark fails.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    // The driver starts the server that is beside it, so both are built alike. The engine's benchmark has no server.
    if arguments.first().is_none_or(|name| name != "engine") {
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
