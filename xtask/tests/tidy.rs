//! The rules of the workspace, as a test.

use xtask::{tidy, workspace_root};

#[test]
fn the_workspace_is_tidy() {
    if let Err(broken) = tidy::run(&workspace_root()) {
        panic!("{broken}");
    }
}
