//! A full disk: what cannot be kept is refused, what was acknowledged is kept, and with room again the shop goes on by itself.

use std::{collections::BTreeMap, path::Path};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{
    place::{Disk, check_log},
    shoppers::{Shoppers, assert_refused_for_now, lamp, order_lamp, wait_until},
};
use crate::{
    buyer::{Buyer, Placed, placed},
    people::Person,
};

/// Room enough for the shop and the orders before the filler comes.
const DISK_MIB: u32 = 32;

/// Some KiB that orders use up themselves.
const LEFT_TO_ORDERS_KIB: usize = 512;

const SHOPPERS: usize = 4;

/// Each order was acknowledged once, and comes to its end.
fn all_are_delivered(buyer: &mut Buyer, orders: &[Placed]) {
    let ids: std::collections::BTreeSet<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids.len(), orders.len(), "an id was given twice");
    for order in orders {
        buyer.wait_for(order, &["delivered"]);
    }
}

/// What the mailbox has kept is whole: a mail that found no room has left no part of itself behind.
fn check_mailbox(disk: &Disk) {
    let mailbox = std::fs::read_to_string(disk.file("mailbox/mails.jsonl")).expect("the mailbox");
    assert!(!mailbox.is_empty());
    for line in mailbox.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room_again() {
    let disk = Disk::of_mib(DISK_MIB);
    let process = disk.shop(&[]);
    let mut buyer = Buyer::new(process.address, "reader");
    let product = lamp(&mut buyer);
    let first = placed(order_lamp(&mut buyer, &product, "before-the-disk-is-full")).expect("it is placed");
    let shoppers = Shoppers::send(process.address, "shopper", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    disk.fill_but(LEFT_TO_ORDERS_KIB);
    shoppers.wait_for_refusals(1);
    disk.fill();
    shoppers.wait_for_refusals(2 * SHOPPERS);

    // What is there can be read; what would change it is refused, to guests and to staff.
    assert_eq!(buyer.get("/products?limit=100").expect("an answer").status, 200);
    assert_eq!(buyer.order(&first).expect("an answer").status, 200);
    assert_eq!(buyer.client.get("/health/live", &[]).expect("an answer").status, 204);
    wait_until("the shop says that it is not ready", || {
        let answer = buyer.client.get("/health/ready", &[]).expect("an answer");
        if answer.status != 204 {
            assert_refused_for_now(&answer);
            assert!(
                answer.json()["detail"].as_str().is_some_and(|detail| detail.contains("cannot be written"))
            );
        }
        answer.status != 204
    });
    wait_until("a cart is refused", || {
        let answer = buyer.post("/carts", &json!({})).expect("an answer");
        if answer.status != 201 {
            assert_refused_for_now(&answer);
        }
        answer.status != 201
    });
    let mut operator = Person::operator(process.address, &disk.file(""));
    let threshold = format!("/api/v1/admin/stock/{product}/threshold");
    let mut units = 0;
    wait_until("staff's change is refused", || {
        units += 1;
        let answer =
            operator.send("PUT", &threshold, Some(&json!({ "threshold": units }))).expect("an answer");
        if answer.status != 200 {
            assert_refused_for_now(&answer);
        }
        answer.status != 200
    });
    let key = "while-the-disk-is-full";
    let refused = order_lamp(&mut buyer, &product, key);
    assert_refused_for_now(&refused);

    disk.free();
    shoppers.wait_for_more(2 * SHOPPERS);
    wait_until("the shop says that it is ready", || {
        buyer.client.get("/health/ready", &[]).expect("an answer").status == 204
    });
    let mut orders = shoppers.go_home();
    // Whoever was refused repeats the request, and has one order, however often.
    let repeated: Vec<Placed> = (0..2)
        .map(|_| placed(order_lamp(&mut buyer, &product, key)).unwrap_or_else(|answer| panic!("{answer:?}")))
        .collect();
    assert_eq!(repeated[0], repeated[1]);
    orders.extend([first, repeated[0].clone()]);
    all_are_delivered(&mut buyer, &orders);
    assert!(process.stop().expect("it stops").success());
    disk.check();
    check_mailbox(&disk);
}

/// All rows of a database, from a copy of its files: looking at them must not be what changes them.
fn rows(copy: &Path) -> Vec<String> {
    let database = Connection::open(copy).expect("a database");
    let names =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut tables = database.prepare(names).expect("a query");
    let tables = tables.query_map([], |row| row.get(0)).expect("tables");
    let tables: Vec<String> = tables.map(|name| name.expect("a name")).collect();
    let mut found = Vec::new();
    for table in tables {
        let mut select = database.prepare(&format!("SELECT * FROM {table}")).expect("a query");
        let width = select.column_count();
        let mut rows = select.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let row: Vec<_> = (0..width).map(|column| row.get_ref(column).expect("a value")).collect();
            found.push(format!("{table} {row:?}"));
        }
    }
    found.sort();
    found
}

/// What the data directory holds: the rows of its databases, and its other files as they are.
fn contents(disk: &Disk) -> BTreeMap<String, Vec<String>> {
    let copies = tempfile::tempdir().expect("a temporary directory");
    let entries = std::fs::read_dir(disk.file("")).expect("the data directory");
    let entries: Vec<_> = entries.map(|entry| entry.expect("an entry")).collect();
    for entry in entries.iter().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copies.path().join(entry.file_name())).expect("copied");
    }
    let mut contents = BTreeMap::new();
    for entry in entries {
        let (name, copy) =
            (entry.file_name().into_string().expect("a name"), copies.path().join(entry.file_name()));
        match name.rsplit_once('.') {
            // SQLite makes and drops them as it opens and closes.
            Some((_, "db-wal" | "db-shm")) => {}
            Some((_, "db")) => drop(contents.insert(name, rows(&copy))),
            _ if copy.is_file() => {
                let bytes = std::fs::read(copy).expect("a file");
                contents.insert(name, vec![String::from_utf8_lossy(&bytes).into_owned()]);
            }
            _ => drop(contents.insert(name, Vec::new())),
        }
    }
    contents
}

#[test]
fn a_stop_and_a_start_on_a_full_disk_lose_nothing() {
    let disk = Disk::of_mib(DISK_MIB);
    let process = disk.shop(&[]);
    let shoppers = Shoppers::send(process.address, "shopper", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    disk.fill();
    shoppers.wait_for_refusals(2 * SHOPPERS);
    let orders = shoppers.go_home();
    assert!(process.stop().expect("it stops, also with a full disk").success());

    disk.fill();
    let before = contents(&disk);
    let said = disk.isotope(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, 1, "{} {}", said.out, said.err);
    let sentence = said.err.lines().last().unwrap_or_default();
    let names_it =
        sentence.starts_with("isotope: ") && sentence.contains(disk.data().to_str().expect("a plain path"));
    assert!(names_it && sentence.contains("cannot be written: No space left on device"), "{}", said.err);
    check_log(&said.err);
    let after = contents(&disk);
    assert!(before.keys().eq(after.keys()), "{:?} {:?}", before.keys(), after.keys());
    for (name, held) in &before {
        assert_eq!(*held, after[name], "{name} is changed");
    }

    disk.free();
    let process = disk.shop(&[]);
    let mut buyer = Buyer::new(process.address, "reader");
    all_are_delivered(&mut buyer, &orders);
    let product = lamp(&mut buyer);
    let order = placed(order_lamp(&mut buyer, &product, "after-the-disk-was-full")).expect("it is placed");
    all_are_delivered(&mut buyer, &[order]);
    assert!(process.stop().expect("it stops").success());
    disk.check();
    check_mailbox(&disk);
}
