//! A read model made anew while orders go on: compared with the live one, swapped in, across kills.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::{Value, json};
use testkit::{Client, PostgresServer, ShopProcess};

use crate::{
    buyer::{Buyer, audit, shop},
    command::{ask_staff, fine, on},
};

const BUYERS: usize = 4;
const TIMELINE: &str = "ordering/timeline";

/// The shop's database, for damage.
enum Database<'a> {
    Sqlite(&'a Path),
    Postgres(String),
}

impl Database<'_> {
    fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(data) => {
                let connection =
                    rusqlite::Connection::open(data.join("ordering.db")).expect("the file opens");
                connection.busy_timeout(std::time::Duration::from_secs(10)).expect("it waits");
                connection.execute_batch(sql).expect("the SQL runs");
            }
            Self::Postgres(url) => {
                let sql = format!("SET search_path = ordering; {sql}");
                let output =
                    Command::new("psql").args([url, "-qc", &sql]).output().expect("psql is installed");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }

    fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(url) => vec!["--database-url", url],
        }
    }
}

fn about_timeline(data: &Path, arguments: &[&str], code: i32) -> Value {
    let said = on(data, &[&["projections"], arguments, &[TIMELINE, "--json"]].concat());
    assert_eq!(said.code, code, "{arguments:?}: {} {}", said.out, said.err);
    said.lines().remove(0)
}

fn shadow(data: &Path, client: &mut Client) -> Value {
    ask_staff(client, data, "system/projections")["items"][0]["shadow"].clone()
}

/// Does something while buyers buy without a pause; asserts that every checkout succeeded, before, meanwhile and after.
fn while_orders_run(process: &ShopProcess, errand: impl FnOnce(&dyn Fn())) {
    let (stop, bought) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for number in 0..BUYERS {
            let (stop, bought, address, id) = (&stop, &bought, process.address, process.id());
            scope.spawn(move || {
                let mut buyer = Buyer::new(address, &format!("{id}-{number}"));
                let products = buyer.products().expect("the shop answers");
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let product = products[(number + round) % products.len()]["id"].as_str().expect("an id");
                    let order = buyer.buy(product, 1, "pm_mock_approve").expect("the shop answers");
                    order.unwrap_or_else(|answer| panic!("{}: {}", answer.status, answer.json()));
                    bought.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // However the errand ends, the buyers do too.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = Stop(&stop);
        let orders_go_on = || {
            let before = bought.load(Ordering::Relaxed);
            let asked_at = std::time::Instant::now();
            while bought.load(Ordering::Relaxed) < before + BUYERS as u64 * 5 {
                assert!(asked_at.elapsed().as_secs() < 60, "orders have stopped");
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
        };
        orders_go_on();
        errand(&orders_go_on);
        orders_go_on();
    });
}

/// Damage is found and healed, and what is whole is equal, while orders run.
fn compare_and_heal(data: &Path, database: &Database<'_>) {
    let process = shop(data, &database.arguments());
    while_orders_run(&process, |orders_go_on| {
        let whole = about_timeline(data, &["rebuild"], 0);
        assert_eq!((&whole["state"], &whole["differing_rows"]), (&"equal".into(), &0.into()), "{whole}");
        orders_go_on();
        // The shadow keeps in step with the live one.
        assert_eq!(about_timeline(data, &["compare"], 0)["state"], "equal");

        database.execute(
            "UPDATE timeline SET type = 'damaged' WHERE event_id IN (SELECT event_id FROM event_log WHERE type = 'order.paid.v1' LIMIT 3)",
        );
        database.execute(
            "DELETE FROM timeline WHERE event_id IN (SELECT event_id FROM event_log WHERE type = 'order.submitted.v1' LIMIT 2)",
        );
        let differs = about_timeline(data, &["compare"], 2);
        // Two versions of what was changed, one of what is gone.
        assert_eq!(
            (&differs["state"], &differs["differing_rows"]),
            (&"differs".into(), &8.into()),
            "{differs}"
        );
        let keys: Vec<&str> =
            differs["differing_keys"].as_array().expect("keys").iter().filter_map(Value::as_str).collect();
        assert!(keys.len() == 5 && keys.is_sorted(), "{keys:?}");
        orders_go_on();
        let swapped = about_timeline(data, &["swap"], 0);
        assert_eq!(swapped["state"], "swapped");
        orders_go_on();
        let healed = about_timeline(data, &["rebuild"], 0);
        assert_eq!((&healed["state"], &healed["differing_rows"]), (&"equal".into(), &0.into()), "{healed}");
        assert_eq!(about_timeline(data, &["rebuild", "--swap"], 0)["state"], "swapped");
    });
    let listed = fine(data, &["projections", "list", "--json"]).lines();
    assert_eq!(listed[0]["shadow"]["state"], "swapped");
    assert!(process.stop().expect("it stops").success());
    // After all of the log: row by row what a stopped shop makes of it.
    let stopped =
        on(data, &[&["projections", "rebuild", TIMELINE, "--json"], &database.arguments()[..]].concat());
    assert_eq!(stopped.lines()[0]["state"], "equal", "{} {}", stopped.out, stopped.err);
    let report = audit(data, &database.arguments());
    assert_eq!(report["clean"], true, "{report:#}");
}

#[test]
fn on_sqlite_damage_is_found_and_healed_while_orders_run() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    compare_and_heal(directory.path(), &Database::Sqlite(directory.path()));
}

#[test]
fn on_postgresql_damage_is_found_and_healed_while_orders_run() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let url = server.url("shop").expect("a database is made");
    compare_and_heal(directory.path(), &Database::Postgres(url));
}

