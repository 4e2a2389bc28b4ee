//! The mock carrier: what it has booked, it knows after a crash.

use std::{io::Write, path::Path};

use contracts::OrderId;
use engine::Outside;
use fulfilment::{Carrier, CarrierCalls, MOCK_CARRIER, MockCarrier, Parcel};
use uuid::Uuid;

use crate::shop::address;

fn parcel(number: u128) -> (String, Parcel) {
    let order_id = OrderId(Uuid::from_u128(number));
    (order_id.to_string(), Parcel { order_id, shipping_method: "standard".into(), address: address() })
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).expect("the bookings").lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_booking_is_found_by_its_key_in_a_later_process() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("bookings");
    let ((key, parcel), (other_key, other)) = (parcel(1), parcel(2));
    let carrier = MockCarrier::open(&path).expect("opens");
    let booked = carrier.book(&key, &parcel).await.expect("books");
    assert_eq!(booked.carrier, MOCK_CARRIER);
    assert_eq!(carrier.find(&key).await.expect("answers"), Some(booked.clone()));
    assert_eq!(carrier.find(&other_key).await.expect("answers"), None);
    drop(carrier);

    let carrier = MockCarrier::open(&path).expect("opens again");
    let calls = CarrierCalls(std::sync::Arc::new(carrier));
    assert_eq!(calls.ask(&key, &parcel).await.expect("answers"), Some(booked.clone()));
    assert_eq!(calls.ask(&other_key, &other).await.expect("answers"), None);
    let other_booked = calls.call(&other_key, &other).await.expect("books");
    assert_ne!(other_booked.tracking_number, booked.tracking_number);
    assert_eq!(calls.ask(&other_key, &other).await.expect("answers"), Some(other_booked));
}

#[tokio::test]
async fn a_key_is_booked_once() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("bookings");
    let (key, parcel) = parcel(1);
    let carrier = MockCarrier::open(&path).expect("opens");
    let first = carrier.book(&key, &parcel).await.expect("books");
    assert_eq!(carrier.find(&key).await.expect("answers").as_ref(), Some(&first));
    assert_eq!(carrier.book(&key, &parcel).await.expect("answers"), first);
    assert_eq!(lines(&path).len(), 1);
}

#[tokio::test]
async fn a_line_that_a_crash_has_cut_short_is_no_booking() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("bookings");
    let ((key, parcel_1), (next_key, parcel_2)) = (parcel(1), parcel(2));
    let mut file = std::fs::File::create(&path).expect("a file");
    write!(file, "{key} MP0000").expect("half a line");
    let carrier = MockCarrier::open(&path).expect("opens");
    carrier.book(&next_key, &parcel_2).await.expect("books");
    assert_eq!(lines(&path).len(), 1, "what was cut short is gone");
    assert_eq!(carrier.find(&key).await.expect("answers"), None);
    assert!(carrier.find(&next_key).await.expect("answers").is_some());
    carrier.book(&key, &parcel_1).await.expect("books");
    assert!(carrier.find(&key).await.expect("answers").is_some());
}
