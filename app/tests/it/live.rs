//! Live events over HTTP under load: nothing is missed nor doubled, however often a reader breaks off.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::Value;
use testkit::{PostgresServer, ShopProcess};

use crate::{
    buyer::{Buyer, PROGRAM, Placed, shop},
    command::fine,
    customers::{check_out, filled_cart},
    people::Person,
};

/// An event as it came over the wire.
#[derive(Clone, Debug, Default)]
struct Shown {
    id: String,
    kind: String,
    data: String,
}

/// A stream of server-sent events.
struct Following {
    lines: std::io::Lines<BufReader<TcpStream>>,
    status: u16,
}

impl Following {
    fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut connection = TcpStream::connect(address).expect("the shop answers");
        connection.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("a timeout");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request =
            format!("GET /api/v1{path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\r\n");
        connection.write_all(request.as_bytes()).expect("it is sent");
        let mut lines = BufReader::new(connection).lines();
        let head = lines.next().expect("a status").expect("a line");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Self { lines, status }
    }

    /// The next event; none at the end. Comments, and what frames chunks, are no events.
    fn next(&mut self) -> Option<Shown> {
        let mut shown = Shown::default();
        for line in self.lines.by_ref() {
            let line = line.expect("a line");
            match line.split_once(": ") {
                Some(("id", id)) => shown.id = id.to_owned(),
                Some(("event", kind)) => shown.kind = kind.to_owned(),
                Some(("data", data)) => shown.data = data.to_owned(),
                _ if line.is_empty() && !shown.kind.is_empty() => return Some(shown),
                _ => {}
            }
        }
        None
    }
}

/// Follows an order to its end, breaking off after every `step` events; all that was shown.
fn follow(address: SocketAddr, order: &Placed, step: usize) -> Vec<Shown> {
    let (path, bearer) = (format!("/orders/{}/events", order.id), format!("Bearer {}", order.token));
    let mut all: Vec<Shown> = Vec::new();
    loop {
        let last = all.last().map_or_else(|| "0".to_owned(), |shown| shown.id.clone());
        let mut following =
            Following::open(address, &path, &[("authorization", &bearer), ("last-event-id", &last)]);
        if following.status == 204 {
            return all;
        }
        assert_eq!(following.status, 200);
        for _ in 0..step {
            match following.next() {
                Some(shown) if shown.kind == "end" => return all,
                Some(shown) => all.push(shown),
                None => panic!("the stream broke off by itself after {all:?}"),
            }
        }
    }
}

fn buy_and_follow(address: SocketAddr, name: &str, orders: usize) -> Vec<Vec<Shown>> {
    let mut buyer = Buyer::new(address, name);
    let products = buyer.products().expect("the shop answers");
    (0..orders)
        .map(|number| {
            let product = products[number % products.len()]["id"].as_str().expect("an id");
            let method = if number % 3 == 2 { "pm_mock_decline" } else { "pm_mock_approve" };
            let order = buyer.buy(product, 1, method).expect("the shop answers").expect("it is sold");
            follow(address, &order, 1 + number % 4)
        })
        .collect()
}

fn each_order_is_shown_once(arguments: &[&str]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), arguments);
    let address = process.address;
    let buyers: Vec<_> = (0..6)
        .map(|number| std::thread::spawn(move || buy_and_follow(address, &format!("buyer-{number}"), 3)))
        .collect();
    for buyer in buyers {
        for (number, shown) in buyer.join().expect("a buyer follows").into_iter().enumerate() {
            let ids: Vec<i64> = shown.iter().map(|shown| shown.id.parse().expect("a number")).collect();
            assert_eq!(ids, (1..=shown.len() as i64).collect::<Vec<_>>(), "{shown:?}");
            let last = if number % 3 == 2 { "order.cancelled.v1" } else { "order.delivered.v1" };
            assert_eq!(
                (shown[0].kind.as_str(), shown[shown.len() - 1].kind.as_str()),
                ("order.submitted.v1", last)
            );
            for event in &shown {
                assert!(!event.data.contains("pm_mock") && !event.data.contains('@'), "{}", event.data);
            }
        }
    }
    assert!(process.stop().expect("it stops").success());
}

#[test]
fn on_sqlite_every_event_of_an_order_is_shown_once() {
    each_order_is_shown_once(&[]);
}

#[test]
fn on_postgresql_every_event_of_an_order_is_shown_once() {
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let url = server.url("shop").expect("a database is made");
    each_order_is_shown_once(&["--database-url", &url]);
}

