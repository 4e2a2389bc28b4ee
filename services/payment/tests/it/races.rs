//! Every event: applies, applies twice, arrives out of order.

use engine::harness::Fate;
use payment::{Account, Entry, Message, Payment, Request, Response, Status, Wallet};

use crate::till::Till;

#[test]
fn an_order_is_charged_once() {
    let mut till = Till::new();
    assert_eq!(till.stock_confirmed(), Fate::Handled);
    assert_eq!(till.stock_confirmed(), Fate::Handled);
    let requests = till.harness.requests();
    assert!(matches!(requests[..], [Request::Capture { amount: 3_490, .. }]), "{requests:?}");
    assert!(till.harness.published().is_empty(), "nothing is said before the gateway has answered");
    assert_eq!(till.captured(), Fate::Handled);
    assert_eq!(till.status(), Status::Completed);
    assert_eq!(till.harness.published_types(), ["payment.completed.v1"]);
    assert_eq!(till.harness.rows::<Payment>().len(), 1);
    // The ledger is the wallets': what a gateway charges is no row in it.
    assert!(till.harness.rows::<Entry>().is_empty() && till.harness.rows::<Account>().is_empty());
    assert!(till.harness.rows::<Wallet>().is_empty());
}

#[test]
fn a_callback_that_comes_twice_says_nothing_new() {
    let mut till = Till::new();
    till.stock_confirmed();
    let order_id = till.order_id;
    let callback = || Message::Captured { order_id, reference: "mock_1".into() };
    till.harness.command(callback()).expect("the first word");
    till.harness.command(callback()).expect("the second word");
    assert_eq!(till.captured(), Fate::Handled);
    assert_eq!(till.harness.published_types(), ["payment.completed.v1"]);
    assert!(till.harness.requests().is_empty());
}

#[test]
fn a_callback_for_no_payment_is_refused() {
    let mut till = Till::new();
    let order_id = till.order_id;
    let refusal = till.harness.command(Message::Captured { order_id, reference: "forged".into() });
    assert_eq!(refusal.expect_err("unknown").code, "payment_not_found");
}

#[test]
fn a_declined_payment_has_failed() {
    let mut till = Till::new();
    till.stock_confirmed();
    till.harness.answer(Response::Declined { code: "card_declined".into() });
    assert_eq!(
        (till.status(), till.payment().decline_code.as_deref()),
        (Status::Failed, Some("card_declined"))
    );
    assert_eq!(till.harness.published_types(), ["payment.failed.v1"]);
    assert_eq!(till.order_cancelled(), Fate::Handled);
    assert!(till.harness.requests().is_empty(), "nothing is paid back that was never taken");
}

#[test]
fn a_cancelled_order_is_paid_back_once() {
    let mut till = Till::new();
    till.stock_confirmed();
    till.captured();
    till.harness.published();
    assert_eq!(till.order_cancelled(), Fate::Handled);
    assert_eq!(till.order_cancelled(), Fate::Handled);
    let requests = till.harness.requests();
    assert!(matches!(requests[..], [Request::Refund { amount: 3_490, .. }]), "{requests:?}");
    assert_eq!(till.harness.answer(Response::Refunded), Fate::Handled);
    assert_eq!(till.status(), Status::Refunded);
    assert_eq!(till.harness.published_types(), ["payment.refunded.v1"]);
}

#[test]
fn an_order_that_is_cancelled_while_it_is_charged_is_paid_back() {
    let mut till = Till::new();
    till.stock_confirmed();
    assert_eq!(till.order_cancelled(), Fate::Handled);
    assert_eq!(till.harness.requests().len(), 1, "the refund waits for the capture's answer");
    assert_eq!(till.captured(), Fate::Handled);
    assert_eq!(till.status(), Status::Refunding);
    assert_eq!(till.harness.answer(Response::Refunded), Fate::Handled);
    assert_eq!(till.harness.published_types(), ["payment.completed.v1", "payment.refunded.v1"]);
}

#[test]
fn an_order_that_is_cancelled_first_is_never_charged() {
    let mut till = Till::new();
    assert_eq!(till.order_cancelled(), Fate::Handled);
    assert_eq!(till.status(), Status::Void);
    assert_eq!(till.stock_confirmed(), Fate::Handled);
    assert_eq!(till.status(), Status::Void);
    assert!(till.harness.requests().is_empty() && till.harness.published().is_empty());
}
