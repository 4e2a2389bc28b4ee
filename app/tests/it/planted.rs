//! The audit finds what is wrong: each kind of damage, planted into a shop's stopped data.

use std::{collections::BTreeSet, path::Path};

use rusqlite::{Connection, params};
use serde_json::json;
use testkit::PostgresServer;
use uuid::Uuid;

use crate::buyer::{Buyer, audit, shop};

/// The customer whose wallet the tests damage.
const CUSTOMER: &str = "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11";

/// A stopped shop with a few delivered orders and one that was declined, and a wallet with a gift and a top-up in it.
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
    let guest = buyer.buy(products[3]["id"].as_str().expect("an id"), 1, "wallet");
    assert!(guest.expect("the shop answers").is_err(), "a guest has no wallet");
    fill_wallet(&mut buyer, directory.path());
    assert!(process.stop().expect("it stops").success());
    assert_clean(directory.path());
    directory
}

fn assert_clean(data: &Path) {
    let report = audit(data, &[]);
    assert_eq!(report["clean"], true, "{report:#}");
}

/// Staff give, and a gateway captures; another captures nothing.
fn fill_wallet(buyer: &mut Buyer, data: &Path) {
    let token = std::fs::read_to_string(data.join("admin.token")).expect("the token reads");
    let staff = [("x-admin-token", token.trim())];
    let wallet = format!("/api/v1/admin/customers/{CUSTOMER}/wallet");
    let gift = json!({ "amount": { "amount": 90_000, "currency": "EUR" }, "reason": "a gift" });
    let answer =
        buyer.client.post(&format!("{wallet}/adjustments"), &staff, &gift).expect("the shop answers");
    assert_eq!(answer.status, 200, "{}", answer.json());
    for (method, end) in [("pm_mock_approve", "completed"), ("pm_mock_decline", "failed")] {
        let body = json!({ "amount": { "amount": 2_500, "currency": "EUR" }, "payment_method": method });
        let answer =
            buyer.client.post(&format!("{wallet}/top-ups"), &staff, &body).expect("the shop answers");
        assert_eq!(answer.status, 202, "{}", answer.json());
        let path = format!("{wallet}/top-ups/{}", answer.json()["id"].as_str().expect("an id"));
        let asked_at = std::time::Instant::now();
        while buyer.client.get(&path, &staff).expect("the shop answers").json()["status"] != end {
            assert!(asked_at.elapsed().as_secs() < 30, "the top-up does not end");
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
    }
}

/// Turns a delivered order's payment by the gateway into one from the wallet, as if its customer had had an account: guests,
/// who alone can check out in these tests, have no wallet.
fn pay_from_the_wallet(data: &Path) {
    let connection = Connection::open(data.join("payment.db")).expect("the file opens");
    let paid = "SELECT order_id, amount, currency FROM payment WHERE status = 'completed' LIMIT 1";
    let (order, amount, currency): (Uuid, i64, String) = connection
        .query_row(paid, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("an order is paid");
    let account = "SELECT account_id, customer_id, balance, version FROM account";
    let (account, customer, balance, version): (Uuid, Uuid, i64, i64) = connection
        .query_row(account, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .expect("there is a wallet");
    let (transaction, sales) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let change = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
        assert_eq!(connection.execute(sql, parameters).expect("the SQL runs"), 1);
    };
    let payment =
        "UPDATE payment SET method = 'wallet', customer_id = ?1, reference = ?2 WHERE order_id = ?3";
    change(payment, params![customer, transaction.to_string(), order]);
    change("UPDATE account SET balance = balance - ?1, version = version + 1", params![amount]);
    let entry = "INSERT INTO entry (entry_id, transaction_id, account, account_id, customer_id, currency, amount, \
                 balance_after, number, kind, reference, created_us, event_count) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'payment', ?10, 0, 0)";
    let (reference, after, number) = (order.to_string(), balance - amount, version + 1);
    let own = Uuid::from_u128(3);
    change(
        entry,
        params![own, transaction, "wallet", account, customer, currency, -amount, after, number, reference],
    );
    let (other, none) = (Uuid::from_u128(4), None::<i64>);
    let nobody = None::<Uuid>;
    change(
        entry,
        params![other, transaction, "sales", sales, nobody, currency, amount, none, none, reference],
    );
    without_line(data, &format!("capture:{order}"));
}

/// Takes a line out of the gateway's ledger.
fn without_line(data: &Path, with: &str) {
    let ledger = data.join("mock-gateway.ledger");
    let text = std::fs::read_to_string(&ledger).expect("the ledger reads");
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(with)).collect();
    assert!(lines.len() < text.lines().count(), "{with} is not in the ledger");
    std::fs::write(&ledger, format!("{}\n", lines.join("\n"))).expect("written");
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
    let cases: [(&str, String, &str); 20] = [
        ("inventory", "UPDATE stock SET on_hand = on_hand - 1".into(), "stock_conserved"),
        ("inventory", "UPDATE stock SET reserved = reserved + 1".into(), "stock_reserved"),
        ("inventory", "UPDATE stock SET reserved = on_hand + 1".into(), "stock_oversold"),
        ("inventory", "UPDATE stock SET received = received + 1".into(), "stock_received"),
        (
            "inventory",
            "UPDATE allocation SET status = 'released' WHERE status = 'settled'".into(),
            "stock_settled",
        ),
        ("inventory", "DELETE FROM movement WHERE reason = 'sold'".into(), "stock_movements"),
        ("inventory", "UPDATE stock SET movements = movements + 1".into(), "stock_movements"),
        ("inventory", "UPDATE movement SET reason = 'lost' WHERE reason = 'sold'".into(), "movement_reasons"),
        ("inventory", "UPDATE movement SET on_hand = on_hand + 1 WHERE number = 1".into(), "movement_chain"),
        ("inventory", "UPDATE movement SET previous = NULL WHERE number = 2".into(), "movement_chain"),
        ("inventory", "UPDATE stock SET last_movement = NULL".into(), "movement_chain"),
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
fn each_kind_of_damage_to_wallets_is_found() {
    let shop = stopped_shop();
    pay_from_the_wallet(shop.path());
    assert_clean(shop.path());
    let cases = [
        ("UPDATE entry SET amount = amount + 1 WHERE account = 'sales'", "transaction_balanced"),
        ("DELETE FROM entry WHERE account = 'adjustments'", "transaction_balanced"),
        ("UPDATE account SET balance = balance + 1", "wallet_balance"),
        ("UPDATE account SET version = version + 1", "wallet_balance"),
        ("DELETE FROM account", "wallet_balance"),
        ("UPDATE account SET balance = -1", "wallet_below_zero"),
        ("UPDATE entry SET balance_after = balance_after + 1 WHERE number = 1", "wallet_statement"),
        ("UPDATE entry SET number = number + 1 WHERE number = 3", "wallet_statement"),
        ("DELETE FROM entry WHERE kind = 'payment'", "wallet_payment"),
        ("UPDATE entry SET kind = 'refund' WHERE kind = 'payment'", "wallet_payment"),
        ("UPDATE payment SET status = 'refunded' WHERE method = 'wallet'", "wallet_payment"),
        ("UPDATE payment SET status = 'failed' WHERE method = 'wallet'", "wallet_payment"),
        ("UPDATE payment SET method = 'pm_mock_approve' WHERE method = 'wallet'", "payment_without_capture"),
        ("UPDATE payment SET method = 'wallet' WHERE method = 'pm_mock_approve'", "captured_beside_wallet"),
        ("UPDATE top_up SET amount = amount + 1 WHERE status = 'completed'", "top_up_captured"),
        ("UPDATE top_up SET status = 'failed'", "top_up_captured"),
        ("DELETE FROM top_up", "top_up_credited"),
        ("UPDATE top_up SET reference = 'another'", "top_up_credited"),
        ("DELETE FROM entry WHERE kind = 'top_up'", "top_up_credited"),
        ("UPDATE entry SET amount = amount - 1 WHERE account = 'gateway_clearing'", "clearing_conserved"),
    ];
    for (sql, check) in cases {
        let copy = copy_of(shop.path());
        damage(copy.path(), "payment", sql);
        let complaints = complaints(copy.path());
        assert!(complaints.contains(check), "{sql}: {complaints:?}");
    }
    let copy = copy_of(shop.path());
    damage(copy.path(), "payment", "DELETE FROM entry WHERE kind = 'payment'");
    assert!(complaints(copy.path()).contains("paid_in_full"), "nobody has paid");
    let copy = copy_of(shop.path());
    damage(copy.path(), "ordering", "UPDATE orders SET status = 'cancelled' WHERE status = 'delivered'");
    let refunds = audit(copy.path(), &[])["findings"].to_string().matches("cancelled_without_refund").count();
    assert_eq!(refunds, 2, "one by the gateway, one from the wallet");
    let copy = copy_of(shop.path());
    without_line(copy.path(), "captured topup:");
    assert!(complaints(copy.path()).contains("top_up_captured"), "the gateway knows nothing of it");
}

/// The audit's questions mean the same to PostgreSQL.
#[test]
fn wallets_and_movements_add_up_on_postgres() {
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let url = server.url("shop").expect("a database is made");
    let database = ["--database-url", &url];
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &database);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let order = buyer.buy(&product, 2, "pm_mock_approve").expect("the shop answers").expect("it is accepted");
    fill_wallet(&mut buyer, directory.path());
    buyer.wait_for(&order, &["delivered"]);
    let report = audit(directory.path(), &database);
    assert_eq!((&report["clean"], &report["counted"]["captures"]), (&json!(true), &json!(2)), "{report:#}");
    assert!(process.stop().expect("it stops").success());
}

#[test]
fn a_second_capture_is_found() {
    let shop = stopped_shop();
    let ledger = shop.path().join("mock-gateway.ledger");
    let text = std::fs::read_to_string(&ledger).expect("the ledger reads");
    let capture = text.lines().find(|line| line.starts_with("captured capture:")).expect("a capture");
    std::fs::write(&ledger, format!("{text}{capture}\n")).expect("written");
    let complaints = complaints(shop.path());
    assert!(complaints.contains("one_capture") && complaints.contains("money_conserved"), "{complaints:?}");
    let top_up = text.lines().find(|line| line.starts_with("captured topup:")).expect("a top-up");
    std::fs::write(&ledger, format!("{text}{top_up}\n")).expect("written");
    let complaints = self::complaints(shop.path());
    assert!(
        complaints.contains("one_capture") && complaints.contains("clearing_conserved"),
        "{complaints:?}"
    );
}

fn copy_of(data: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary directory");
    for entry in std::fs::read_dir(data).expect("the directory reads") {
        let entry = entry.expect("an entry");
        // The development mailbox has a folder; the audit does not look at it.
        if entry.file_type().expect("its type").is_dir() {
            continue;
        }
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}
