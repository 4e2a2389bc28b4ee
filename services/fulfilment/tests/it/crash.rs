//! The process ends between a carrier's booking and its answer.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use bus::Embedded;
use contracts::OrderId;
use engine::{Engine, EngineOptions, Opened, OutsideError, StoreAddress, SystemClock};
use fulfilment::{
    Booking, Carrier, CarrierCalls, Config, Fulfilment, Message, MockCarrier, Parcel, Shipment, Status,
};
use host::testing::eventually;
use tokio::sync::Notify;

use crate::{shop::Shop, shop::transport_with};

/// Books, and never answers.
struct SilentCarrier {
    carrier: MockCarrier,
    booked: Arc<Notify>,
}

#[async_trait]
impl Carrier for SilentCarrier {
    async fn book(&self, key: &str, parcel: &Parcel) -> Result<Booking, OutsideError> {
        self.carrier.book(key, parcel).await?;
        self.booked.notify_one();
        std::future::pending().await
    }

    async fn find(&self, key: &str) -> Result<Option<Booking>, OutsideError> {
        self.carrier.find(key).await
    }
}

async fn start(directory: &Path, transport: Embedded, carrier: impl Carrier + 'static) -> Engine<Fulfilment> {
    let options = EngineOptions {
        store: StoreAddress::Sqlite(directory.join("fulfilment.db")),
        transport,
        clock: Arc::new(SystemClock),
        outside: Some(Arc::new(CarrierCalls(Arc::new(carrier)))),
    };
    let config = Config { parcels_move_by_themselves: false, ..Config::default() };
    let opened = Opened::open(Fulfilment::new(&config), options).await.expect("opened");
    let engine = opened.engine();
    opened.start(&engine).await.expect("started");
    engine
}

async fn status(engine: &Engine<Fulfilment>, order: OrderId) -> Option<Status> {
    let shipment = engine.reads().get::<Shipment>(order).await.expect("reads");
    shipment.map(|shipment| shipment.status)
}

#[tokio::test]
async fn a_booking_whose_answer_was_lost_is_asked_for_and_not_made_twice() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let bookings = directory.path().join("bookings");
    let mut shop = Shop::with_staff();
    let order_id = shop.order();
    let transport = transport_with(&[shop.paid(order_id)]);

    let booked = Arc::new(Notify::new());
    let carrier = MockCarrier::open(&bookings).expect("opens");
    let carrier = SilentCarrier { carrier, booked: booked.clone() };
    let engine = start(directory.path(), transport.clone(), carrier).await;
    eventually("it is pending", || async { status(&engine, order_id).await == Some(Status::Pending) }).await;
    engine.command(None, Message::Pack { order_id }).await.expect("packed");
    engine.command(None, Message::Ship { order_id }).await.expect("dispatching");
    booked.notified().await;
    engine.stop().await;
    drop(engine);

    let engine = start(directory.path(), transport, MockCarrier::open(&bookings).expect("opens again")).await;
    eventually("it is shipped", || async { status(&engine, order_id).await == Some(Status::Shipped) }).await;
    assert_eq!(std::fs::read_to_string(&bookings).expect("the bookings").lines().count(), 1);
    engine.stop().await;
}
