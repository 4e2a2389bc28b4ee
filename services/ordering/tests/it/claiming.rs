//! Orders that a guest placed become a customer's.

use std::time::Duration;

use contracts::{
    CustomerId, OrderId, ServiceName,
    events::{
        identity::{CustomerDeleted, CustomerEmailVerified},
        ordering::OrderClaimed,
    },
};
use engine::harness::Fate;
use ordering::{Message, Order, Purchase, Reason, Status, VerifiedEmail};
use uuid::Uuid;

use crate::shop::Shop;

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
