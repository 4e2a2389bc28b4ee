//! Many orders want the same wallet's money at once, on real databases: as many get it as it has, and no unit moves twice.

use std::sync::Arc;

use contracts::{Currency, Money, OrderId, ServiceName};
use engine::{Engine, EngineOptions, Opened, PostgresAddress, StoreAddress, SystemClock, Value};
use host::testing::{Others, eventually};
use payment::{Account, Adjustment, Entry, Message, Payment, Payments, Status, wallet_account};
use testkit::PostgresServer;

use crate::till::Till;

const ORDERS: usize = 120;
const TOTAL: i64 = 100;
/// Enough for a third of the orders.
const FUNDS: i64 = 40 * TOTAL;

async fn open(store: StoreAddress, ordering: &Others) -> Engine<Payments> {
    let transport = ordering.transport.clone();
    let options = EngineOptions { store, transport, clock: Arc::new(SystemClock), outside: None };
    let opened = Opened::open(Payments, options).await.expect("opened");
    let engine = opened.engine();
    opened.start(&engine).await.expect("started");
    engine
}

async fn count(engine: &Engine<Payments>, status: &str) -> usize {
    let condition = format!("WHERE status = '{status}'");
    engine.reads().select::<Payment>(&condition, vec![]).await.expect("payments").len()
}

/// All orders are confirmed at once while staff give the wallet its money bit by bit, each bit twice; then half of them are cancelled.
async fn everybody_wants_its_money(store: StoreAddress) {
    let ordering = Others::of(&[ServiceName::Ordering]);
    let engine = open(store, &ordering).await;
    // Its own memory does nothing here but make events and ids.
    let mut till = Till::new();
    let (customer_id, other) = (till.customer(), till.customer());
    let give = |number: usize| {
        let engine = engine.clone();
        let amount = Money::new(TOTAL, Currency::EUR);
        let adjustment = |id, customer_id| Adjustment { id, customer_id, amount, reason: "a bit".into() };
        let mut adjustments = vec![adjustment(format!("bit-{}", number % 40), customer_id)];
        if number >= 40 {
            // A message goes to the lane of its first adjustment, so the repeat is decided by another lane.
            adjustments.insert(0, adjustment(format!("other-{number}"), other));
        }
        tokio::spawn(async move { engine.command(None, Message::Adjust(adjustments)).await })
    };
    let gifts: Vec<_> = (0..80).map(give).collect();
    let orders: Vec<OrderId> = (0..ORDERS).map(|_| till.order()).collect();
    for &order in &orders {
        ordering.publish(&till.wallet_order(order, Some(customer_id), TOTAL));
    }
    for gift in gifts {
        gift.await.expect("no panic").expect("given");
    }
    eventually("all orders are decided", || async {
        count(&engine, "completed").await + count(&engine, "failed").await == ORDERS
    })
    .await;
    let paid = count(&engine, "completed").await as i64;
    assert!(paid * TOTAL <= FUNDS, "{paid} orders are paid");
    check(&engine, customer_id, FUNDS - paid * TOTAL).await;

    for &order in orders.iter().step_by(2) {
        ordering.publish(&till.cancellation(order));
    }
    let cancelled: Vec<OrderId> = orders.iter().step_by(2).copied().collect();
    eventually("all that were paid of them are paid back", || async {
        let mut paid = 0;
        for &order in &cancelled {
            let payment = engine.reads().get::<Payment>(order).await.expect("reads").expect("decided");
            paid += usize::from(payment.status == Status::Completed);
        }
        paid == 0
    })
    .await;
    let kept = count(&engine, "completed").await as i64;
    check(&engine, customer_id, FUNDS - kept * TOTAL).await;
    check(&engine, other, 40 * TOTAL).await;
    assert!(engine.parked().await.expect("nothing failed").is_empty());
    engine.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop((engine, ordering)));
}

/// The wallet holds so much, and its entries say so from the first to the last.
async fn check(engine: &Engine<Payments>, customer_id: contracts::CustomerId, wanted: i64) {
    let account_id = wallet_account(customer_id, Currency::EUR);
    let account = engine.reads().get::<Account>(account_id).await.expect("reads").expect("there");
    assert_eq!(account.balance, wanted);
    let entries = engine.reads().select::<Entry>("", Vec::<Value>::new()).await.expect("entries");
    assert_eq!(entries.iter().map(|entry| entry.amount).sum::<i64>(), 0);
    let mut own: Vec<&Entry> = entries.iter().filter(|entry| entry.account_id == account_id).collect();
    own.sort_by_key(|entry| entry.number);
    let mut balance = 0;
    for (number, entry) in (1..).zip(&own) {
        balance += entry.amount;
        assert!(balance >= 0);
        assert_eq!((entry.number, entry.balance_after), (Some(number), Some(balance)));
    }
    assert_eq!((balance, own.len() as i64), (wanted, account.version));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_no_more_is_paid_than_a_wallet_has() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    everybody_wants_its_money(StoreAddress::Sqlite(directory.path().join("payment.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_with_several_lanes_no_more_is_paid_than_a_wallet_has() {
    let server = PostgresServer::start().expect("a server");
    let address =
        PostgresAddress { url: server.url("payment").expect("a database"), schema: "payment".into() };
    everybody_wants_its_money(StoreAddress::Postgres(address)).await;
}
