//! Orders that a guest placed become a customer's.

use std::time::Duration;

use bus::Logged;
use contracts::{
    CustomerId, OrderId, ServiceName,
    events::{
        identity::{CustomerDeleted, CustomerEmailVerified},
        ordering::OrderClaimed,
    },
};
use engine::{StoreAddress, Value, harness::Fate};
use host::{Stores, testing::eventually};
use ordering::{GracePeriod, GracePeriodManager, Message, Order, Purchase, Reason, Status, VerifiedEmail};
use testkit::PostgresServer;
use uuid::Uuid;

use crate::{
    shop::Shop,
    world::{MINUTE, World, count_of, counts},
};

const ADA: CustomerId = CustomerId(Uuid::from_u128(0xada));
const BOB: CustomerId = CustomerId(Uuid::from_u128(0xb0b));

fn verified(shop: &mut Shop, customer_id: CustomerId, email: &str) -> Fate {
    let event = CustomerEmailVerified { customer_id, email: email.to_owned() };
    shop.harness.event(ServiceName::Identity, customer_id, &event)
}

fn order(shop: &mut Shop, customer_id: Option<CustomerId>) -> OrderId {
    shop.order_id = OrderId(shop.harness.new_id());
    let mut checkout = (*shop.checkout()).clone();
    let mut data: serde_json::Value = serde_json::from_str(&checkout.event.data).expect("it is JSON");
    data["customer_id"] = serde_json::to_value(customer_id).expect("an id");
    checkout.event.data = data.to_string().into();
    assert_eq!(shop.harness.deliver(&std::sync::Arc::new(checkout)), Fate::Handled);
    shop.order_id
}

fn customers(shop: &mut Shop, id: OrderId) -> [Option<CustomerId>; 2] {
    let order: Order = shop.harness.row(id).expect("an order");
    let purchase: Purchase = shop.harness.row(id).expect("a purchase");
    [order.customer_id, purchase.customer_id]
}

#[test]
fn an_address_that_is_verified_brings_what_was_ordered_with_it() {
    let mut shop = Shop::new();
    let orders: Vec<OrderId> = (0..250).map(|_| order(&mut shop, None)).collect();
    let bobs = order(&mut shop, Some(BOB));
    shop.harness.published();
    assert_eq!(verified(&mut shop, ADA, "Ada@Example.com"), Fate::Handled);
    shop.harness.advance(Duration::from_secs(1));
    for id in &orders {
        assert_eq!(customers(&mut shop, *id), [Some(ADA); 2]);
    }
    assert_eq!(customers(&mut shop, bobs), [Some(BOB); 2], "a customer's order stays the customer's");
    let claimed: Vec<OrderId> = shop
        .harness
        .published()
        .iter()
        .map(|event| event.read::<OrderClaimed>().expect("nothing else is published"))
        .map(|claimed| claimed.order_id)
        .collect();
    assert_eq!(claimed, orders, "each once");
    verified(&mut shop, ADA, "ada@example.com");
    shop.harness.advance(Duration::from_secs(1));
    assert!(shop.harness.published().is_empty());
}

#[test]
fn what_a_guest_orders_later_with_it_is_the_customers_too() {
    let mut shop = Shop::new();
    verified(&mut shop, ADA, "ada@example.com");
    let id = order(&mut shop, None);
    assert_eq!(customers(&mut shop, id), [Some(ADA); 2]);
    // Another address takes the place of the first.
    verified(&mut shop, ADA, "ada@example.org");
    let id = order(&mut shop, None);
    assert_eq!(customers(&mut shop, id), [None; 2]);
    assert_eq!(shop.harness.rows::<VerifiedEmail>().len(), 1);
}

