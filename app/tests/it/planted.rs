//! The audit finds what is wrong: each kind of damage, planted into a shop's stopped data.

use std::{collections::BTreeSet, path::Path};

use rusqlite::Connection;

use crate::buyer::{Buyer, audit, shop};

/// A stopped shop with a few delivered orders and one that was declined.
fn stopped_shop() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada");
    let products = buyer.products().expect("the shop answers");
    for (number, method) in ["pm_mock_approve", "pm_mock_approve", "pm_mock_decline"].into_iter().enumerate()
    {
        let product = products[number]["id"].as_str().expect("an id");
        let order = buyer.buy(product, 1, method).expect("the shop answers").expect("it is accepted");
        buyer.wait_for(&order, &["delivered", "cancelled"]);
    }
    assert!(process.stop().expect("it stops").success());
    let report = audit(directory.path(), &[]);
    assert_eq!(report["clean"], true, "{report:#}");
    directory
}

/// Runs SQL on a service's file; it must change something.
fn damage(data: &Path, service: &str, sql: &str) {
    let connection = Connection::open(data.join(format!("{service}.db"))).expect("the file opens");
    let changed = connection.execute(sql, []).expect("the SQL runs");
    assert!(changed > 0, "{sql} changes nothing");
}

/// The checks that complain.
fn complaints(data: &Path) -> BTreeSet<String> {
    let report = audit(data, &[]);
    let findings = report["findings"].as_array().expect("a list of findings");
    assert_eq!(report["clean"], findings.is_empty());
    findings.iter().map(|finding| finding["check"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_kind_of_damage_is_found() {
    const ONE_ORDER: &str = "(SELECT id FROM orders WHERE status = 'delivered' LIMIT 1)";
    let shop = stopped_shop();
    let cases: [(&str, String, &str); 14] = [
        ("inventory", "UPDATE stock SET on_hand = on_hand - 1".into(), "stock_conserved"),
        ("inventory", "UPDATE stock SET reserved = reserved + 1".into(), "stock_reserved"),
        ("inventory", "UPDATE stock SET reserved = on_hand + 1".into(), "stock_oversold"),
        ("inventory", "UPDATE stock SET received = received + 1".into(), "stock_received"),
        (
            "inventory",
            "UPDATE allocation SET status = 'released' WHERE status = 'settled'".into(),
            "stock_settled",
        ),
        ("ordering", format!("UPDATE orders SET total = total + 1 WHERE id = {ONE_ORDER}"), "paid_in_full"),
        (
            "ordering",
            "UPDATE orders SET status = 'paid' WHERE status = 'cancelled'".into(),
            "paid_without_shipment",
        ),
        ("ordering", "UPDATE orders SET status = 'submitted' WHERE status = 'cancelled'".into(), "stuck"),
        (
            "ordering",
            "UPDATE orders SET status = 'cancelled' WHERE status = 'delivered'".into(),
            "cancelled_without_refund",
        ),
        ("ordering", "DELETE FROM orders".into(), "checkout_without_order"),
        ("fulfilment", "DELETE FROM shipment".into(), "paid_without_shipment"),
        ("ordering", "DELETE FROM event_log WHERE pos = 2".into(), "positions_gapless"),
        (
            "ordering",
            "UPDATE event_log SET sequence = sequence + 1 WHERE sequence > 2".into(),
            "sequences_gapless",
        ),
        ("ordering", "UPDATE watermark SET pos = pos + 1000".into(), "cursor_past_the_end"),
    ];
    for (service, sql, check) in cases {
        let copy = copy_of(shop.path());
        damage(copy.path(), service, &sql);
        let complaints = complaints(copy.path());
        assert!(complaints.contains(check), "{sql}: {complaints:?}");
    }
}

#[test]
fn a_second_capture_is_found() {
    let shop = stopped_shop();
    let ledger = shop.path().join("mock-gateway.ledger");
    let text = std::fs::read_to_string(&ledger).expect("the ledger reads");
    let capture = text.lines().find(|line| line.starts_with("captured")).expect("a capture");
    std::fs::write(&ledger, format!("{text}{capture}\n")).expect("written");
    let complaints = complaints(shop.path());
    assert!(complaints.contains("one_capture") && complaints.contains("money_conserved"), "{complaints:?}");
}

fn copy_of(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary directory");
    for entry in std::fs::read_dir(data).expect("the directory reads") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}
