//! Stock that falls below its threshold is told once, until there is enough again.

use contracts::{ProductId, events::inventory::StockLow};
use inventory::{Message, Reply};
use proptest::prelude::*;

use crate::warehouse::{LOW, Warehouse};

fn set_threshold(warehouse: &mut Warehouse, product_id: ProductId, threshold: Option<i64>) {
    let reply = warehouse.harness.command(Message::SetThreshold { product_id, threshold }).expect("set");
    assert!(matches!(reply, Reply::Stock(stock) if stock.threshold == threshold));
}

/// The low-stock events since the last look.
fn told(warehouse: &mut Warehouse) -> Vec<StockLow> {
    let events = warehouse.harness.published().into_iter().filter(|event| event.kind == LOW);
    events.map(|event| event.read().expect("readable")).collect()
}

#[test]
fn it_is_told_when_it_falls_below_and_not_again_below() {
    let mut warehouse = Warehouse::low_below(5);
    let product = warehouse.product(6);
    let (cart, other) = (warehouse.cart(), warehouse.cart());
    warehouse.hold(cart, product, 1, 1).expect("held");
    assert_eq!(told(&mut warehouse), [], "five are enough");
    warehouse.hold(cart, product, 2, 2).expect("held");
    assert_eq!(told(&mut warehouse), [StockLow { product_id: product, available: 4, threshold: 5 }]);
    warehouse.hold(other, product, 4, 1).expect("held");
    assert_eq!(told(&mut warehouse), [], "it was low before");
}

#[test]
fn it_is_told_again_after_there_were_enough() {
    let mut warehouse = Warehouse::low_below(5);
    let product = warehouse.product(5);
    let cart = warehouse.cart();
    for revision in 0..3 {
        warehouse.hold(cart, product, 3, 2 * revision + 1).expect("held");
        assert_eq!(told(&mut warehouse).len(), 1);
        warehouse.hold(cart, product, 0, 2 * revision + 2).expect("released");
        assert_eq!(told(&mut warehouse), [], "coming back is no alert");
    }
}

#[test]
fn an_order_that_makes_it_low_is_told_once_from_cart_to_parcel() {
    let mut warehouse = Warehouse::low_below(5);
    let product = warehouse.product(6);
    let (order, cart) = (warehouse.order(), warehouse.cart());
    let wanted = [(product, 2)];
    let events = [
        warehouse.awaiting_validation(order, cart, &wanted),
        warehouse.paid(order, &wanted),
        warehouse.cancelled(order, cart, true),
    ];
    let mut low = Vec::new();
    for event in events.iter().chain(&events) {
        warehouse.harness.deliver(event);
        low.extend(told(&mut warehouse));
    }
    assert_eq!(low, [StockLow { product_id: product, available: 4, threshold: 5 }]);
}

#[test]
fn what_staff_write_off_is_told_and_what_comes_in_is_not() {
    let mut warehouse = Warehouse::low_below(5);
    let product = ProductId(warehouse.harness.new_id());
    warehouse.adjust(product, 3).expect("received");
    assert_eq!(told(&mut warehouse), [], "it has never been enough");
    warehouse.adjust(product, 4).expect("received");
    warehouse.adjust(product, -3).expect("written off");
    assert_eq!(told(&mut warehouse), [StockLow { product_id: product, available: 4, threshold: 5 }]);
}

#[test]
fn a_threshold_of_its_own_counts_instead_of_the_settings() {
    let mut warehouse = Warehouse::low_below(5);
    let product = warehouse.product(20);
    set_threshold(&mut warehouse, product, Some(20));
    assert_eq!(told(&mut warehouse), [], "twenty are enough");
    set_threshold(&mut warehouse, product, Some(21));
    assert_eq!(told(&mut warehouse), [StockLow { product_id: product, available: 20, threshold: 21 }]);
    set_threshold(&mut warehouse, product, Some(30));
    assert_eq!(told(&mut warehouse), [], "it was low before");
    set_threshold(&mut warehouse, product, Some(0));
    warehouse.adjust(product, -20).expect("written off");
    assert_eq!(told(&mut warehouse), [], "0 is never");
    set_threshold(&mut warehouse, product, None);
    assert_eq!(told(&mut warehouse), [StockLow { product_id: product, available: 0, threshold: 5 }]);
}

#[test]
fn what_is_not_counted_has_no_threshold() {
    let mut warehouse = Warehouse::new();
    let product_id = ProductId(warehouse.harness.new_id());
    let refusal = warehouse.harness.command(Message::SetThreshold { product_id, threshold: Some(1) });
    assert_eq!(refusal.expect_err("unknown").code, "stock_not_found");
}

proptest! {
    /// However the available units go up and down, there is an alert for each time that they fall below, and no other.
    #[test]
    fn there_is_one_alert_for_each_crossing(deltas in prop::collection::vec(-4_i64..5, 1..80)) {
        let mut warehouse = Warehouse::low_below(5);
        let product = warehouse.product(6);
        let (mut available, mut crossings, mut alerts) = (6_i64, 0, 0);
        for delta in deltas {
            if warehouse.adjust(product, delta).is_ok() {
                crossings += usize::from(available >= 5 && available + delta < 5);
                available += delta;
            }
            alerts += told(&mut warehouse).len();
        }
        prop_assert_eq!(alerts, crossings);
    }
}
