//! Many shoppers want the same product at once, on a real database: as many get it as there are units.

use std::sync::Arc;

use contracts::ProductId;
use engine::{
    CommandError, Engine, EngineOptions, Opened, PostgresAddress, StoreAddress, SystemClock, Value,
};
use host::testing::{Others, eventually};
use inventory::{
    AdjustmentReason, Allocation, AllocationStatus, Change, Config, Hold, Inventory, Message, Movement,
    Stock, WantedChange,
};
use testkit::PostgresServer;

use crate::warehouse::{SOURCES, Warehouse};

const UNITS: i64 = 50;
const SHOPPERS: usize = 200;

async fn open(store: StoreAddress, others: &Others) -> Engine<Inventory> {
    let transport = others.transport.clone();
    let options = EngineOptions { store, transport, clock: Arc::new(SystemClock), outside: None };
    let opened = Opened::open(Inventory::new(&Config::default()), options).await.expect("opened");
    let engine = opened.engine();
    opened.start(&engine).await.expect("started");
    engine
}

async fn receive(engine: &Engine<Inventory>, adjustment_id: uuid::Uuid, product_id: ProductId) {
    let changes = vec![WantedChange { product_id, change: Change::By(UNITS) }];
    let reason = AdjustmentReason::Received;
    let message = Message::AdjustStock { adjustment_id, reason, note: None, changes };
    engine.command(None, message).await.expect("received");
}

async fn count(engine: &Engine<Inventory>, statuses: &[&str]) -> usize {
    let list: Vec<String> = statuses.iter().map(|status| format!("'{status}'")).collect();
    let condition = format!("WHERE status IN ({})", list.join(", "));
    engine.reads().select::<Allocation>(&condition, vec![]).await.expect("allocations").len()
}

/// All shoppers put a unit into their carts at the same time; all check out and pay, those who were refused as well.
async fn everybody_wants_it(store: StoreAddress) {
    let others = Others::of(&SOURCES);
    let engine = open(store, &others).await;
    // Its own memory does nothing here but make the events of others.
    let mut warehouse = Warehouse::new();
    let product_id = ProductId(warehouse.harness.new_id());
    receive(&engine, warehouse.harness.new_id(), product_id).await;

    let carts: Vec<_> = (0..SHOPPERS).map(|_| warehouse.cart()).collect();
    let hold = |cart_id| {
        let engine = engine.clone();
        let message = Message::SetHold { cart_id, product_id, quantity: 1, revision: 1 };
        tokio::spawn(async move { engine.command(None, message).await })
    };
    let asked: Vec<_> = carts.iter().map(|cart_id| hold(*cart_id)).collect();
    let mut held = 0;
    for answer in asked {
        match answer.await.expect("no panic") {
            Ok(_) => held += 1,
            Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code, "out_of_stock"),
            Err(error) => panic!("neither held nor refused: {error}"),
        }
    }
    assert_eq!(held, UNITS);

    let wanted = [(product_id, 1)];
    let mut orders = Vec::new();
    for (number, &cart) in carts.iter().enumerate() {
        let order = warehouse.order();
        let checked_out = warehouse.checked_out(order, cart, &wanted);
        let validation = warehouse.awaiting_validation(order, cart, &wanted);
        // The logs of two services come in any order.
        let (first, second) =
            if number % 2 == 0 { (&checked_out, &validation) } else { (&validation, &checked_out) };
        others.publish(first);
        others.publish(second);
        orders.push((order, cart));
    }
    eventually("all orders are decided", || async {
        count(&engine, &["allocated", "rejected"]).await == SHOPPERS
    })
    .await;
    assert_eq!(count(&engine, &["allocated"]).await as i64, UNITS);

    for (number, &(order, cart)) in orders.iter().enumerate() {
        let allocation = engine.reads().get::<Allocation>(order).await.expect("reads").expect("decided");
        let is_paid = allocation.status == AllocationStatus::Allocated && number % 4 != 0;
        let event =
            if is_paid { warehouse.paid(order, &wanted) } else { warehouse.cancelled(order, cart, false) };
        others.publish(&event);
    }
    eventually("all orders are at their end", || async { count(&engine, &["held", "allocated"]).await == 0 })
        .await;

    let settled = count(&engine, &["settled"]).await as i64;
    eventually("their stock is as well", || async {
        let stock = engine.reads().get::<Stock>(product_id).await.expect("reads").expect("counted");
        stock.reserved == 0 && stock.on_hand == UNITS - settled && stock.settled == settled
    })
    .await;
    let movements =
        engine.reads().select::<Movement>("ORDER BY number", Vec::<Value>::new()).await.expect("movements");
    let mut on_hand = 0;
    for (number, movement) in (1..).zip(&movements) {
        on_hand += movement.delta;
        assert_eq!((movement.number, movement.on_hand), (number, on_hand), "in the order of the lock");
    }
    assert_eq!((on_hand, movements.len() as i64), (UNITS - settled, 1 + settled));
    assert_eq!(engine.reads().select::<Hold>("", Vec::<Value>::new()).await.expect("holds"), []);
    assert!(engine.parked().await.expect("nothing failed").is_empty());
    engine.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop((engine, others)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_exactly_as_many_get_it_as_there_are_units() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    everybody_wants_it(StoreAddress::Sqlite(directory.path().join("inventory.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_with_two_lanes_exactly_as_many_get_it_as_there_are_units() {
    let server = PostgresServer::start().expect("a server");
    let address =
        PostgresAddress { url: server.url("inventory").expect("a database"), schema: "inventory".into() };
    everybody_wants_it(StoreAddress::Postgres(address)).await;
}
