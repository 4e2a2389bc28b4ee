//! Orders that a wallet pays; what staff give to wallets. Every event: applies, applies twice, arrives out of order.

use contracts::{
    Currency,
    events::payment::{PaymentCompleted, PaymentFailed, PaymentRefunded},
};
use engine::harness::Fate;
use payment::{Entry, EntryKind, Status};

use crate::till::Till;

#[test]
fn a_wallet_pays_at_once_and_no_gateway_is_asked() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    till.give(customer, 5_000).expect("given");
    let event = till.wallet_order(order, Some(customer), 3_490);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!((till.balance(customer), till.payment_of(order).status), (Some(1_510), Status::Completed));
    assert!(till.harness.requests().is_empty());
    let [completed] = &till.harness.published()[..] else { panic!("one event") };
    assert_eq!(
        (completed.kind.as_str(), completed.subject.as_str()),
        ("payment.completed.v1", order.to_string().as_str())
    );
    let completed: PaymentCompleted = completed.read().expect("readable");
    let entries = till.harness.rows::<Entry>();
    let paid: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == EntryKind::Payment).collect();
    assert_eq!(paid.len(), 2);
    assert!(paid.iter().all(|entry| entry.transaction_id.to_string() == completed.reference));
    assert!(paid.iter().all(|entry| entry.reference == order.to_string()));
    till.audit();
}

#[test]
fn the_same_event_again_takes_nothing() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    till.give(customer, 9_000).expect("given");
    let event = till.wallet_order(order, Some(customer), 3_000);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.harness.deliver(&event), Fate::Skipped);
    // The same fact in another event, as after a restored log.
    let event = till.wallet_order(order, Some(customer), 3_000);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.balance(customer), Some(6_000));
    assert_eq!(till.harness.published_types(), ["payment.completed.v1"]);
    till.audit();
}

#[test]
fn without_enough_money_the_payment_fails_and_nothing_moves() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    till.give(customer, 3_489).expect("given");
    let event = till.wallet_order(order, Some(customer), 3_490);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    let payment = till.payment_of(order);
    assert_eq!(
        (payment.status, payment.decline_code.as_deref()),
        (Status::Failed, Some("insufficient_funds"))
    );
    let [failed] = &till.harness.published()[..] else { panic!("one event") };
    assert_eq!(failed.read::<PaymentFailed>().expect("readable").code, "insufficient_funds");
    assert_eq!((till.balance(customer), till.harness.rows::<Entry>().len()), (Some(3_489), 2));
    // Money that comes later does not pay an order that has failed.
    till.give(customer, 10_000).expect("given");
    let event = till.wallet_order(order, Some(customer), 3_490);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!((till.balance(customer), till.payment_of(order).status), (Some(13_489), Status::Failed));
    // Its cancellation pays nothing back.
    let event = till.cancellation(order);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.balance(customer), Some(13_489));
    assert!(till.harness.published().is_empty() && till.harness.requests().is_empty());
    till.audit();
}

#[test]
fn a_customer_without_money_has_insufficient_funds_and_a_guest_no_wallet() {
    let mut till = Till::new();
    let customer = till.customer();
    for (customer, code) in [(Some(customer), "insufficient_funds"), (None, "no_wallet")] {
        let order = till.order();
        let event = till.wallet_order(order, customer, 1);
        assert_eq!(till.harness.deliver(&event), Fate::Handled);
        assert_eq!(till.payment_of(order).decline_code.as_deref(), Some(code));
        assert_eq!(till.harness.published_types(), ["payment.failed.v1"]);
    }
    assert!(till.harness.rows::<Entry>().is_empty() && till.harness.requests().is_empty());
}

#[test]
fn money_of_another_currency_pays_nothing() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    let adjustment = payment::Adjustment {
        id: "pounds".into(),
        customer_id: customer,
        amount: contracts::Money::new(9_000, Currency::GBP),
        reason: "a gift".into(),
    };
    till.harness.command(payment::Message::Adjust(vec![adjustment])).expect("given");
    let event = till.wallet_order(order, Some(customer), 1);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.payment_of(order).decline_code.as_deref(), Some("insufficient_funds"));
    till.audit();
}

