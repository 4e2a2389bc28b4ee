//! The committed HTTP contract is the one that the shop serves.

use crate::buyer::{Buyer, PROGRAM, shop};

/// Where the committed contract is. `isotope openapi > contract/openapi.json` writes it anew.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract/openapi.json");

#[test]
fn the_committed_contract_is_the_served_one() {
    let committed = std::fs::read_to_string(COMMITTED).expect("contract/openapi.json is there");
    let output = std::process::Command::new(PROGRAM).arg("openapi").output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(
        printed.trim() == committed.trim(),
        "the routes have changed: run `cargo run -- openapi > contract/openapi.json` and look at the difference"
    );
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let served = buyer.client.get("/openapi.json", &[]).expect("the shop answers");
    assert_eq!(String::from_utf8_lossy(&served.body).trim(), committed.trim());
}

#[test]
fn every_operation_is_described_and_says_how_it_fails() {
    let committed = std::fs::read_to_string(COMMITTED).expect("contract/openapi.json is there");
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
