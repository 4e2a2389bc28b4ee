//! The drivers against a real server: what they do is what the shop accepts.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs `bench orders` with the server that is built beside it.
fn orders(arguments: &[&str]) -> Value {
    let bench = Path::new(env!("CARGO_BIN_EXE_bench"));
    let server = bench.with_file_name("isotope");
    assert!(server.exists(), "{} is missing: build it with `cargo build -p app`", server.display());
    let output = Command::new(bench).args(["orders", "--json"]).args(arguments).output().expect("bench runs");
    let Output { status, stdout, stderr } = output;
    let text = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{arguments:?}: {text}");
    serde_json::from_slice(&stdout).expect("one object")
}

#[test]
fn a_rush_sells_exactly_the_stock_in_each_way() {
    for way in [["--holds", "on"].as_slice(), &["--holds", "off"], &["--buy-now"]] {
        let report = orders(&[&["--hot", "--stock", "5", "--concurrency", "8"], way].concat());
        assert_eq!(report["paid"], 5, "{way:?}: {report}");
        assert_eq!(report["errors"], 0, "{way:?}: {report}");
    }
}
