//! A notification service under test, and the words its tests are written in.

use std::sync::Arc;

use bus::Logged;
use contracts::{
    Address, CartId, Currency, CustomerId, Event, Money, OrderId, ProductId, ServiceName, Timestamp,
    events::{
        cart::OrderLine,
        fulfilment::DeliveryStarted,
        identity::{CustomerCreated, CustomerDeleted, CustomerUpdated, LinkPurpose, LinkRequested},
        inventory::StockLow,
        ordering::{
            CancelReason, OrderCancelled, OrderClaimed, OrderDelivered, OrderPaid, OrderShipped,
            OrderSubmitted,
        },
        payment::PaymentRefunded,
    },
};
use engine::harness::{Fate, Harness};
use notification::{Config, Contact, Kind, Notification, Notifications, Request};

pub const ADA: &str = "ada@example.com";
pub const SHOP: &str = "staff@example.com";

pub struct Shop {
    pub harness: Harness<Notifications>,
}

impl Shop {
    pub fn new() -> Self {
        let config = Config { shop_email: Some(SHOP.into()), ..Config::default() };
        Self { harness: Harness::new(Notifications::new(&config)) }
    }

    pub fn order(&mut self) -> OrderId {
        OrderId(self.harness.new_id())
    }

    pub fn customer(&mut self) -> CustomerId {
        CustomerId(self.harness.new_id())
    }

    fn of_order<E: Event>(&mut self, order_id: OrderId, event: &E) -> Arc<Logged> {
        self.harness.make_event(ServiceName::Ordering, order_id, event)
    }

    pub fn submitted_by(
        &mut self,
        order_id: OrderId,
        customer_id: Option<CustomerId>,
        email: Option<&str>,
    ) -> Arc<Logged> {
        let line = OrderLine {
            product_id: ProductId(order_id.0),
            name: "Walnut Desk Lamp".into(),
            quantity: 2,
            unit_price: euro(890),
            line_total: euro(1_780),
            tax_rate_bp: 2_000,
            stocked: true,
        };
        let event = OrderSubmitted {
            order_id,
            cart_id: CartId(order_id.0),
            customer_id,
            total: euro(2_270),
            tax: euro(378),
            lines: vec![line],
            email: email.map(str::to_owned),
        };
        self.of_order(order_id, &event)
    }

    pub fn submitted(&mut self, order_id: OrderId) -> Arc<Logged> {
        self.submitted_by(order_id, None, Some(ADA))
    }

    pub fn paid(&mut self, order_id: OrderId) -> Arc<Logged> {
        let shipping_address = Address {
            name: "Ada Lovelace".into(),
            street: "12 St James's Square".into(),
            postal_code: "SW1Y 4JH".into(),
            city: "London".into(),
            country: "GB".into(),
        };
        let shipping_method = "express".into();
        let event =
            OrderPaid { order_id, total: euro(2_270), lines: Vec::new(), shipping_address, shipping_method };
        self.of_order(order_id, &event)
    }

    pub fn shipped(&mut self, order_id: OrderId) -> Arc<Logged> {
        self.of_order(order_id, &OrderShipped { order_id })
    }

    pub fn delivered(&mut self, order_id: OrderId) -> Arc<Logged> {
        self.of_order(order_id, &OrderDelivered { order_id })
    }

    pub fn cancelled(&mut self, order_id: OrderId) -> Arc<Logged> {
        let (cart_id, reason) = (CartId(order_id.0), CancelReason::OutOfStock);
        self.of_order(order_id, &OrderCancelled { order_id, cart_id, reason, was_paid: false })
    }

    pub fn claimed(&mut self, order_id: OrderId, customer_id: CustomerId) -> Arc<Logged> {
        self.of_order(order_id, &OrderClaimed { order_id, customer_id })
    }

