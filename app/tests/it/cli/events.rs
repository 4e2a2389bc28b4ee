//! Events: paged, shown with causes and effects, followed, replayed.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Stdio,
};

use serde_json::Value;

use super::buy;
use crate::{
    buyer::{Buyer, audit, shop},
    command::{ask_staff, command, fine, on},
};

/// The ids of events.
fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
}

fn list(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let all = [&["events", "list", "--json", "--limit", "100000"], arguments].concat();
    fine(data, &all).lines()
}

#[test]
fn every_event_is_listed_once_in_the_order_of_time_live_and_stopped() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "20"]);
    let mut buyer = Buyer::new(process.address, "ada");
    for _ in 0..3 {
        buy(&mut buyer, "delivered");
    }
    let live = list(data, &["--order", "oldest"]);
    assert!(process.stop().expect("it stops").success());
    let stopped = list(data, &["--order", "oldest"]);
    assert_eq!(ids(&live), ids(&stopped));
    let counted = audit(data, &[])["counted"]["events"].as_u64().expect("a count");
    assert_eq!(ids(&stopped).into_iter().collect::<BTreeSet<_>>().len() as u64, counted);
    assert!(stopped.is_sorted_by_key(|event| event["time"].as_str().expect("a time").to_owned()));
    let newest = ids(&list(data, &["--order", "newest"]));
    assert_eq!(newest.iter().collect::<BTreeSet<_>>(), ids(&stopped).iter().collect::<BTreeSet<_>>());

    let paid = |event: &&Value| event["type"] == "order.paid.v1";
    let expected: Vec<Value> = stopped.iter().filter(paid).cloned().collect();
    assert_eq!(expected.len(), 3);
    assert_eq!(list(data, &["--order", "oldest", "--type", "order.paid.v1"]), expected);
    let subject = expected[1]["subject"].as_str().expect("a subject");
    let of_one = list(data, &["--source", "ordering", "--subject", subject]);
    assert!(of_one.len() > 4 && of_one.iter().all(|event| event["subject"] == subject), "{of_one:?}");
    let of_order = list(data, &["--correlation", subject]);
    assert!(of_order.iter().any(|event| event["source"] == "payment"), "{of_order:?}");
}

#[test]
fn pages_follow_one_another_without_gap_while_events_come() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "5"]);
    let mut buyer = Buyer::new(process.address, "ada");
    let mut client = testkit::Client::new(process.address);
    let (mut seen, mut after) = (Vec::new(), String::new());
    for round in 0..200 {
        if round == 3 {
            buy(&mut buyer, "delivered");
        }
        let page = ask_staff(&mut client, data, &format!("system/events?order=oldest&limit=7{after}"));
        seen.extend(ids(page["items"].as_array().expect("items")));
        after = format!("&after={}", page["cursor"].as_str().expect("a cursor"));
        if round > 3 && page["next_cursor"].is_null() {
            break;
        }
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
    assert_eq!(distinct, ids(&list(data, &["--order", "oldest"])).iter().collect());
    let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
    let wrong = client
        .get("/api/v1/admin/system/events?after=1.2", &[("x-admin-token", &token)])
        .expect("it answers");
    assert_eq!((wrong.status, &wrong.json()["code"]), (422, &"invalid_cursor".into()));
    let nobody = client.get("/api/v1/admin/system/events", &[]).expect("it answers");
    assert_eq!(nobody.status, 401);
    let topics = ask_staff(&mut client, data, "system/topics");
    let ordering =
        topics["items"].as_array().expect("items").iter().find(|topic| topic["source"] == "ordering");
    let ordering = ordering.expect("ordering has a log");
    assert!(ordering["consumers"].as_array().is_some_and(|consumers| consumers.len() >= 4), "{ordering}");
}

