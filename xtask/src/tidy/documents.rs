//! Documents: links lead somewhere, and the tests that features name exist.

mod features;
mod links;

use super::{Violation, Workspace};

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = links::check(workspace);
    violations.extend(features::check(workspace));
    violations
}
