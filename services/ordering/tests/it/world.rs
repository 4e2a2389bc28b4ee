//! Processes with an ordering service on a real database, a time of the test's choosing, and customers who check out.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bus::Logged;
use contracts::{Event, OrderId, ServiceName, Timestamp};
use engine::{ManualClock, Reads, TaskResult, TaskRun};
use host::{
    Context, OrderTokens, Running, Stores,
    testing::{Others, eventually},
};
use ordering::{Config, GracePeriodManager, Order, Status};
use serde_json::Value;
use tower::ServiceExt;

use crate::shop::Shop;

/// The services that ordering listens to.
const SOURCES: [ServiceName; 5] = [
    ServiceName::Cart,
    ServiceName::Inventory,
    ServiceName::Payment,
    ServiceName::Fulfilment,
    ServiceName::Identity,
];

pub const MINUTE: Duration = Duration::from_secs(60);

/// A process with an ordering service of one manager.
pub struct Process {
    pub service: Arc<dyn Running>,
    pub routes: Router,
    pub tokens: OrderTokens,
    others: Others,
    token: String,
}

/// What processes share: a database, the time, the checkouts so far.
pub struct World {
    stores: Stores,
    clock: Arc<ManualClock>,
    checkouts: Vec<Arc<Logged>>,
    pub orders: Vec<OrderId>,
    shop: Shop,
    pub directory: tempfile::TempDir,
}

impl World {
    pub fn new(stores: impl FnOnce(&std::path::Path) -> Stores) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
        let (stores, shop) = (stores(directory.path()), Shop::new());
        Self { stores, clock, checkouts: Vec::new(), orders: Vec::new(), shop, directory }
    }

    pub fn sqlite() -> Self {
        Self::new(|path| Stores::Sqlite(path.to_owned()))
    }

    pub fn pass(&self, duration: Duration) {
        use engine::Clock;
        self.clock.advance_to(self.clock.now().plus(duration));
    }

    /// A process that hears of all checkouts so far.
    pub async fn start(&self, manager: GracePeriodManager) -> Process {
        let others = Others::of(&SOURCES);
        self.checkouts.iter().for_each(|checkout| others.publish(checkout));
        let ctx = Context::new(
            self.directory.path(),
            self.stores.clone(),
            others.transport.clone(),
            self.clock.clone(),
        )
        .expect("secrets");
        let config = Config { grace_period_ms: 60_000, grace_period_manager: manager, streams_max: 12 };
        let mounted = ordering::mount(&ctx, &config).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        let token = ctx.secrets.admin_token().as_str().to_owned();
        let tokens = ctx.secrets.order_tokens();
        Process { service: mounted.service, routes, others, token, tokens }
    }

    /// So many customers check out, and this process hears of it.
    pub async fn check_out(&mut self, count: usize, process: &Process) {
        for _ in 0..count {
            let order = self.new_order();
            self.publish_checkout(order, process);
        }
        self.orders_have_come(process).await;
    }

    /// The id of an order to come.
    pub fn new_order(&mut self) -> OrderId {
        OrderId(self.shop.harness.new_id())
    }

    /// A customer checks out under this id.
    pub async fn check_out_as(&mut self, order: OrderId, process: &Process) {
        self.publish_checkout(order, process);
        self.orders_have_come(process).await;
    }

    /// A checkout happens; whether it has come is for the caller to see.
    pub fn publish_checkout(&mut self, order: OrderId, process: &Process) {
        self.shop.order_id = order;
        let checkout = self.shop.checkout();
        process.others.publish(&checkout);
        self.checkouts.push(checkout);
        self.orders.push(order);
    }

    /// Another service's event happens.
    pub fn publish<E: Event>(
        &mut self,
        source: ServiceName,
        subject: uuid::Uuid,
        event: &E,
        process: &Process,
    ) {
        process.others.publish(&self.shop.harness.make_event(source, subject, event));
    }

    pub async fn orders_have_come(&self, process: &Process) {
        let wanted = self.orders.len() as i64;
        eventually("the orders are here", || async { count_of(process, "orders").await == wanted }).await;
    }

    /// All orders' grace periods have ended, each once.
    pub async fn each_is_confirmed_once(&self, process: &Process) {
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
    pub async fn run_task(&self) -> TaskRun {
        let task = self.service.tasks()[0].clone();
        let run = task.begin().await.expect("it begins");
        assert_eq!(run.result, TaskResult::Running);
        task.run(run).await.expect("its end is noted")
    }

    pub async fn deliver(&self, body: Value) -> (StatusCode, Value) {
        let request = Request::post("/admin/orders/events")
            .header("x-admin-token", &self.token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        let answer = self.routes.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The order as it stands.
    pub async fn order(&self, order: OrderId) -> Order {
        self.service.reads().get(order).await.expect("reads").expect("there")
    }

    /// Waits until the order stands so.
    pub async fn reaches(&self, order: OrderId, status: Status) {
        eventually("the order stands so", || async { self.order(order).await.status == status }).await;
    }

    pub async fn stop(self) {
        self.service.stop().await;
        // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
        tokio::task::block_in_place(move || drop(self));
    }
}

pub async fn counts(reads: &Reads, sql: &str) -> (i64, i64) {
    let rows = reads.query(sql.to_owned(), vec![]).await.expect("it counts");
    (rows[0].try_get_by_index(0).expect("a count"), rows[0].try_get_by_index(1).expect("a count"))
}

pub async fn count_of(process: &Process, table: &str) -> i64 {
    counts(process.service.reads(), &format!("SELECT count(*), count(*) FROM {table}")).await.0
}
