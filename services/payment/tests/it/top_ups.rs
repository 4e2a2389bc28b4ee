//! Money that customers put into their wallets: by the gateway's word, once.

use contracts::{Currency, CustomerId, Money, Refusal, events::payment::WalletToppedUp};
use engine::harness::Fate;
use payment::{Entry, Message, Reply, Request, Response, TopUp, TopUpStatus};
use uuid::Uuid;

use crate::till::Till;

fn top_up(till: &mut Till, id: Uuid, customer_id: CustomerId, method: &str) -> Result<TopUp, Refusal> {
    let amount = Money::new(2_500, Currency::EUR);
    match till.harness.command(Message::TopUp {
        top_up_id: id,
        customer_id,
        amount,
        method: method.into(),
    })? {
        Reply::TopUp(top_up) => Ok(top_up),
        other => panic!("a top-up is answered with how it stands, not {other:?}"),
    }
}

fn status(till: &mut Till, id: Uuid) -> TopUpStatus {
    till.harness.row::<TopUp>(id).expect("it is there").status
}

#[test]
fn a_captured_top_up_is_in_the_wallet_once() {
    let mut till = Till::new();
    let (customer, id) = (till.customer(), till.harness.new_id());
    let asked = top_up(&mut till, id, customer, "pm_mock_approve").expect("asked");
    assert_eq!(asked.status, TopUpStatus::Capturing);
    assert_eq!(top_up(&mut till, id, customer, "pm_mock_approve").expect("known"), asked);
    let requests = till.harness.requests();
    assert!(matches!(&requests[..], [Request::TopUp { top_up_id, .. }] if *top_up_id == id), "{requests:?}");
    assert_eq!(
        (till.balance(customer), till.harness.published()),
        (None, vec![]),
        "the gateway has it first"
    );
    // The gateway calls back twice before its answer comes, and once after it.
    let callback = || Message::TopUpCaptured { top_up_id: id, reference: "mock_1".into() };
    till.harness.command(callback()).expect("the first word");
    till.harness.command(callback()).expect("the second word");
    assert_eq!(till.harness.answer(Response::Captured { reference: "mock_1".into() }), Fate::Handled);
    till.harness.command(callback()).expect("a late word");
    assert_eq!((till.balance(customer), status(&mut till, id)), (Some(2_500), TopUpStatus::Completed));
    let [event] = &till.harness.published()[..] else { panic!("one event") };
    assert_eq!(
        (event.kind.as_str(), event.subject.as_str()),
        ("wallet.topped_up.v1", customer.to_string().as_str())
    );
    let told: WalletToppedUp = event.read().expect("readable");
    assert_eq!(told, WalletToppedUp { customer_id: customer, amount: Money::new(2_500, Currency::EUR) });
    till.audit();
}

#[test]
fn a_declined_top_up_has_failed_and_moves_nothing() {
    let mut till = Till::new();
    let (customer, id) = (till.customer(), till.harness.new_id());
    top_up(&mut till, id, customer, "pm_mock_decline").expect("asked");
    assert_eq!(till.harness.answer(Response::Declined { code: "card_declined".into() }), Fate::Handled);
    let failed = till.harness.row::<TopUp>(id).expect("it is there");
    assert_eq!((failed.status, failed.decline_code.as_deref()), (TopUpStatus::Failed, Some("card_declined")));
    // A word of success after that is the gateway's error, and moves nothing.
    till.harness
        .command(Message::TopUpCaptured { top_up_id: id, reference: "late".into() })
        .expect("ignored");
    assert_eq!((status(&mut till, id), till.balance(customer)), (TopUpStatus::Failed, None));
    assert!(till.harness.rows::<Entry>().is_empty() && till.harness.published().is_empty());
}

#[test]
fn top_ups_of_one_customer_add_up_and_are_counted_as_one_subject() {
    let mut till = Till::new();
    let customer = till.customer();
    for _ in 0..2 {
        let id = till.harness.new_id();
        top_up(&mut till, id, customer, "pm_mock_approve").expect("asked");
    }
    for _ in 0..2 {
        till.harness.answer(Response::Captured { reference: "mock_1".into() });
    }
    assert_eq!(till.balance(customer), Some(5_000));
    let sequences: Vec<i64> = till.harness.published().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2]);
    till.audit();
}

#[test]
fn what_cannot_be_a_top_up_is_refused() {
    let mut till = Till::new();
    let (customer, id) = (till.customer(), till.harness.new_id());
    let refused = top_up(&mut till, id, customer, "wallet").expect_err("it cannot fill itself");
    assert_eq!(refused.code, "payment_method_invalid");
    till.give(customer, 10_000_000_000_000).expect("as much as it may hold");
    let refused = top_up(&mut till, id, customer, "pm_mock_approve").expect_err("full");
    assert_eq!(refused.code, "balance_out_of_range");
    let forged = Message::TopUpCaptured { top_up_id: id, reference: "forged".into() };
    assert_eq!(till.harness.command(forged).expect_err("unknown").code, "top_up_not_found");
    assert!(till.harness.requests().is_empty());
}
