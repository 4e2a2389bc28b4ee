//! A backup under load is one moment: what it restores to is whole, goes on, and comes to its end.

mod damage;

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Connection;

use crate::{
    buyer::{Buyer, Placed, audit, shop},
    command::{fine, run},
};

/// Every outcome that a gateway can have.
const PAYMENT_METHODS: [&str; 5] = [
    "pm_mock_approve",
    "pm_mock_decline",
    "pm_mock_timeout_after_success",
    "pm_mock_duplicate_callback",
    "pm_mock_slow",
];

fn back_up(data: &Path, to: &Path) -> PathBuf {
    let said = fine(data, &["backup", "--json", "--to", to.to_str().expect("a plain path")]);
    PathBuf::from(said.lines()[0]["file"].as_str().expect("a file"))
}

fn restore(from: &Path, data: &Path) {
    let (from, data) = (from.to_str().expect("a plain path"), data.to_str().expect("a plain path"));
    let said = run(&["restore", "--from", from, "--data", data]);
    assert_eq!(said.code, 0, "{} {}", said.out, said.err);
}

fn epoch(data: &Path, service: &str) -> String {
    let database = Connection::open(data.join(format!("{service}.db"))).expect("a database");
    database
        .query_row("SELECT value FROM about WHERE name = 'epoch'", [], |row| row.get(0))
        .expect("an epoch")
}

fn is_clean(data: &Path, when: &str) {
    let report = audit(data, &[]);
    assert_eq!(report["clean"], true, "{when}: {report:#}");
}

#[test]
fn backups_under_load_are_whole_and_go_on() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    let process = shop(&data, &[]);
    let address = process.address;
    let (sells, placed) = (AtomicBool::new(true), Mutex::<Vec<Placed>>::default());
    let mut backups = Vec::new();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let (sells, placed) = (&sells, &placed);
            scope.spawn(move || {
                let mut buyer = Buyer::new(address, &format!("buyer-{number}"));
                let products = buyer.products().expect("the shop answers");
                for round in 0.. {
                    if !sells.load(Ordering::Relaxed) {
                        return;
                    }
                    let product = products[(number + round) % products.len()]["id"].as_str().expect("an id");
                    let method = PAYMENT_METHODS[(number + round) % PAYMENT_METHODS.len()];
                    let order = buyer.buy(product, 1, method).expect("the shop answers").expect("it is sold");
                    placed.lock().expect("not poisoned").push(order);
                }
            });
        }
        for number in 0..3 {
            let count = || placed.lock().expect("not poisoned").len();
            let enough = count() + 20;
            while count() < enough {
                std::thread::yield_now();
            }
            let before = placed.lock().expect("not poisoned").clone();
            let file = directory.path().join(format!("{number}.tar"));
            backups.push((back_up(&data, &file), before));
        }
        sells.store(false, Ordering::Relaxed);
    });
    let placed = placed.into_inner().expect("not poisoned");
    for (number, (archive, before)) in backups.iter().enumerate() {
        let restored = directory.path().join(format!("restored-{number}"));
        restore(archive, &restored);
        for service in ["catalog", "ordering", "payment"] {
            assert_ne!(epoch(&data, service), epoch(&restored, service));
        }
        is_clean(&restored, "restored");
        let process = shop(&restored, &[]);
        let mut buyer = Buyer::new(process.address, "after");
        for order in before {
            buyer.wait_for(order, &["delivered", "cancelled"]);
        }
        // Orders that came during the backup are there, or were never heard of; in between is nothing.
        for order in &placed {
            if buyer.order(order).expect("the shop answers").status == 200 {
                buyer.wait_for(order, &["delivered", "cancelled"]);
            }
        }
        let product =
            buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
        let sold = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is sold");
        buyer.wait_for(&sold, &["delivered"]);
        is_clean(&restored, "live");
        assert!(process.stop().expect("it stops").success());
        is_clean(&restored, "stopped");
    }
    let mut buyer = Buyer::new(process.address, "after");
    for order in &placed {
        buyer.wait_for(order, &["delivered", "cancelled"]);
    }
    is_clean(&data, "the original");
}

