//! `cargo xtask sim` and the simulation's step of `cargo xtask test`.

use std::path::Path;

use crate::steps::{cargo, succeed};

/// How many seeds prove a change: well under a minute on two cores.
const SEEDS: &str = "500";

/// Runs `sim`, built for release, with the arguments as they are. For many seeds, and for a closer look at one.
///
/// # Errors
/// It does not build, or a seed breaks an invariant.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut sim = cargo(root);
    sim.args(["run", "--release", "--quiet", "--package", "sim", "--"]).args(arguments);
    succeed(&mut sim)
}

/// Runs the first seeds as the tests were built: nothing is compiled for it a second time, and arithmetic is checked.
///
/// # Errors
/// A seed breaks an invariant.
pub fn prove(root: &Path) -> Result<(), String> {
    succeed(cargo(root).args(["run", "--quiet", "--package", "sim", "--", "--seeds", SEEDS]))
}
