//! The committed HTTP contract is the one that the shop serves.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::buyer::{Buyer, PROGRAM, shop};

/// Where the committed contract is. `isotope contract --to contract` writes it anew.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract");

/// All files of a folder, by their path in it.
fn files_of(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("inside").to_owned();
            files.insert(name, std::fs::read_to_string(&path).expect("text"));
        }
    }
    files
}

#[test]
fn the_committed_contract_is_the_generated_one() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let output = std::process::Command::new(PROGRAM)
        .args(["contract", "--to"])
        .arg(directory.path())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (committed, generated) = (files_of(Path::new(COMMITTED)), files_of(directory.path()));
    let names = |files: &BTreeMap<PathBuf, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated));
    for (name, text) in &generated {
        assert!(
            committed[name] == *text,
            "{} has changed: run `cargo run -- contract` and look at the difference",
            name.display()
        );
    }
}

#[test]
fn the_committed_contract_is_the_served_one() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    for name in ["openapi.json", "asyncapi.json"] {
        let committed = std::fs::read_to_string(Path::new(COMMITTED).join(name)).expect("it is there");
        let served = buyer.client.get(&format!("/{name}"), &[]).expect("the shop answers");
        assert_eq!(String::from_utf8_lossy(&served.body).trim(), committed.trim());
    }
}

#[test]
fn every_operation_is_described_and_says_how_it_fails() {
    let committed = std::fs::read_to_string(Path::new(COMMITTED).join("openapi.json")).expect("it is there");
    let contract: serde_json::Value = serde_json::from_str(&committed).expect("it is JSON");
    assert!(contract["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = contract["paths"].as_object().expect("it has paths");
    assert!(paths.keys().all(|path| path.starts_with("/api/v1/")), "{:?}", paths.keys());
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("a path has operations") {
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty(), "{method} {path} has no summary");
            let responses = operation["responses"].as_object().expect("an operation has responses");
            let takes_input = path.contains('{') || operation["requestBody"].is_object();
            let fails = responses.keys().any(|status| status.starts_with('4'));
            assert!(fails || !takes_input, "{method} {path} does not say how it fails");
        }
    }
}
