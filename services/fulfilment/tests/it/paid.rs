//! `order.paid`: the order gets its shipment.

use contracts::ProductId;
use fulfilment::{Line, Shipment, Status};

use crate::shop::{Shop, address};

#[test]
fn a_paid_order_gets_a_shipment() {
    let mut shop = Shop::with_staff();
    let order = shop.order();
    let event = shop.paid(order);
    shop.deliver(&event);
    let shipment = shop.harness.row::<Shipment>(order).expect("there is one");
    assert_eq!(shipment.status, Status::Pending);
    assert_eq!(shipment.created_us, shop.harness.now());
    assert_eq!((shipment.address, shipment.shipping_method.as_str()), (Some(address()), "express"));
    assert_eq!(shipment.lines, [Line { product_id: ProductId(order.0), quantity: 2 }]);
    assert_eq!(shop.harness.published(), [], "nothing has happened to the parcel yet");
}

#[test]
fn an_order_that_is_paid_twice_gets_one_shipment() {
    let mut shop = Shop::on_its_own();
    let order = shop.order();
    let event = shop.paid(order);
    shop.deliver(&event);
    shop.deliver_again(&event);
    let another = shop.paid(order);
    shop.deliver(&another);
    assert_eq!(shop.harness.rows::<Shipment>().len(), 1);
}

#[test]
fn a_payment_that_its_cancellation_has_overtaken_ships_nothing() {
    let mut shop = Shop::on_its_own();
    let order = shop.order();
    let paid = shop.paid(order);
    let cancelled = shop.cancelled(order, false);
    shop.deliver(&cancelled);
    assert_eq!(shop.status(order), Some(Status::Tombstone));
    shop.deliver(&paid);
    shop.harness.advance(std::time::Duration::from_secs(60));
    assert_eq!(shop.status(order), Some(Status::Tombstone));
    assert_eq!((shop.harness.published(), shop.harness.requests()), (vec![], vec![]));
}
