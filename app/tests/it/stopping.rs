//! Start and stop: one process per data directory, and a stop that leaves nothing half done.

use std::{path::Path, process::Command};

use crate::buyer::{Buyer, PROGRAM, audit, shop};

#[test]
fn a_stop_lets_requests_finish_and_keeps_what_they_did() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let address = process.address;
    let buyer = std::thread::spawn(move || {
        let mut buyer = Buyer::new(address, "ada");
        let product =
            buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
        let mut placed = Vec::new();
        while let Ok(Ok(order)) = buyer.buy(&product, 1, "pm_mock_approve") {
            placed.push(order);
        }
        placed
    });
    std::thread::park_timeout(std::time::Duration::from_millis(500));
    assert!(process.stop().expect("it stops").success());
    let placed = buyer.join().expect("the buyer ends");
    assert!(!placed.is_empty());
    let report = audit(directory.path(), &[]);
    assert_eq!(report["clean"], true, "{report:#}");

    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    for order in &placed {
        buyer.wait_for(order, &["delivered"]);
    }
}

#[test]
fn a_data_directory_has_one_process() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let _process = shop(directory.path(), &[]);
    let second = Command::new(PROGRAM)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path())
        .output();
    let second = second.expect("it runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another process has the data directory"), "{said}");
}

#[test]
fn an_audit_of_nothing_says_so() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for path in [directory.path(), Path::new("/nowhere")] {
        let output = Command::new(PROGRAM).args(["audit", "--data"]).arg(path).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn demo_products_come_once() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for _ in 0..2 {
        let process = shop(directory.path(), &["--seed-products", "3"]);
        let mut buyer = Buyer::new(process.address, "ada");
        assert_eq!(buyer.products().expect("the shop answers").len(), 3);
        assert!(process.stop().expect("it stops").success());
    }
}
