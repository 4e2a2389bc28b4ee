//! The history of a product's units: every change of what is on hand, once, with its reason.

use inventory::{AdjustmentReason, Change, Message, Movement, MovementReason, WantedChange};

use crate::warehouse::Warehouse;

fn told(movements: &[Movement]) -> Vec<(MovementReason, i64, i64)> {
    movements.iter().map(|movement| (movement.reason, movement.delta, movement.on_hand)).collect()
}

#[test]
fn what_leaves_and_what_comes_back_is_written_down_once() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(9), warehouse.product(9));
    let wanted = [(lamp, 2), (chair, 1)];
    let (order, cart) = warehouse.confirmed_order(&wanted);
    assert_eq!(warehouse.movements(lamp).len(), 1, "what is promised is still on hand");
    let (paid, cancelled) = (warehouse.paid(order, &wanted), warehouse.cancelled(order, cart, true));
    for event in [&paid, &cancelled] {
        warehouse.deliver(event);
        warehouse.deliver_again(event);
    }
    use MovementReason::{Received, Restocked, Sold};
    let movements = warehouse.movements(lamp);
    assert_eq!(told(&movements), [(Received, 9, 9), (Sold, -2, 7), (Restocked, 2, 9)]);
    assert!(movements[1..].iter().all(|movement| movement.source_id == order.0));
    assert_eq!(told(&warehouse.movements(chair)), [(Received, 9, 9), (Sold, -1, 8), (Restocked, 1, 9)]);
}

#[test]
fn an_order_that_is_cancelled_before_its_units_leave_is_no_history() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(9);
    let wanted = [(product, 2)];
    let (order, cart) = warehouse.confirmed_order(&wanted);
    let (cancelled, paid) = (warehouse.cancelled(order, cart, false), warehouse.paid(order, &wanted));
    warehouse.deliver(&cancelled);
    // Out of order: the payment of an order that was cancelled already.
    warehouse.deliver(&paid);
    assert_eq!(warehouse.movements(product).len(), 1);
}

#[test]
fn an_order_before_its_confirmation_is_written_down_when_it_is_settled() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(9);
    let (order, cart) = (warehouse.order(), warehouse.cart());
    let wanted = [(product, 2)];
    warehouse.hold(cart, product, 2, 1).expect("held");
    for event in [
        warehouse.checked_out(order, cart, &wanted),
        warehouse.paid(order, &wanted),
        warehouse.awaiting_validation(order, cart, &wanted),
    ] {
        warehouse.harness.deliver(&event);
    }
    // The payment came early; it is tried again.
    warehouse.harness.advance(std::time::Duration::from_secs(30));
    assert_eq!(told(&warehouse.movements(product))[1..], [(MovementReason::Sold, -2, 7)]);
}

#[test]
fn staff_say_why_and_a_count_of_what_is_there_changes_nothing() {
    let mut warehouse = Warehouse::new();
    let (product, other) = (warehouse.product(9), warehouse.product(3));
    let mut adjust = |reason, note: Option<&str>, change| {
        let adjustment_id = warehouse.harness.new_id();
        let change = |product_id| WantedChange { product_id, change };
        let changes = vec![change(product), change(other)];
        let message = Message::AdjustStock { adjustment_id, reason, note: note.map(str::to_owned), changes };
        // The same id again is no second movement.
        for _ in 0..2 {
            warehouse.harness.command(message.clone()).expect("adjusted");
        }
        adjustment_id
    };
    adjust(AdjustmentReason::Lost, None, Change::By(-1));
    let counted = adjust(AdjustmentReason::Counted, Some("shelf 3"), Change::To(2));
    adjust(AdjustmentReason::Returned, None, Change::By(1));
    adjust(AdjustmentReason::Other, None, Change::By(2));
    use MovementReason::{Counted, Lost, Other, Received, Returned};
    let movements = warehouse.movements(product);
    let wanted = [(Received, 9, 9), (Lost, -1, 8), (Counted, -6, 2), (Returned, 1, 3), (Other, 2, 5)];
    assert_eq!(told(&movements), wanted);
    assert_eq!((movements[2].source_id, movements[2].note.as_deref()), (counted, Some("shelf 3")));
    // Of the other, two were there and counted.
    let wanted = [(Received, 3, 3), (Lost, -1, 2), (Returned, 1, 3), (Other, 2, 5)];
    assert_eq!(told(&warehouse.movements(other)), wanted);
}

#[test]
fn a_product_twice_in_an_adjustment_moves_twice() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    warehouse.adjust_all(&[(product, 2), (product, -1)]).expect("adjusted");
    assert_eq!(
        warehouse.movements(product).iter().map(|movement| movement.delta).collect::<Vec<_>>(),
        [5, 2, -1]
    );
}

#[test]
fn a_refused_adjustment_is_no_history() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(5), warehouse.product(1));
    warehouse.adjust_all(&[(lamp, 10), (chair, -2)]).expect_err("there is one chair");
    assert_eq!((warehouse.movements(lamp).len(), warehouse.movements(chair).len()), (1, 1));
}
