//! A fulfilment service under test, and the words its tests are written in.

use std::sync::Arc;

use bus::{Embedded, Logged};
use contracts::{
    Address, CartId, Currency, Money, OrderId, ProductId, ServiceName,
    events::ordering::{CancelReason, OrderCancelRequested, OrderCancelled, OrderPaid, StockLine},
};
use engine::harness::{Fate, Harness};
use fulfilment::{Booking, Config, Fulfilment, Shipment, Status};
use host::testing::Others;

pub const PACKED: &str = "delivery.status_updated.v1";
pub const STARTED: &str = "delivery.started.v1";
pub const DELIVERED: &str = "delivery.delivered.v1";
pub const STOPPED: &str = "delivery.stopped.v1";
pub const STOP_REFUSED: &str = "delivery.stop_refused.v1";

pub struct Shop {
    pub harness: Harness<Fulfilment>,
}

impl Shop {
    /// Staff move the parcels.
    pub fn with_staff() -> Self {
        let config = Config { parcels_move_by_themselves: false, ..Config::default() };
        Self { harness: Harness::new(Fulfilment::new(&config)) }
    }

    /// Parcels move by themselves: packed after 1 s, with the carrier 2 s later, delivered 5 s later.
    pub fn on_its_own() -> Self {
        Self { harness: Harness::new(Fulfilment::new(&Config::default())) }
    }

    pub fn order(&mut self) -> OrderId {
        OrderId(self.harness.new_id())
    }

    pub fn paid(&mut self, order_id: OrderId) -> Arc<Logged> {
        let event = OrderPaid {
            order_id,
            total: Money::new(1_999, Currency::EUR),
            lines: vec![StockLine { product_id: ProductId(order_id.0), quantity: 2 }],
            shipping_address: address(),
            shipping_method: "express".into(),
        };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    pub fn cancel_requested(&mut self, order_id: OrderId) -> Arc<Logged> {
        self.harness.make_event(ServiceName::Ordering, order_id, &OrderCancelRequested { order_id })
    }

    pub fn cancelled(&mut self, order_id: OrderId, was_paid: bool) -> Arc<Logged> {
        let cart_id = CartId(order_id.0);
        let event = OrderCancelled { order_id, cart_id, reason: CancelReason::Customer, was_paid };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    /// Delivers an event that must be handled.
    pub fn deliver(&mut self, event: &Arc<Logged>) {
        assert_eq!(self.harness.deliver(event), Fate::Handled);
    }

    /// Delivers an event once more, after it has been handled.
    pub fn deliver_again(&mut self, event: &Arc<Logged>) {
        let before = (self.harness.rows::<Shipment>(), self.harness.requests());
        self.harness.published();
        assert_eq!(self.harness.deliver(event), Fate::Skipped);
        assert_eq!(before, (self.harness.rows::<Shipment>(), self.harness.requests()));
        assert_eq!(self.harness.published(), []);
    }

    /// A paid order, whose shipment is pending.
    pub fn paid_order(&mut self) -> OrderId {
        let order = self.order();
        let event = self.paid(order);
        self.deliver(&event);
        assert_eq!(self.status(order), Some(Status::Pending));
        order
    }

    pub fn status(&mut self, order_id: OrderId) -> Option<Status> {
        self.harness.row::<Shipment>(order_id).map(|shipment| shipment.status)
    }

    pub fn published_types(&mut self) -> Vec<String> {
        self.harness.published_types()
    }
}

pub fn address() -> Address {
    Address {
        name: "Ada Lovelace".into(),
        street: "12 St James's Square".into(),
        postal_code: "SW1Y 4JH".into(),
        city: "London".into(),
        country: "GB".into(),
    }
}

pub fn booking() -> Booking {
    Booking { carrier: "Mock Parcel".into(), tracking_number: "MP1".into() }
}

/// A transport on which ordering has published these events.
pub fn transport_with(events: &[Arc<Logged>]) -> Embedded {
    let others = Others::of(&[ServiceName::Ordering]);
    events.iter().for_each(|logged| others.publish(logged));
    others.transport
}