#[test]
fn a_rebuild_goes_on_after_kills_and_the_live_rows_stay_whole() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let staff = |client: &mut Client, path: &str| {
        let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
        let path = format!("/api/v1/admin/system/projections/{TIMELINE}/{path}");
        client.post(&path, &[("x-admin-token", &token)], &json!({})).expect("the shop answers")
    };
    let process = shop(data, &[]);
    while_orders_run(&process, |orders_go_on| (0..6).for_each(|_| orders_go_on()));
    let mut rows = 0;
    let mut process = Some(process);
    // The first kill comes before or after the shadow's first row, the others while there is one.
    for (step, number) in ["rebuild", "rebuild", "swap", "rebuild"].into_iter().zip(0..) {
        let running = process.take().unwrap_or_else(|| shop(data, &[]));
        let mut client = Client::new(running.address);
        // A shadow that an earlier kill has left catches up by itself.
        let asked_at = std::time::Instant::now();
        while shadow(data, &mut client)["state"] == "building" {
            assert!(asked_at.elapsed().as_secs() < 30, "it does not catch up");
        }
        let answer = staff(&mut client, step);
        assert!([200, 202].contains(&answer.status), "{step}: {} {}", answer.status, answer.json());
        let asked_at = std::time::Instant::now();
        while number > 0 && shadow(data, &mut client).is_null() {
            assert!(asked_at.elapsed().as_secs() < 30, "it does not begin");
        }
        running.kill().expect("it is killed");
        let connection = rusqlite::Connection::open(data.join("ordering.db")).expect("the file opens");
        let count: i64 =
            connection.query_row("SELECT count(*) FROM timeline", [], |row| row.get(0)).expect("it is there");
        assert!(count >= rows, "{step}: {count} rows, {rows} before");
        rows = count;
    }
    let process = shop(data, &[]);
    let mut client = Client::new(process.address);
    let asked_at = std::time::Instant::now();
    while shadow(data, &mut client)["state"] == "building" {
        assert!(asked_at.elapsed().as_secs() < 30, "{}", shadow(data, &mut client));
    }
    let left = shadow(data, &mut client)["state"].clone();
    // The last kill came after the rebuild's own comparison, before it, or before the rebuild began.
    let compared = match left.as_str() {
        Some("equal" | "ready") => about_timeline(data, &["compare"], 0),
        Some("swapped") => about_timeline(data, &["rebuild"], 0),
        _ => panic!("{left}"),
    };
    assert_eq!((&compared["state"], &compared["differing_rows"]), (&"equal".into(), &0.into()), "{compared}");
}
