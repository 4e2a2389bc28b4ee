//! The mock gateway keeps its word across crashes of the shop.

use std::sync::{Arc, Mutex};

use contracts::{Currency, OrderId};
use engine::OutsideError;
use payment::{Gateway, MockGateway, Request, Response};
use uuid::Uuid;

fn capture(method: &str) -> Request {
    let order_id = OrderId(Uuid::from_u128(1));
    Request::Capture { order_id, amount: 100, currency: Currency::EUR, method: method.into() }
}

fn silent() -> payment::Callback {
    Box::new(|_, _| {})
}

#[tokio::test]
async fn a_lost_answer_is_found_by_its_key_also_after_a_restart() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let ledger = directory.path().join("ledger");
    let gateway = MockGateway::open(&ledger, silent()).expect("it opens");
    let request = capture("pm_mock_timeout_after_success");
    assert_eq!(gateway.find("capture:1").await.expect("it answers"), None);
    let lost = gateway.carry_out("capture:1", &request).await;
    assert!(matches!(lost, Err(OutsideError::Unknown(_))), "{lost:?}");
    drop(gateway);
    let gateway = MockGateway::open(&ledger, silent()).expect("it opens again");
    let found = gateway.find("capture:1").await.expect("it answers");
    assert!(matches!(found, Some(Response::Captured { .. })), "{found:?}");
    let repeated = gateway.carry_out("capture:1", &request).await.expect("it knows the key");
    assert_eq!(Some(repeated), found);
    let lines = std::fs::read_to_string(&ledger).expect("the ledger reads").lines().count();
    assert_eq!(lines, 1, "captured once");
}

#[tokio::test]
async fn outcomes_are_as_scripted() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = heard.clone();
    let callback: payment::Callback =
        Box::new(move |asked, _| hearing.lock().expect("not poisoned").push(asked));
    let gateway = MockGateway::open(&directory.path().join("ledger"), callback).expect("it opens");
    let approved = gateway.carry_out("capture:a", &capture("pm_mock_approve")).await;
    assert!(matches!(approved, Ok(Response::Captured { .. })));
    let declined = gateway.carry_out("capture:b", &capture("pm_mock_decline")).await;
    assert!(matches!(declined, Ok(Response::Declined { .. })));
    let unknown = gateway.carry_out("capture:c", &capture("pm_of_another_gateway")).await;
    assert!(matches!(unknown, Ok(Response::Declined { .. })));
    let twice = gateway.carry_out("capture:d", &capture("pm_mock_duplicate_callback")).await;
    assert!(matches!(twice, Ok(Response::Captured { .. })));
    assert_eq!(heard.lock().expect("not poisoned").len(), 2);
}

#[tokio::test]
async fn a_line_that_a_crash_cut_short_was_never_answered() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let ledger = directory.path().join("ledger");
    std::fs::write(&ledger, "captured capture:1 100 EUR\ncaptured capt").expect("written");
    let gateway = MockGateway::open(&ledger, silent()).expect("it opens");
    assert!(gateway.find("capture:1").await.expect("it answers").is_some());
    assert_eq!(gateway.find("capt").await.expect("it answers"), None);
    gateway.carry_out("capture:2", &capture("pm_mock_approve")).await.expect("captured");
    drop(gateway);
    let gateway = MockGateway::open(&ledger, silent()).expect("it opens again");
    assert!(gateway.find("capture:2").await.expect("it answers").is_some(), "it stands on a line of its own");
}

#[tokio::test]
async fn a_line_that_was_cut_within_its_currency_is_no_capture_either() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let ledger = directory.path().join("ledger");
    std::fs::write(&ledger, "captured capture:1 100 EUR\ncaptured capture:2 100 EU").expect("written");
    for _ in 0..2 {
        let gateway = MockGateway::open(&ledger, silent()).expect("it opens");
        assert_eq!(gateway.find("capture:2").await.expect("it answers"), None);
    }
    assert_eq!(std::fs::read_to_string(&ledger).expect("it reads"), "captured capture:1 100 EUR\n");
}