#[test]
fn without_an_account_nothing_is_claimed_any_more() {
    let mut shop = Shop::new();
    verified(&mut shop, ADA, "ada@example.com");
    let before = order(&mut shop, None);
    let deleted = CustomerDeleted { customer_id: ADA };
    assert_eq!(shop.harness.event(ServiceName::Identity, ADA, &deleted), Fate::Handled);
    let after = order(&mut shop, None);
    assert_eq!(customers(&mut shop, before), [Some(ADA); 2], "the shop's books stay as they are");
    assert_eq!(customers(&mut shop, after), [None; 2]);
}

/// The customers of orders, counted: guests last.
fn counted(shop: &mut Shop, orders: &[OrderId]) -> [usize; 3] {
    let owners: Vec<_> = orders.iter().map(|id| customers(shop, *id)[0]).collect();
    [Some(ADA), Some(BOB), None].map(|wanted| owners.iter().filter(|owner| **owner == wanted).count())
}

#[test]
fn who_loses_an_address_while_its_orders_are_claimed_gets_no_more_of_them() {
    let mut shop = Shop::new();
    let orders: Vec<OrderId> = (0..150).map(|_| order(&mut shop, None)).collect();
    verified(&mut shop, ADA, "ada@example.com");
    assert_eq!(verified(&mut shop, BOB, "ada@example.com"), Fate::Handled);
    shop.harness.advance(Duration::from_secs(120));
    assert_eq!(counted(&mut shop, &orders), [100, 50, 0]);
    let known = VerifiedEmail { email_key: "ada@example.com".to_owned(), customer_id: BOB };
    assert_eq!(shop.harness.rows::<VerifiedEmail>(), [known]);

    let mut shop = Shop::new();
    let orders: Vec<OrderId> = (0..150).map(|_| order(&mut shop, None)).collect();
    verified(&mut shop, ADA, "ada@example.com");
    shop.harness.event(ServiceName::Identity, ADA, &CustomerDeleted { customer_id: ADA });
    shop.harness.advance(Duration::from_secs(120));
    assert_eq!(counted(&mut shop, &orders), [100, 0, 50]);
    assert_eq!(shop.harness.rows::<VerifiedEmail>(), []);
}

#[test]
fn a_customer_who_changes_address_keeps_the_new_one() {
    let mut shop = Shop::new();
    let orders: Vec<OrderId> = (0..150).map(|_| order(&mut shop, None)).collect();
    verified(&mut shop, ADA, "ada@example.com");
    verified(&mut shop, ADA, "ada@example.org");
    shop.harness.advance(Duration::from_secs(120));
    let known = VerifiedEmail { email_key: "ada@example.org".to_owned(), customer_id: ADA };
    assert_eq!(shop.harness.rows::<VerifiedEmail>(), [known]);
    assert_eq!(counted(&mut shop, &orders), [100, 0, 50]);
}

#[test]
fn an_event_of_before_that_comes_again_changes_nothing() {
    let mut shop = Shop::new();
    let again = |shop: &mut Shop, first: &Logged| {
        let event: CustomerEmailVerified = first.event.read().expect("it reads");
        let mut again = (*shop.harness.make_event(ServiceName::Identity, ADA, &event)).clone();
        again.event.sequence = first.event.sequence;
        assert_eq!(shop.harness.deliver(&std::sync::Arc::new(again)), Fate::Handled);
    };
    let event = CustomerEmailVerified { customer_id: ADA, email: "ada@example.com".to_owned() };
    let first = shop.harness.make_event(ServiceName::Identity, ADA, &event);
    shop.harness.deliver(&first);
    verified(&mut shop, ADA, "ada@example.org");
    again(&mut shop, &first);
    let known = VerifiedEmail { email_key: "ada@example.org".to_owned(), customer_id: ADA };
    assert_eq!(shop.harness.rows::<VerifiedEmail>(), [known]);
    shop.harness.event(ServiceName::Identity, ADA, &CustomerDeleted { customer_id: ADA });
    again(&mut shop, &first);
    assert_eq!(shop.harness.rows::<VerifiedEmail>(), []);
}

