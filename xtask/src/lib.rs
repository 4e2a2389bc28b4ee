#![doc = include_str!("../README.md")]

use std::path::{Path, PathBuf};

pub mod bad_input;
pub mod bench;
pub mod new_service;
pub mod sim;
pub mod steps;
pub mod test;
pub mod tidy;

/// The folder of the workspace, in which every command runs.
pub fn workspace_root() -> PathBuf {
    let own_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_folder.parent().unwrap_or(own_folder).to_path_buf()
}
