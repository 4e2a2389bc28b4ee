//! Refunds by a gateway: in parts, declined, and of an order that is cancelled meanwhile.

use payment::{RefundStatus, Request, Response, Status};

use crate::till::Till;

const TOTAL: i64 = 3_490;

/// An order that a card has paid.
fn paid() -> Till {
    let mut till = Till::new();
    till.stock_confirmed();
    till.captured();
    till.harness.published();
    till
}

/// Staff ask for a refund, which the gateway has to answer.
fn ask(till: &mut Till, amount: Option<i64>) {
    let (refund_id, order_id) = (till.harness.new_id(), till.order_id);
    let refund = till.refund(refund_id, order_id, amount).expect("something is left");
    assert_eq!(refund.status, RefundStatus::Pending);
}

/// What the gateway is asked to give back, in the order asked.
fn asked(till: &mut Till) -> Vec<i64> {
    let amount = |request| match request {
        Request::Refund { amount, .. } => amount,
        other => panic!("no refund: {other:?}"),
    };
    till.harness.requests().into_iter().map(amount).collect()
}

fn declined() -> Response {
    Response::Declined { code: "account_closed".into() }
}

#[test]
fn a_part_goes_back_and_the_rest_when_the_order_is_cancelled() {
    let mut till = paid();
    ask(&mut till, Some(490));
    assert!(till.harness.published().is_empty(), "nothing is said before the gateway has answered");
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::Completed, 3_000));
    till.order_cancelled();
    assert_eq!(asked(&mut till), [3_000]);
    assert_eq!(till.status(), Status::Refunding);
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::Refunded, 0));
    assert_eq!(till.harness.published_types(), ["payment.refunded.v1", "payment.refunded.v1"]);
}

#[test]
fn no_more_goes_back_than_was_taken() {
    let mut till = paid();
    let order_id = till.order_id;
    ask(&mut till, Some(3_000));
    let too_much = till.harness.new_id();
    assert_eq!(till.refund(too_much, order_id, Some(491)).expect_err("too much").code, "refund_too_large");
    ask(&mut till, None);
    assert_eq!(asked(&mut till), [3_000, 490]);
    let nothing = till.harness.new_id();
    let refusal = till.refund(nothing, order_id, None).expect_err("nothing is left");
    assert_eq!(refusal.code, "payment_not_refundable");
}

#[test]
fn a_refund_that_is_declined_can_be_asked_for_again() {
    let mut till = paid();
    ask(&mut till, None);
    till.harness.answer(declined());
    assert_eq!((till.status(), till.payment().kept()), (Status::Completed, TOTAL));
    assert!(till.harness.published().is_empty());
    ask(&mut till, None);
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::Refunded, 0));
    assert_eq!(till.harness.published_types(), ["payment.refunded.v1"]);
}

#[test]
fn what_is_declined_after_the_order_was_cancelled_is_not_called_paid_back() {
    let mut till = paid();
    ask(&mut till, None);
    till.order_cancelled();
    assert_eq!(asked(&mut till), [TOTAL], "all of it is on its way back already");
    assert_eq!(till.status(), Status::Refunding);
    till.harness.answer(declined());
    assert_eq!((till.status(), till.payment().kept()), (Status::RefundDeclined, TOTAL));
    assert!(till.harness.published().is_empty());
    ask(&mut till, None);
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::Refunded, 0));
}

#[test]
fn a_part_that_is_declined_while_the_rest_goes_back_is_still_owed() {
    let mut till = paid();
    ask(&mut till, Some(490));
    till.order_cancelled();
    assert_eq!(asked(&mut till), [490, 3_000]);
    till.harness.answer(declined());
    assert_eq!(till.status(), Status::Refunding, "the rest is not answered yet");
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::RefundDeclined, 490));
    ask(&mut till, None);
    assert_eq!(asked(&mut till), [490]);
    till.harness.answer(Response::Refunded);
    assert_eq!((till.status(), till.payment().kept()), (Status::Refunded, 0));
    assert_eq!(till.harness.published_types(), ["payment.refunded.v1", "payment.refunded.v1"]);
}

#[test]
fn a_cancelled_order_whose_money_the_gateway_keeps_is_for_staff_to_look_at() {
    let mut till = paid();
    till.order_cancelled();
    till.harness.answer(declined());
    assert_eq!((till.status(), till.payment().kept()), (Status::RefundDeclined, TOTAL));
    till.order_cancelled();
    assert!(asked(&mut till).is_empty(), "the same word again asks nothing");
    ask(&mut till, None);
    till.harness.answer(Response::Refunded);
    assert_eq!(till.status(), Status::Refunded);
}
