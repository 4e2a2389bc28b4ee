//! Managers of grace periods at work on real databases: several at once, and one after another.

use axum::http::StatusCode;
use contracts::{OrderId, Timestamp};
use engine::TaskResult;
use host::{Stores, testing::eventually};
use ordering::GracePeriodManager;
use serde_json::{Value, json};
use testkit::PostgresServer;

use crate::world::{MINUTE, World, count_of};

pub fn elapsed(order: OrderId) -> Value {
    json!({ "type": "order.grace_period_elapsed.v1", "data": { "order_id": order } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_task_confirms_what_is_due_and_notes_it() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Task).await;
    world.check_out(300, &process).await;
    assert_eq!(count_of(&process, "timer").await, 0);
    let early = process.run_task().await;
    assert_eq!((early.found, early.result), (0, TaskResult::Succeeded));
    world.pass(MINUTE);
    let run = process.run_task().await;
    assert_eq!((run.found, run.confirmed, run.skipped), (300, 300, 0));
    assert!(run.ended.is_some() && run.error.is_none());
    world.each_is_confirmed_once(&process).await;
    let again = process.run_task().await;
    assert_eq!((again.found, again.confirmed), (0, 0));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_at_once_confirm_each_order_once() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Task).await;
    world.check_out(400, &process).await;
    world.pass(MINUTE);
    let (first, second) = tokio::join!(process.run_task(), process.run_task());
    assert_eq!(first.confirmed + second.confirmed, 400);
    for run in [&first, &second] {
        assert_eq!((run.result, run.found), (TaskResult::Succeeded, run.confirmed + run.skipped));
    }
    world.each_is_confirmed_once(&process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_process_is_gone_was_interrupted() {
    let world = World::sqlite();
    let process = world.start(GracePeriodManager::Task).await;
    let task = process.service.tasks()[0].clone();
    let run = task.begin().await.expect("it begins");
    process.stop().await;
    let process = world.start(GracePeriodManager::Task).await;
    let now = Timestamp(i64::MAX);
    let seen = process.service.reads().task_run(run.id, now).await.expect("reads").expect("it is kept");
    assert_eq!((seen.result, seen.error.as_deref()), (TaskResult::Failed, Some("interrupted")));
    let failed = engine::TaskRunFilter { result: Some(TaskResult::Failed), ..Default::default() };
    assert_eq!(process.service.reads().task_runs(&failed, 10, now).await.expect("reads"), [seen]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_do_all_of_it_says_why() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Task).await;
    world.check_out(20, &process).await;
    world.pass(MINUTE);
    let path = world.directory.path().join("ordering.db");
    let (damaged, elsewhere) = (world.orders[7], uuid::Uuid::from_u128(1));
    let damage = rusqlite::Connection::open(path).expect("the file opens");
    let rename = |from: uuid::Uuid, to: uuid::Uuid| {
        let sql = "UPDATE purchases SET order_id = ?1 WHERE order_id = ?2";
        assert_eq!(damage.execute(sql, [to, from]).expect("changed"), 1);
    };
    // What was ordered is lost.
    rename(damaged.0, elsewhere);
    let run = process.run_task().await;
    assert_eq!((run.result, run.found, run.confirmed), (TaskResult::Failed, 20, 19));
    let error = run.error.expect("it says why");
    assert!(error.contains(&damaged.to_string()), "{error}");
    rename(elsewhere, damaged.0);
    let mended = process.run_task().await;
    assert_eq!((mended.result, mended.confirmed), (TaskResult::Succeeded, 1));
    world.each_is_confirmed_once(&process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_end_grace_periods_by_the_shops_clock() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Message).await;
    world.check_out(2, &process).await;
    let order = world.orders[0];
    let (status, problem) = process.deliver(elapsed(order)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &"grace_period_not_over".into()));
    world.pass(MINUTE);
    for confirmed in [true, false] {
        let (status, view) = process.deliver(elapsed(order)).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        assert_eq!(view["status"], "awaiting_validation");
        assert_eq!(view["confirmed"], confirmed, "an event that comes twice changes nothing");
    }
    let (status, _) = process.deliver(elapsed(OrderId(uuid::Uuid::from_u128(1)))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let other = json!({ "type": "order.paid.v1", "data": { "order_id": order } });
    assert_eq!(process.deliver(other).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    // The task is not this shop's manager.
    let refused = process.service.tasks()[0].begin().await.expect_err("it does not begin");
    assert_eq!(refused.code, "grace_period_managed_otherwise");
    process.deliver(elapsed(world.orders[1])).await;
    world.each_is_confirmed_once(&process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_that_follow_one_another_leave_no_order_behind() {
    let mut world = World::sqlite();
    for manager in [
        GracePeriodManager::Timer,
        GracePeriodManager::Task,
        GracePeriodManager::Message,
        GracePeriodManager::Timer,
    ] {
        let process = world.start(manager).await;
        world.check_out(30, &process).await;
        process.stop().await;
    }
    // 60 have timers of the timer's own, 30 rows of the task and 30 of messages have been left to timers.
    let process = world.start(GracePeriodManager::Timer).await;
    let (orders, timers) = (world.orders.len() as i64, "timer");
    eventually("each order has a timer", || async { count_of(&process, timers).await == orders }).await;
    let (status, problem) = process.deliver(elapsed(world.orders[0])).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &"grace_period_managed_otherwise".into()));
    process.stop().await;
    // The timers of before are still there when a task manages: they end their orders, and the task finds none of them.
    let process = world.start(GracePeriodManager::Task).await;
    world.pass(MINUTE);
    let run = process.run_task().await;
    assert_eq!((run.found, run.confirmed), (0, 0));
    world.each_is_confirmed_once(&process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_get_their_timers_although_they_could_not_be_read_at_first() {
    let mut world = World::sqlite();
    let process = world.start(GracePeriodManager::Task).await;
    world.check_out(300, &process).await;
    process.stop().await;
    let path = world.directory.path().join("ordering.db");
    let database = rusqlite::Connection::open(path).expect("the file opens");
    let (last, damaged) = (world.orders[299].0, [0_u8; 3]);
    // The second chunk of orders has an id that is none.
    let damage = "UPDATE grace_periods SET order_id = ?1, ends_us = ends_us + 1 WHERE order_id = ?2";
    assert_eq!(database.execute(damage, rusqlite::params![damaged, last]).expect("changed"), 1);
    let process = world.start(GracePeriodManager::Timer).await;
    eventually("the first have timers", || async { count_of(&process, "timer").await >= 256 }).await;
    let mend = "UPDATE grace_periods SET order_id = ?1, ends_us = ends_us - 1 WHERE order_id = ?2";
    assert_eq!(database.execute(mend, rusqlite::params![last, damaged]).expect("changed"), 1);
    eventually("each order has a timer", || async { count_of(&process, "timer").await == 300 }).await;
    world.pass(MINUTE);
    world.each_is_confirmed_once(&process).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_managers_at_once_on_postgresql_act_on_no_order_twice() {
    let server = PostgresServer::start().expect("a server");
    let url = server.url("shop").expect("a database");
    let mut world = World::new(|_| Stores::Postgres(url));
    let task = world.start(GracePeriodManager::Task).await;
    world.check_out(120, &task).await;
    let timers = world.start(GracePeriodManager::Timer).await;
    world.pass(MINUTE);
    // Rows become timers, and timers fire in both processes, while two runs of the task go through the same rows.
    let (first, second) = tokio::join!(task.run_task(), task.run_task());
    assert_eq!((first.result, second.result), (TaskResult::Succeeded, TaskResult::Succeeded));
    world.each_is_confirmed_once(&task).await;
    timers.stop().await;
    task.stop().await;
}