#[test]
fn of_two_orders_that_one_balance_covers_once_the_second_fails() {
    let mut till = Till::new();
    let (customer, first, second) = (till.customer(), till.order(), till.order());
    till.give(customer, 3_000).expect("given");
    for order in [first, second] {
        let event = till.wallet_order(order, Some(customer), 2_000);
        assert_eq!(till.harness.deliver(&event), Fate::Handled);
    }
    let statuses = [first, second].map(|order| till.payment_of(order).status);
    assert_eq!((till.balance(customer), statuses), (Some(1_000), [Status::Completed, Status::Failed]));
    till.audit();
}

#[test]
fn a_cancelled_order_is_paid_back_into_the_wallet_once() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    till.give(customer, 5_000).expect("given");
    let event = till.wallet_order(order, Some(customer), 3_490);
    till.harness.deliver(&event);
    till.harness.published();
    let event = till.cancellation(order);
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.harness.deliver(&event), Fate::Skipped);
    let [refunded] = &till.harness.published()[..] else { panic!("one event") };
    assert_eq!(refunded.read::<PaymentRefunded>().expect("readable").amount.amount, 3_490);
    // The same fact in another event, and a charge that comes late.
    let (event, late) = (till.cancellation(order), till.wallet_order(order, Some(customer), 3_490));
    assert_eq!(till.harness.deliver(&event), Fate::Handled);
    assert_eq!(till.harness.deliver(&late), Fate::Handled);
    assert_eq!((till.balance(customer), till.payment_of(order).status), (Some(5_000), Status::Refunded));
    assert!(till.harness.published().is_empty() && till.harness.requests().is_empty());
    till.audit();
}

#[test]
fn an_order_that_is_cancelled_first_is_never_taken_from_the_wallet() {
    let mut till = Till::new();
    let (customer, order) = (till.customer(), till.order());
    till.give(customer, 5_000).expect("given");
    let (cancelled, confirmed) = (till.cancellation(order), till.wallet_order(order, Some(customer), 3_490));
    assert_eq!(till.harness.deliver(&cancelled), Fate::Handled);
    assert_eq!(till.harness.deliver(&confirmed), Fate::Handled);
    assert_eq!((till.balance(customer), till.payment_of(order).status), (Some(5_000), Status::Void));
    assert!(till.harness.published().is_empty());
}

#[test]
fn an_adjustment_of_an_id_is_made_once() {
    let mut till = Till::new();
    let (ada, eve) = (till.customer(), till.customer());
    let both = [("opening-1", ada, 700), ("opening-2", eve, 300)];
    let first = till.adjust(&both).expect("given");
    assert!(first.iter().all(|adjusted| adjusted.applied));
    let again = till.adjust(&both).expect("repeated");
    assert!(again.iter().all(|adjusted| !adjusted.applied));
    assert_eq!(
        first.iter().map(|one| one.balance).collect::<Vec<_>>(),
        again.iter().map(|one| one.balance).collect::<Vec<_>>()
    );
    // A repeat among new ones.
    let mixed = till.adjust(&[("opening-1", ada, 700), ("gift", ada, 50), ("gift", ada, 50)]).expect("mixed");
    assert_eq!(mixed.iter().map(|adjusted| adjusted.applied).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((till.balance(ada), till.balance(eve)), (Some(750), Some(300)));
    let reused = till.adjust(&[("gift", ada, 51)]).expect_err("another amount");
    assert_eq!(reused.code, "adjustment_id_reused");
    assert_eq!(till.adjust(&[("gift", eve, 50)]).expect_err("another wallet").code, "adjustment_id_reused");
    till.audit();
}

#[test]
fn adjustments_are_made_as_a_whole_or_not_at_all() {
    let mut till = Till::new();
    let (ada, eve) = (till.customer(), till.customer());
    let refused = till.adjust(&[("a", ada, 700), ("b", eve, -1)]).expect_err("eve has nothing");
    assert_eq!(refused.code, "insufficient_funds");
    assert_eq!((till.balance(ada), till.balance(eve)), (None, None));
    till.adjust(&[("a", ada, 700), ("c", ada, -700)]).expect("in order");
    assert_eq!(till.balance(ada), Some(0));
    till.audit();
}

#[test]
fn a_wallet_holds_no_more_than_it_may() {
    let mut till = Till::new();
    let customer = till.customer();
    till.give(customer, 10_000_000_000_000).expect("as much as it may hold");
    assert_eq!(till.give(customer, 1).expect_err("too much").code, "balance_out_of_range");
    till.audit();
}
