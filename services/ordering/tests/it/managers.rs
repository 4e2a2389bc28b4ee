//! Managers of grace periods at work on real databases: several at once, and one after another.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bus::Logged;
use contracts::{OrderId, Timestamp};
use engine::{ManualClock, Reads, TaskResult, TaskRun};
use host::{Context, Running, Stores};
use ordering::{Config, GracePeriodManager, Order, Status};
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;

use crate::{
    logs::{Others, eventually},
    shop::Shop,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A process with an ordering service of one manager.
struct Process {
    service: Arc<dyn Running>,
    routes: Router,
    others: Others,
    token: String,
}

/// What processes share: a database, the time, the checkouts so far.
struct World {
    stores: Stores,
    clock: Arc<ManualClock>,
    checkouts: Vec<Arc<Logged>>,
    orders: Vec<OrderId>,
    shop: Shop,
    directory: tempfile::TempDir,
}

impl World {
    fn new(stores: impl FnOnce(&std::path::Path) -> Stores) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
        let (stores, shop) = (stores(directory.path()), Shop::new());
        Self { stores, clock, checkouts: Vec::new(), orders: Vec::new(), shop, directory }
    }

    fn sqlite() -> Self {
        Self::new(|path| Stores::Sqlite(path.to_owned()))
    }

    fn pass(&self, duration: Duration) {
        use engine::Clock;
        self.clock.advance_to(self.clock.now().plus(duration));
    }

    /// A process that hears of all checkouts so far.
    async fn start(&self, manager: GracePeriodManager) -> Process {
        let others = Others::new();
        self.checkouts.iter().for_each(|checkout| others.publish(checkout));
        let ctx = Context::new(
            self.directory.path(),
            self.stores.clone(),
            others.transport.clone(),
            self.clock.clone(),
        )
        .expect("secrets");
        let config = Config { grace_period_ms: 60_000, grace_period_manager: manager };
        let mounted = ordering::mount(&ctx, &config).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        let token = ctx.secrets.admin_token().as_str().to_owned();
        Process { service: mounted.service, routes, others, token }
    }

    /// So many customers check out, and this process hears of it.
    async fn check_out(&mut self, count: usize, process: &Process) {
        for _ in 0..count {
            self.shop.order_id = OrderId(self.shop.harness.new_id());
            let checkout = self.shop.checkout();
            process.others.publish(&checkout);
            self.checkouts.push(checkout);
            self.orders.push(self.shop.order_id);
        }
        let wanted = self.orders.len() as i64;
        eventually("the orders are here", || async { count_of(process, "orders").await == wanted }).await;
    }

    /// All orders' grace periods have ended, each once.
    async fn each_is_confirmed_once(&self, process: &Process) {
        let sql = "SELECT count(*), count(DISTINCT subject) FROM event_log WHERE type = 'order.grace_period_confirmed.v1'";
        let wanted = (self.orders.len() as i64, self.orders.len() as i64);
        eventually("each order is confirmed", || async {
            counts(process.service.reads(), sql).await == wanted
        })
        .await;
        assert_eq!(count_of(process, "grace_periods").await, 0);
        assert_eq!(count_of(process, "timer").await, 0);
        for order in &self.orders {
            let order = process.service.reads().get::<Order>(*order).await.expect("reads").expect("there");
            assert_eq!(order.status, Status::AwaitingValidation);
        }
    }
}

impl Process {
    async fn run_task(&self) -> TaskRun {
        let task = self.service.tasks()[0].clone();
        let run = task.begin().await.expect("it begins");
        assert_eq!(run.result, TaskResult::Running);
        task.run(run).await.expect("its end is noted")
    }

    async fn deliver(&self, body: Value) -> (StatusCode, Value) {
        let request = Request::post("/admin/orders/events")
            .header("x-admin-token", &self.token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        let answer = self.routes.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn stop(self) {
        self.service.stop().await;
        // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
        tokio::task::block_in_place(move || drop(self));
    }
}

async fn counts(reads: &Reads, sql: &str) -> (i64, i64) {
    let rows = reads.query(sql.to_owned(), vec![]).await.expect("it counts");
    (rows[0].try_get_by_index(0).expect("a count"), rows[0].try_get_by_index(1).expect("a count"))
}

async fn count_of(process: &Process, table: &str) -> i64 {
    counts(process.service.reads(), &format!("SELECT count(*), count(*) FROM {table}")).await.0
}

fn elapsed(order: OrderId) -> Value {
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