#[test]
fn a_claim_is_a_step_of_the_orders_way() {
    let mut shop = Shop::new();
    let orders: Vec<OrderId> = (0..3).map(|_| order(&mut shop, None)).collect();
    shop.harness.published();
    verified(&mut shop, ADA, "ada@example.com");
    let correlations: Vec<Uuid> = shop.harness.published().iter().map(|event| event.correlation_id).collect();
    assert_eq!(correlations, orders.iter().map(|order| order.0).collect::<Vec<_>>());
}

/// Two lanes decide at once: the order does not see the address, and the address does not see the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_placed_while_its_address_was_verified_is_claimed_soon() {
    let server = PostgresServer::start().expect("a server");
    let url = server.url("shop").expect("a database");
    let mut world = World::new(|_| Stores::Postgres(url));
    let process = world.start(GracePeriodManager::Message).await;
    let id = world.new_order();
    let lane = |id: &str| contracts::partition_of(id) % 2;
    let customer_id = (1..).map(|number| CustomerId(Uuid::from_u128(number)));
    let customer_id =
        customer_id.into_iter().find(|customer| lane(&customer.to_string()) != lane(&id.to_string()));
    let customer_id = customer_id.expect("some id goes to the other lane");
    // The order's batch waits for another transaction on its way to its commit.
    let held = hold_grace_period(process.service.store().clone(), id);
    world.publish_checkout(id, &process);
    let waits = "SELECT count(*), count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    eventually("the order waits", || async { counts(process.service.reads(), waits).await.0 == 1 }).await;
    let event = CustomerEmailVerified { customer_id, email: "ada@example.com".to_owned() };
    world.publish(ServiceName::Identity, customer_id.0, &event, &process);
    eventually("the address is noted", || async { count_of(&process, "verified_emails").await == 1 }).await;
    held.let_go();
    world.orders_have_come(&process).await;
    let customer = async || process.order(id).await.customer_id;
    assert_eq!(customer().await, None, "they have missed each other");
    world.pass(MINUTE);
    eventually("the order is claimed", || async { customer().await == Some(customer_id) }).await;
    process.stop().await;
}

/// A transaction that holds the place of a row.
struct Held {
    end: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Held {
    fn let_go(self) {
        self.end.send(()).expect("it waits");
        self.thread.join().expect("it ends");
    }
}

/// Puts a grace period of the order into the table, and takes it back in the end.
fn hold_grace_period(store: StoreAddress, order: OrderId) -> Held {
    let (end, ended) = std::sync::mpsc::channel();
    let (holds, held) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let mut session = store.writer().expect("it opens");
        session.begin().expect("it begins");
        let row = vec![Value::Id(order.0), Value::Integer(0), Value::Integer(0)];
        session.insert(engine::table_of::<GracePeriod>(), vec![row]).expect("it is put there");
        holds.send(()).expect("somebody waits");
        ended.recv().expect("somebody says so");
        session.rollback();
    });
    held.recv().expect("it is held");
    Held { end, thread }
}

#[test]
fn staff_cancel_and_it_is_said_that_they_did() {
    let mut shop = Shop::at(Status::StockConfirmed);
    let order_id = shop.order_id;
    assert_eq!(shop.harness.command(Message::CancelByStaff(order_id)), Ok(Status::Cancelled));
    assert_eq!(shop.order().cancel_reason, Some(Reason::Staff));

    let mut shop = Shop::at(Status::Packed);
    let order_id = shop.order_id;
    assert_eq!(shop.harness.command(Message::CancelByStaff(order_id)), Ok(Status::Packed));
    shop.parcel_not_stopped();
    assert_eq!((shop.status(), shop.order().cancel_reason), (Status::Packed, None));
    shop.harness.command(Message::CancelByStaff(order_id)).expect("asked again");
    shop.parcel_stopped();
    assert_eq!((shop.status(), shop.order().cancel_reason), (Status::Cancelled, Some(Reason::Staff)));
}
