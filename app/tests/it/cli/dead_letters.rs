//! A dead letter: found, mended, tried again, given up.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::buy;
use crate::{
    buyer::{Buyer, audit, shop},
    command::{fine, on},
};

const ID: &str = "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11";

/// Puts a dead letter into ordering: an event of payment's, with other data.
pub fn plant(data: &Path, subject: &str, event: &Value, event_data: &Value) {
    let envelope = json!({
        "id": event["id"], "source": "payment", "type": event["type"], "time": 0, "subject": event["subject"],
        "sequence": 1, "correlationid": event["correlationid"], "causationid": event["causationid"], "data": event_data.to_string(),
    });
    let body = json!({ "Event": envelope }).to_string();
    let database = Connection::open(data.join("ordering.db")).expect("ordering's database");
    let id: uuid::Uuid = ID.parse().expect("an id");
    let part = i64::from(contracts::partition_of(subject));
    database
        .execute(
            "INSERT INTO parked (id, subject, part, state, attempt, due_us, kind, body, fingerprint, error, parked_us, failed_us)
             VALUES (?1, ?2, ?3, 'dead', 10, 0, ?4, ?5, 'event is not readable', 'event 7 is not readable', 1000000, 2000000)",
            rusqlite::params![id, subject, part, event["type"].as_str(), body],
        )
        .expect("it is planted");
}

/// What nobody can read.
fn broken() -> Value {
    json!({ "broken": true })
}

fn all(data: &Path) -> Vec<Value> {
    fine(data, &["dead-letters", "list", "--state", "all", "--json"]).lines()
}

#[test]
fn a_dead_letter_is_mended_and_tried_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    let placed = buy(&mut Buyer::new(process.address, "ada"), "delivered");
    assert!(process.stop().expect("it stops").success());
    let listed = fine(data, &["events", "list", "--type", "payment.completed.v1", "--json"]).lines();
    plant(data, &placed.id, &listed[0], &broken());

    let check = |when: &str| {
        let letters = fine(data, &["dead-letters", "list", "--json"]).lines();
        assert_eq!(letters.len(), 1, "{when}");
        let letter = &letters[0];
        assert_eq!((&letter["id"], &letter["service"]), (&ID.into(), &"ordering".into()));
        assert_eq!((&letter["attempts"], &letter["body"]), (&10.into(), &json!({ "broken": true })));
        assert_eq!(letter["last_failure"], "1970-01-01T00:00:02.000000Z");
        let groups = fine(data, &["dead-letters", "list", "--group", "error", "--json"]).lines();
        assert_eq!((&groups[0]["count"], &groups[0]["error"]), (&1.into(), &"event is not readable".into()));
        assert!(fine(data, &["dead-letters", "show", ID]).out.contains("event 7 is not readable"));
    };
    check("stopped");
    let process = shop(data, &[]);
    check("live");

    let body = directory.path().join("body.json");
    let path = body.to_str().expect("a plain path");
    let replay = ["dead-letters", "replay", ID, "--body", path];
    std::fs::write(&body, json!({ "nonsense": 1 }).to_string()).expect("written");
    let unreadable = on(data, &replay);
    assert_eq!(unreadable.code, 1);
    assert!(unreadable.err.contains("body: "), "{}", unreadable.err);
    let mut elsewhere = listed[0]["data"].clone();
    elsewhere["order_id"] = ID.into();
    std::fs::write(&body, elsewhere.to_string()).expect("written");
    let other_subject = on(data, &replay);
    assert!(other_subject.code == 1 && other_subject.err.contains("it would go to"), "{}", other_subject.err);
    check("refused");

    std::fs::write(&body, listed[0]["data"].to_string()).expect("written");
    fine(data, &replay);
    // Its turn comes at once, and ordering ignores what it has seen.
    let started = std::time::Instant::now();
    while !all(data).is_empty() {
        assert!(started.elapsed().as_secs() < 30, "it is not handled: {:?}", all(data));
    }
    assert!(process.stop().expect("it stops").success());
    assert_eq!(audit(data, &[])["clean"], true);
}

#[test]
fn a_dead_letter_is_given_up_live_and_stopped() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    let placed = buy(&mut Buyer::new(process.address, "ada"), "delivered");
    let listed = fine(data, &["events", "list", "--type", "payment.completed.v1", "--json"]).lines();
    assert!(process.stop().expect("it stops").success());
    for live in [false, true] {
        plant(data, &placed.id, &listed[0], &broken());
        let process = live.then(|| shop(data, &[]));
        let unsure = on(data, &["dead-letters", "discard", ID]);
        assert!(unsure.code == 1 && unsure.err.contains("--yes"), "{}", unsure.err);
        fine(data, &["dead-letters", "discard", ID, "--yes"]);
        assert!(all(data).is_empty());
        let gone = on(data, &["dead-letters", "discard", ID, "--yes"]);
        assert!(gone.code == 1 && gone.err.contains("no such dead letter"), "{}", gone.err);
        drop(process);
    }
    plant(data, &placed.id, &listed[0], &broken());
    fine(data, &["dead-letters", "replay", "--all"]);
    let letters = all(data);
    assert!(letters.iter().all(|letter| letter["state"] != "dead"), "{letters:?}");
}
