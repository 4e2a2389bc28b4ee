//! Staff receive, count and write off.

use contracts::events::inventory::StockUpdated;
use inventory::{Adjustment, AdjustmentReason, Change, Level, Message, Reply, StockChange, WantedChange};

use crate::warehouse::{UPDATED, Warehouse};

#[test]
fn received_units_can_be_promised() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(2);
    let levels = warehouse.adjust(product, 3).expect("received");
    assert_eq!(levels, [Level { product_id: product, on_hand: 5, available: 5 }]);
    let [event] = &warehouse.harness.published()[..] else { panic!("one event") };
    assert_eq!((event.kind.as_str(), event.subject.as_str()), (UPDATED, product.to_string().as_str()));
    let updated: StockUpdated = event.read().expect("readable");
    assert_eq!(updated, StockUpdated { product_id: product, on_hand: 5, reserved: 0 });
}

#[test]
fn units_that_are_promised_cannot_be_written_off() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(5);
    let cart = warehouse.cart();
    warehouse.hold(cart, product, 3, 1).expect("held");
    let refusal = warehouse.adjust(product, -3).expect_err("three are promised");
    assert_eq!(refusal.code, "stock_promised");
    assert_eq!(warehouse.level(product), (5, 3));
    warehouse.adjust(product, -2).expect("two are free");
    assert_eq!(warehouse.level(product), (3, 3));
}

#[test]
fn an_adjustment_is_made_as_a_whole_or_not_at_all() {
    let mut warehouse = Warehouse::new();
    let (lamp, chair) = (warehouse.product(5), warehouse.product(1));
    let refusal = warehouse.adjust_all(&[(lamp, 10), (chair, -2)]).expect_err("there is one chair");
    assert_eq!(refusal.code, "stock_promised");
    assert_eq!((warehouse.level(lamp), warehouse.level(chair)), ((5, 0), (1, 0)));
    assert_eq!(warehouse.harness.published(), []);
    assert_eq!(warehouse.harness.rows::<Adjustment>().len(), 2);
}

#[test]
fn the_same_adjustment_again_changes_nothing_and_answers_the_same() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(1);
    let message = Message::AdjustStock {
        adjustment_id: warehouse.harness.new_id(),
        reason: AdjustmentReason::Counted,
        note: None,
        changes: vec![WantedChange { product_id: product, change: Change::By(4) }],
    };
    let wanted = Reply::Adjusted(vec![Level { product_id: product, on_hand: 5, available: 5 }]);
    assert_eq!(warehouse.harness.command(message.clone()), Ok(wanted.clone()));
    assert_eq!(warehouse.harness.command(message), Ok(wanted));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let mut warehouse = Warehouse::new();
    let product = warehouse.product(1);
    assert_eq!(warehouse.adjust_all(&[]).expect_err("nothing").code, "nothing_to_adjust");
    assert_eq!(warehouse.adjust(product, i64::MAX).expect_err("too many").code, "quantity_out_of_range");
    assert_eq!(warehouse.level(product), (1, 0));
}

#[test]
fn a_count_says_how_many_units_there_are() {
    let mut warehouse = Warehouse::new();
    let (product, cart) = (warehouse.product(5), warehouse.cart());
    warehouse.hold(cart, product, 2, 1).expect("held");
    for (counted, delta) in [(9, 4), (9, 0), (2, -7)] {
        let adjustment_id = warehouse.harness.new_id();
        let changes = vec![WantedChange { product_id: product, change: Change::To(counted) }];
        let reason = AdjustmentReason::Counted;
        let message = Message::AdjustStock { adjustment_id, reason, note: None, changes };
        warehouse.harness.command(message).expect("counted");
        assert_eq!(warehouse.level(product), (counted, 2));
        let made = warehouse.harness.row::<Adjustment>(adjustment_id).expect("kept").changes;
        assert_eq!(made, [StockChange { product_id: product, delta }]);
        assert_eq!(warehouse.published_types().len(), usize::from(delta != 0));
    }
    let changes = vec![WantedChange { product_id: product, change: Change::To(1) }];
    let (adjustment_id, reason) = (cart.0, AdjustmentReason::Counted);
    let message = Message::AdjustStock { adjustment_id, reason, note: None, changes };
    assert_eq!(warehouse.harness.command(message).expect_err("two are promised").code, "stock_promised");
}
