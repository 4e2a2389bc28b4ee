//! `isotope task`: on a live shop and on a stopped one.

use std::path::Path;

use rusqlite::Connection;
use testkit::ShopProcess;

use crate::{
    buyer::{Buyer, PROGRAM, Placed, audit},
    command::{ask_staff, fine, on},
};

/// A shop whose grace periods end at once, by the task.
fn shop(data: &Path, manager: &str) -> ShopProcess {
    let arguments = ["--grace-period", "1ms", "--grace-period-manager", manager, "--seed-products", "3"];
    ShopProcess::start(Path::new(PROGRAM), data, &arguments).expect("the shop starts")
}

fn buy(buyer: &mut Buyer) -> Placed {
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let order = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is sold");
    // Not pending any more: ordering has it.
    let asked_at = std::time::Instant::now();
    while buyer.order(&order).expect("the shop answers").status != 200 {
        assert!(asked_at.elapsed().as_secs() < 30, "the order does not come");
    }
    order
}

#[test]
fn the_task_confirms_live_and_stopped_and_leaves_its_rows() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, "task");
    let mut buyer = Buyer::new(process.address, "ada");
    let shown = fine(data, &["config", "show", "--json"]).lines();
    assert_eq!(shown[0]["ordering"]["grace_period_manager"], "task");
    let order = buy(&mut buyer);
    assert_eq!(audit(data, &[])["clean"], true, "what waits for the task is not stuck");
    assert_eq!(buyer.order(&order).expect("the shop answers").json()["status"], "submitted");
    let run = fine(data, &["task", "grace-period", "--json"]).lines().remove(0);
    let counts = |run: &serde_json::Value| {
        [&run["found"], &run["confirmed"], &run["skipped"]].map(|count| count.as_i64().expect("a count"))
    };
    assert_eq!((&run["task"], &run["result"]), (&"grace-period".into(), &"succeeded".into()));
    assert_eq!(counts(&run), [1, 1, 0]);
    buyer.wait_for(&order, &["delivered"]);
    let again = fine(data, &["task", "grace-period"]);
    assert_eq!(again.out.trim(), "grace-period: 0 found, 0 confirmed, 0 skipped");

    let left = buy(&mut buyer);
    let tasks = ask_staff(&mut buyer.client, data, "system/tasks");
    assert_eq!(
        (&tasks["items"][0]["service"], &tasks["items"][0]["name"]),
        (&"ordering".into(), &"grace-period".into())
    );
    let page =
        ask_staff(&mut buyer.client, data, "system/task-runs?task=grace-period&result=succeeded&limit=1");
    assert_eq!(counts(&page["items"][0]), [0, 0, 0], "the latest comes first");
    let cursor = page["next_cursor"].as_str().expect("there is another page");
    let page = ask_staff(&mut buyer.client, data, &format!("system/task-runs?limit=1&cursor={cursor}"));
    assert_eq!((&page["items"][0], &page["next_cursor"]), (&run, &serde_json::Value::Null));
    assert!(process.stop().expect("it stops").success());

    let stopped = fine(data, &["task", "grace-period", "--json"]).lines().remove(0);
    assert_eq!(counts(&stopped), [1, 1, 0]);
    assert_eq!(fine(data, &["task", "runs", "--json"]).lines().len(), 3);
    let process = shop(data, "timer");
    Buyer::new(process.address, "bob").wait_for(&left, &["delivered"]);
    let refused = on(data, &["task", "grace-period"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("grace_period_managed_otherwise"), "{}", refused.err);
}

#[test]
fn a_run_that_fails_or_was_killed_says_so() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, "task");
    let mut buyer = Buyer::new(process.address, "ada");
    let orders: Vec<Placed> = (0..3).map(|_| buy(&mut buyer)).collect();
    let database = Connection::open(data.join("ordering.db")).expect("the file opens");
    let id = |order: &Placed| order.id.parse::<uuid::Uuid>().expect("an id");
    let rename = |from: uuid::Uuid, to: uuid::Uuid| {
        let sql = "UPDATE purchases SET order_id = ?1 WHERE order_id = ?2";
        assert_eq!(database.execute(sql, [to, from]).expect("changed"), 1);
    };
    // What was ordered is lost for a while.
    rename(id(&orders[1]), uuid::Uuid::nil());
    let failed = on(data, &["task", "grace-period"]);
    assert_eq!(failed.code, 1);
    assert!(
        failed.out.contains(&orders[1].id) && failed.out.contains("3 found, 2 confirmed"),
        "{}",
        failed.out
    );
    rename(uuid::Uuid::nil(), id(&orders[1]));

    // A run begins, and the process is killed before its end is noted, or after it.
    let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
    let begun = buyer.client.post(
        "/api/v1/admin/system/tasks/grace-period/runs",
        &[("x-admin-token", &token)],
        &serde_json::json!({}),
    );
    let begun = begun.expect("the shop answers");
    assert_eq!(begun.status, 202, "{}", begun.json());
    process.kill().expect("it is killed");
    let running = "UPDATE task_run SET result = 'running', ended_us = NULL WHERE task = 'grace-period' AND error IS NULL";
    assert_eq!(database.execute(running, []).expect("changed"), 1, "as a kill a moment earlier leaves it");
    drop(database);
    let seen = |when: &str| {
        let runs = fine(data, &["task", "runs", "--json"]).lines();
        assert_eq!(runs.len(), 2, "{when}: {runs:?}");
        assert_eq!((&runs[0]["id"], &runs[0]["result"]), (&begun.json()["id"], &"failed".into()), "{when}");
        assert_eq!(runs[0]["error"], "interrupted", "{when}");
    };
    seen("stopped");
    let process = shop(data, "task");
    seen("started again");
    fine(data, &["task", "grace-period"]);
    let mut buyer = Buyer::new(process.address, "bob");
    for order in &orders {
        buyer.wait_for(order, &["delivered"]);
    }
    assert_eq!(audit(data, &[])["clean"], true);
}
