//! Documents: links lead somewhere, the tests that features name exist, and problems are explained.

mod features;
mod links;
mod problems;

use super::{Violation, Workspace};

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = links::check(workspace);
    violations.extend(features::check(workspace));
    violations.extend(problems::check(workspace));
    violations
}