#[test]
fn a_capture_that_was_under_way_is_made_once_on_either_side() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    let process = shop(&data, &["--seed-products", "3"]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let mut buy = |method| buyer.buy(&product, 1, method).expect("the shop answers").expect("it is sold");
    let orders = [buy("pm_mock_slow"), buy("pm_mock_timeout_after_success"), buy("pm_mock_slow")];
    // Whatever each of them is at: not asked for, asked for and not made, made and not heard of.
    let archive = back_up(&data, &directory.path().join("shop.tar.gz"));
    let restored = directory.path().join("restored");
    restore(&archive, &restored);
    for (data, process) in [(&data, process), (&restored, shop(&restored, &[]))] {
        let mut buyer = Buyer::new(process.address, "ada");
        for order in &orders {
            buyer.wait_for(order, &["delivered"]);
        }
        assert!(process.stop().expect("it stops").success());
        let report = audit(data, &[]);
        assert_eq!(
            (&report["clean"], &report["counted"]["captures"]),
            (&true.into(), &3.into()),
            "{report:#}"
        );
    }
}

#[test]
fn a_stopped_shop_is_backed_up_into_a_folder() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    fine(&data, &["migrate"]);
    fine(&data, &["seed", "--products", "5"]);
    let archive = back_up(&data, directory.path());
    assert!(archive.starts_with(directory.path()) && archive.extension().is_some_and(|end| end == "tar"));
    let again = crate::command::on(&data, &["backup", "--to", archive.to_str().expect("a plain path")]);
    assert!(again.code == 1 && again.err.contains("is there already"), "{}", again.err);
    let restored = directory.path().join("restored");
    restore(&archive, &restored);
    is_clean(&restored, "restored");
    let key = |data: &Path| std::fs::read(data.join("order.key")).expect("a key");
    assert_eq!(key(&data), key(&restored));
}

#[test]
fn a_shop_on_postgresql_is_backed_up_and_restored() {
    let server = testkit::PostgresServer::start().expect("PostgreSQL is installed");
    let (from, to) = (server.url("shop").expect("a database"), server.url("restored").expect("a database"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (data, restored) = (directory.path().join("shop"), directory.path().join("restored"));
    let process = shop(&data, &["--database-url", &from, "--seed-products", "3"]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let mut placed = Vec::new();
    for method in PAYMENT_METHODS {
        placed.push(buyer.buy(&product, 1, method).expect("the shop answers").expect("it is sold"));
    }
    let second = crate::command::on(
        &directory.path().join("second"),
        &["serve", "--listen", "127.0.0.1:0", "--database-url", &from],
    );
    assert!(
        second.code == 1 && second.err.contains("another isotope serves this PostgreSQL database"),
        "{}",
        second.err
    );
    let archive = back_up(&data, directory.path());
    drop(process);
    let (archive, target) =
        (archive.to_str().expect("a plain path"), restored.to_str().expect("a plain path"));
    let without = run(&["restore", "--from", archive, "--data", target]);
    assert!(without.code == 1 && without.err.contains("--database-url"), "{}", without.err);
    let taken = run(&["restore", "--from", archive, "--data", target, "--database-url", &from]);
    assert!(taken.code == 1 && taken.err.contains("already exists"), "{}", taken.err);
    assert!(!restored.exists());
    let said = run(&["restore", "--from", archive, "--data", target, "--database-url", &to]);
    assert_eq!(said.code, 0, "{}", said.err);
    let process = shop(&restored, &["--database-url", &to]);
    let mut buyer = Buyer::new(process.address, "ada");
    for order in &placed {
        buyer.wait_for(order, &["delivered", "cancelled"]);
    }
    assert!(process.stop().expect("it stops").success());
    let report = audit(&restored, &["--database-url", &to]);
    assert_eq!(report["clean"], true, "{report:#}");
    // Commands read and change a stopped shop's database as they do files.
    let on_it = |arguments: &[&str]| {
        fine(&restored, &[arguments, &["--json", "--database-url", &to]].concat()).lines()
    };
    let delivered = on_it(&["events", "list", "--type", "delivery.delivered.v1", "--limit", "1"]).remove(0);
    let detail = on_it(&["events", "show", delivered["id"].as_str().expect("an id")]).remove(0);
    assert!(detail["causes"].as_array().is_some_and(|causes| !causes.is_empty()), "{detail}");
    assert!(on_it(&["dead-letters", "list", "--group", "error"]).is_empty());
    assert!(on_it(&["dead-letters", "list", "--state", "all"]).is_empty());
    assert_eq!(on_it(&["projections", "rebuild", "ordering/timeline"])[0]["differing_rows"], 0);
    assert_eq!(on_it(&["projections", "list"])[0]["lag"], 0);
}