#[test]
fn an_event_is_shown_with_what_led_to_it_and_what_came_of_it() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    buy(&mut Buyer::new(process.address, "ada"), "delivered");
    let check = |when: &str| {
        let paid = list(data, &["--type", "order.paid.v1"]).remove(0);
        let detail =
            fine(data, &["events", "show", "--json", paid["id"].as_str().expect("an id")]).lines().remove(0);
        assert_eq!(detail["event"]["id"], paid["id"]);
        let kinds = |events: &Value| -> Vec<String> {
            let events = events.as_array().expect("events");
            events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
        };
        let causes = kinds(&detail["causes"]);
        assert_eq!(causes.first().map(String::as_str), Some("payment.completed.v1"), "{when}: {causes:?}");
        assert_eq!(causes.last().map(String::as_str), Some("cart.checked_out.v1"), "{when}: {causes:?}");
        let effects = kinds(&detail["effects"]);
        assert!(effects.iter().any(|kind| kind == "delivery.started.v1"), "{when}: {effects:?}");
        assert_eq!(detail["effects_complete"], true);
    };
    check("live");
    assert!(process.stop().expect("it stops").success());
    check("stopped");
    let nothing = on(data, &["events", "show", "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("no such event"), "{}", nothing.err);
    let stopped = on(data, &["events", "tail"]);
    assert_eq!(stopped.code, 1);
    assert!(stopped.err.contains("no server runs"), "{}", stopped.err);
}

#[test]
fn a_tail_shows_events_as_they_commit_and_goes_on_where_it_was() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    let mut client = testkit::Client::new(process.address);
    let mut buyer = Buyer::new(process.address, "ada");
    let end = ask_staff(&mut client, data, "system/events?order=oldest&limit=500");
    assert!(end["next_cursor"].is_null());
    let placed = buy(&mut buyer, "paid");
    // What came meanwhile is read from the log, what comes now from memory.
    let cursor = end["cursor"].as_str().expect("a cursor");
    let arguments =
        ["events", "tail", "--json", "--correlation", &placed.id, "--after", cursor, "--count", "8"];
    let shown = fine(data, &arguments).lines();
    assert_eq!(shown.len(), 8);
    assert!(shown.iter().all(|event| event["correlationid"] == placed.id.as_str()));

    let mut live =
        command(&["events", "tail", "--json", "--type", "cart.created.v1", "--source", "cart", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
    let mut lines = BufReader::new(live.stdout.take().expect("its output"));
    let mut line = String::new();
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    // A tail that has not begun does not show what came before it.
    let sells = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while sells.load(std::sync::atomic::Ordering::Relaxed) {
                buyer.cart(&product, 1).expect("the shop answers").expect("a cart");
            }
        });
        lines.read_line(&mut line).expect("a line");
        let event: Value = serde_json::from_str(&line).expect("an event");
        assert_eq!(event["type"], "cart.created.v1");
        // Nobody reads any more: that is no error.
        drop(lines);
        assert!(live.wait().expect("it ends").success());
        sells.store(false, std::sync::atomic::Ordering::Relaxed);
    });

    let mut until_the_end = command(&["events", "tail", "--source", "payment", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // Whether the tail has begun or not: a stop ends it, and does not wait for it.
    assert!(process.stop().expect("it stops").success());
    let mut said = String::new();
    until_the_end.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
    assert!(until_the_end.wait().is_ok(), "{said}");
}

#[test]
fn an_event_that_is_handed_over_again_changes_nothing_that_was_done() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    let placed = buy(&mut Buyer::new(process.address, "ada"), "delivered");
    let paid = list(data, &["--type", "order.paid.v1"]).remove(0);
    let id = paid["id"].as_str().expect("an id");
    let again = ["events", "replay", "--service", "fulfilment", "--event", id];
    let unsure = on(data, &again);
    assert_eq!(unsure.code, 1);
    assert!(unsure.err.contains("--yes"), "{}", unsure.err);
    fine(data, &[&again[..], &["--yes"]].concat());
    let nothing = on(data, &["events", "replay", "--service", "catalog", "--event", id, "--yes"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("does nothing with such events"), "{}", nothing.err);
    fine(data, &["events", "replay", "--projection", "ordering/timeline"]);
    assert!(process.stop().expect("it stops").success());
    fine(data, &[&again[..], &["--yes"]].concat());
    let shipped = list(data, &["--correlation", &placed.id, "--type", "delivery.started.v1"]);
    assert_eq!(shipped.len(), 1, "{shipped:?}");
    let report = audit(data, &[]);
    assert_eq!(report["clean"], true, "{report:#}");
    assert!(fine(data, &["dead-letters", "list", "--state", "all", "--json"]).out.is_empty());
}

/// Reads a stream of server-sent events until so many events have come; their ids and data.
fn stream(address: std::net::SocketAddr, headers: &str, query: &str, count: usize) -> Vec<(String, Value)> {
    use std::io::Write;
    let mut connection = std::net::TcpStream::connect(address).expect("the shop answers");
    let request =
        format!("GET /api/v1/admin/system/events/tail{query} HTTP/1.1\r\nhost: shop\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).expect("it is sent");
    let (mut events, mut id) = (Vec::new(), String::new());
    for line in BufReader::new(connection).lines() {
        let line = line.expect("a line");
        if let Some(text) = line.strip_prefix("id: ") {
            id = text.to_owned();
        }
        if let Some(text) = line.strip_prefix("data: ") {
            events.push((id.clone(), serde_json::from_str(text).expect("an event")));
        }
        if events.len() == count {
            break;
        }
    }
    events
}

#[test]
fn a_stream_that_was_broken_off_goes_on_after_its_last_event() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    let placed = buy(&mut Buyer::new(process.address, "ada"), "delivered");
    let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
    let staff = format!("x-admin-token: {token}\r\n");
    let all = list(data, &["--order", "oldest", "--source", "ordering,payment"]);
    let from_the_first = format!("?source=ordering,payment&after={}", ["0"; 16].join("."));
    let whole = stream(process.address, &staff, &from_the_first, all.len());
    let seen: BTreeSet<&str> = whole.iter().filter_map(|(_, event)| event["id"].as_str()).collect();
    assert_eq!(seen, all.iter().filter_map(|event| event["id"].as_str()).collect());
    // From any event on, the rest comes, each once.
    for (number, (last, _)) in whole.iter().enumerate().step_by(3) {
        let left = whole.len() - number - 1;
        let headers = format!("{staff}last-event-id: {last}\r\n");
        let rest = if left == 0 {
            Vec::new()
        } else {
            stream(process.address, &headers, "?source=ordering,payment", left)
        };
        let both = whole[..=number].iter().chain(&rest).filter_map(|(_, event)| event["id"].as_str());
        assert_eq!(both.collect::<BTreeSet<_>>(), seen, "after {number}");
    }
    assert!(whole.iter().any(|(_, event)| event["subject"] == placed.id.as_str()));
}