    pub fn started(&mut self, order_id: OrderId) -> Arc<Logged> {
        let event =
            DeliveryStarted { order_id, carrier: "Mock Parcel".into(), tracking_number: "MP1".into() };
        self.harness.make_event(ServiceName::Fulfilment, order_id, &event)
    }

    pub fn refunded(&mut self, order_id: OrderId, amount: i64) -> Arc<Logged> {
        let event = PaymentRefunded { order_id, amount: euro(amount) };
        self.harness.make_event(ServiceName::Payment, order_id, &event)
    }

    pub fn low_stock(&mut self) -> Arc<Logged> {
        let product_id = ProductId(self.harness.new_id());
        let event = StockLow { product_id, available: 3, threshold: 10 };
        self.harness.make_event(ServiceName::Inventory, product_id, &event)
    }

    fn of_customer<E: Event>(&mut self, customer_id: CustomerId, event: &E) -> Arc<Logged> {
        self.harness.make_event(ServiceName::Identity, customer_id, event)
    }

    pub fn created(&mut self, customer_id: CustomerId, name: &str) -> Arc<Logged> {
        self.of_customer(customer_id, &CustomerCreated { customer_id, email: ADA.into(), name: name.into() })
    }

    pub fn updated(&mut self, customer_id: CustomerId, name: &str) -> Arc<Logged> {
        self.of_customer(customer_id, &CustomerUpdated { customer_id, email: ADA.into(), name: name.into() })
    }

    pub fn deleted(&mut self, customer_id: CustomerId) -> Arc<Logged> {
        self.of_customer(customer_id, &CustomerDeleted { customer_id })
    }

    /// A link that is good for an hour.
    pub fn link(&mut self, customer_id: CustomerId, purpose: LinkPurpose) -> Arc<Logged> {
        let expires_us = self.harness.now().plus(std::time::Duration::from_secs(3_600));
        self.link_until(customer_id, purpose, expires_us)
    }

    pub fn link_until(
        &mut self,
        customer_id: CustomerId,
        purpose: LinkPurpose,
        expires_us: Timestamp,
    ) -> Arc<Logged> {
        let event = LinkRequested {
            link_id: self.harness.new_id(),
            purpose,
            customer_id: Some(customer_id),
            email: ADA.into(),
            name: "Ada".into(),
            expires_us,
        };
        self.of_customer(customer_id, &event)
    }

    /// Delivers an event that must be handled.
    pub fn deliver(&mut self, event: &Arc<Logged>) {
        assert_eq!(self.harness.deliver(event), Fate::Handled);
    }

    /// Delivers an event that must be handled, and then again: neither the log's repeat nor staff's replay of it changes anything.
    pub fn deliver_and_again(&mut self, event: &Arc<Logged>) {
        self.deliver(event);
        let before = self.all();
        assert_eq!(self.harness.deliver(event), Fate::Skipped);
        assert_eq!(self.all(), before);
        let replayed = Arc::new(Logged {
            topic: event.topic.clone(),
            partition: event.partition,
            // A place past all others, as that of an event which the inbox has not seen.
            position: event.position + 1_000_000,
            event: event.event.clone(),
        });
        assert_eq!(self.harness.deliver(&replayed), Fate::Handled);
        assert_eq!(self.all(), before);
    }

    fn all(&mut self) -> (Vec<Notification>, Vec<Contact>, Vec<Request>) {
        (self.notifications(), self.harness.rows(), self.harness.requests())
    }

    /// All notifications, oldest event first.
    pub fn notifications(&mut self) -> Vec<Notification> {
        let mut notifications: Vec<Notification> = self.harness.rows();
        notifications.sort_by_key(|notification| notification.event_id);
        notifications
    }

    pub fn kinds(&mut self) -> Vec<Kind> {
        self.notifications().iter().map(|notification| notification.kind).collect()
    }

    /// The only notification.
    pub fn only(&mut self) -> Notification {
        let mut all = self.notifications();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

pub fn euro(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}
