//! `cargo xtask test`: everything that proves the project.

mod packages;

use std::{path::Path, time::Instant};

use crate::{
    bad_input, new_service, sim,
    steps::{cargo, succeed, succeeds_quietly},
    tidy,
};

type Step = (&'static str, fn(&Path) -> Result<(), String>);

/// Runs every step in order, cheap ones first, and stops at the first that fails.
///
/// # Errors
/// A sentence that says which step failed and how.
pub fn run(root: &Path) -> Result<(), String> {
    let steps: [Step; 9] = [
        ("PostgreSQL, curl and Python are installed", |_| packages::ensure_installed()),
        ("tidy", tidy::run),
        ("format", format),
        ("lints", lints),
        ("tests", tests),
        ("doc tests", doc_tests),
        ("bad input", bad_input::prove),
        ("the simulation", sim::prove),
        ("a new service", new_service::prove),
    ];
    let started = Instant::now();
    let mut times = Vec::new();
    for (name, step) in steps {
        println!("==> {name}");
        let step_started = Instant::now();
        step(root).map_err(|error| format!("\nxtask test: the step `{name}` failed.\n{error}"))?;
        times.push((name, step_started.elapsed()));
    }

    println!("\nAll steps passed:");
    for (name, time) in times {
        println!("{:>8.1} s  {name}", time.as_secs_f64());
    }
    println!("{:>8.1} s  in all", started.elapsed().as_secs_f64());
    Ok(())
}

fn format(root: &Path) -> Result<(), String> {
    succeed(cargo(root).args(["fmt", "--all", "--check"]))
        .map_err(|error| format!("{error}; `cargo fmt` puts it right"))
}

fn lints(root: &Path) -> Result<(), String> {
    succeed(cargo(root).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn tests(root: &Path) -> Result<(), String> {
    // Binaries that tests start are built with them; nextest only runs tests faster and more apart, it proves nothing else.
    if succeeds_quietly(cargo(root).args(["nextest", "--version"])) {
        return succeed(cargo(root).args(["nextest", "run", "--workspace"]));
    }
    succeed(cargo(root).args(["test", "--workspace", "--lib", "--bins", "--tests"]))
}

fn doc_tests(root: &Path) -> Result<(), String> {
    succeed(cargo(root).args(["test", "--workspace", "--doc"]))
}