#[test]
fn staff_follow_all_orders_and_go_on_where_they_broke_off() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &[]);
    let address = process.address;
    let token = std::fs::read_to_string(directory.path().join("admin.token")).expect("a token");
    let bought = AtomicBool::new(false);
    let mut seen: BTreeMap<(i64, i64), Value> = BTreeMap::new();
    std::thread::scope(|scope| {
        let bought = &bought;
        scope.spawn(move || {
            let buyers: Vec<_> = (0..4)
                .map(|number| std::thread::spawn(move || buy_and_follow(address, &format!("b-{number}"), 3)))
                .collect();
            buyers.into_iter().for_each(|buyer| drop(buyer.join().expect("a buyer follows")));
            bought.store(true, Ordering::Release);
        });
        let mut last = ["0"; 8].join(".");
        loop {
            let all_is_there = bought.load(Ordering::Acquire);
            let mut following = Following::open(
                address,
                "/admin/orders/events",
                &[("x-admin-token", &token), ("last-event-id", &last)],
            );
            assert_eq!(following.status, 200);
            // As many as there are by now, so that the last stream ends.
            let here = fine(
                directory.path(),
                &["events", "list", "--source", "ordering", "--limit", "500", "--json"],
            );
            for _ in seen.len()..here.out.lines().count() {
                let shown = following.next().expect("another event");
                last = shown.id;
                let event: Value = serde_json::from_str(&shown.data).expect("an event");
                let place =
                    (event["partition"].as_i64().expect("one"), event["position"].as_i64().expect("one"));
                assert_eq!(event["source"], "ordering");
                assert!(seen.insert(place, event).is_none(), "it is shown twice");
            }
            if all_is_there {
                return;
            }
        }
    });
    let all = fine(directory.path(), &["events", "list", "--source", "ordering", "--limit", "500", "--json"])
        .lines();
    assert!(all.len() > 60 && all.len() < 500, "{}", all.len());
    assert_eq!(seen.len(), all.len());
}

#[test]
fn a_shop_that_stops_tells_those_who_follow() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let arguments = ["--grace-period", "1h", "--seed-products", "2"];
    let process =
        ShopProcess::start(Path::new(PROGRAM), directory.path(), &arguments).expect("the shop starts");
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let order = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is sold");
    let path = format!("/orders/{}/events?token={}", order.id, order.token);
    let mut following = Following::open(process.address, &path, &[]);
    assert_eq!(following.next().expect("an event").kind, "order.submitted.v1");
    assert!(process.stop().expect("it stops").success());
    assert_eq!(following.next().expect("a last event").kind, "stopped");
    assert!(following.next().is_none());
}

#[test]
fn a_stream_ends_with_the_session_of_its_reader() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let waiting = ["--grace-period", "1h"];
    let process =
        ShopProcess::start(Path::new(PROGRAM), directory.path(), &waiting).expect("the shop starts");
    let address = process.address;
    let mut operator = Person::operator(address, directory.path());
    let mut sam = Person::staff(&mut operator, "sam@example.com", "staff");
    let mut ada = Person::customer(address, "ada@example.com");
    let product = Buyer::new(address, "ada").products().expect("the shop answers").swap_remove(0);
    let (cart, total) = filled_cart(&mut ada, &product, 1);
    let order = check_out(&mut ada, &cart, &total, "pm_mock_approve");

    let bearer = |person: &Person| format!("Bearer {}", person.token());
    let (sams, adas) = (bearer(&sam), bearer(&ada));
    let mut of_staff = Following::open(address, "/admin/orders/events", &[("authorization", &sams)]);
    let path = format!("/orders/{order}/events");
    let mut of_ada = Following::open(address, &path, &[("authorization", &adas)]);
    assert_eq!((of_staff.status, of_ada.status), (200, 200));
    assert_eq!(of_ada.next().map(|shown| shown.kind).as_deref(), Some("order.submitted.v1"));

    let me = sam.ask("GET", "/staff/me", None, 200);
    let id = me["id"].as_str().expect("an id");
    operator.ask("PATCH", &format!("/admin/staff/{id}"), Some(serde_json::json!({"disabled": true})), 200);
    assert_eq!(of_staff.next().map(|shown| shown.kind).as_deref(), Some("expired"));
    assert!(of_staff.next().is_none());
    let sessions = ada.ask("GET", "/me/sessions", None, 200);
    let session = sessions["items"][0]["id"].as_str().expect("an id");
    ada.ask("DELETE", &format!("/me/sessions/{session}"), None, 204);
    assert_eq!(of_ada.next().map(|shown| shown.kind).as_deref(), Some("expired"));
    assert!(of_ada.next().is_none());
    assert!(process.stop().expect("it stops").success());
}
