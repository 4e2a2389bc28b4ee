//! An ordering service under test, and the events that other services would send it.

use std::sync::Arc;

use bus::Logged;
use contracts::{
    Address, CartId, Currency, Event, Money, OrderId, ProductId, ServiceName,
    events::{
        cart::{CartCheckedOut, OrderLine},
        fulfilment::{
            Delivered, DeliveryStarted, DeliveryStatusUpdated, DeliveryStopRefused, DeliveryStopped,
        },
        inventory::{OrderConfirmed, OrderRejected},
        payment::{PaymentCompleted, PaymentFailed},
    },
};
use engine::harness::{Fate, Harness};
use ordering::{Config, GracePeriodManager, Order, Ordering, Status};
use uuid::Uuid;

pub struct Shop {
    pub harness: Harness<Ordering>,
    pub order_id: OrderId,
}

impl Shop {
    /// A shop without a grace period.
    pub fn new() -> Self {
        Self::with_grace_period(0)
    }

    pub fn with_grace_period(grace_period_ms: u64) -> Self {
        Self::with_manager(grace_period_ms, GracePeriodManager::Timer)
    }

    pub fn with_manager(grace_period_ms: u64, grace_period_manager: GracePeriodManager) -> Self {
        let mut harness = Harness::new(Ordering::new(&Config {
            grace_period_ms,
            grace_period_manager,
            ..Config::default()
        }));
        let order_id = OrderId(harness.new_id());
        Self { harness, order_id }
    }

    /// A shop whose order has come so far.
    pub fn at(status: Status) -> Self {
        let mut shop = Self::new();
        shop.checked_out();
        let steps: [(Status, fn(&mut Self) -> Fate); 5] = [
            (Status::StockConfirmed, Self::stock_confirmed),
            (Status::Paid, Self::payment_completed),
            (Status::Packed, Self::packed),
            (Status::Shipped, Self::shipped),
            (Status::Delivered, Self::delivered),
        ];
        for (reached, step) in steps {
            if reached <= status {
                assert_eq!(step(&mut shop), Fate::Handled);
            }
        }
        assert_eq!(shop.status(), status);
        shop.harness.published();
        shop
    }

    fn send<E: Event>(&mut self, source: ServiceName, event: &E) -> Fate {
        self.harness.event(source, self.order_id, event)
    }

    pub fn checkout(&mut self) -> Arc<Logged> {
        let line = |product: u128, quantity: u32, stocked| OrderLine {
            product_id: ProductId(Uuid::from_u128(product)),
            name: "Mug".into(),
            quantity,
            unit_price: Money::new(500, Currency::EUR),
            line_total: Money::new(500 * i64::from(quantity), Currency::EUR),
            tax_rate_bp: 1_900,
            stocked,
        };
        let cart_id = CartId(Uuid::from_u128(77));
        let event = CartCheckedOut {
            cart_id,
            revision: 3,
            order_id: self.order_id,
            customer_id: None,
            email: "ada@example.com".into(),
            shipping_address: address(),
            shipping_method: "standard".into(),
            shipping_price: Money::new(490, Currency::EUR),
            payment_method: "pm_mock_approve".into(),
            tax: Money::new(557, Currency::EUR),
            prices_include_tax: true,
            lines: vec![line(1, 2, true), line(2, 1, false), line(1, 3, true)],
            total: Money::new(3_490, Currency::EUR),
        };
        self.harness.make_event(ServiceName::Cart, cart_id, &event)
    }

    pub fn checked_out(&mut self) -> Fate {
        let checkout = self.checkout();
        self.harness.deliver(&checkout)
    }

    pub fn stock_confirmed(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Inventory, &OrderConfirmed { order_id })
    }

    pub fn stock_rejected(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Inventory, &OrderRejected { order_id, short: vec![] })
    }

    pub fn payment_completed(&mut self) -> Fate {
        let (order_id, amount) = (self.order_id, Money::new(3_490, Currency::EUR));
        self.send(ServiceName::Payment, &PaymentCompleted { order_id, amount, reference: "mock".into() })
    }

    pub fn payment_failed(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Payment, &PaymentFailed { order_id, code: "card_declined".into() })
    }

    pub fn packed(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Fulfilment, &DeliveryStatusUpdated { order_id, status: "packed".into() })
    }

    pub fn shipped(&mut self) -> Fate {
        let order_id = self.order_id;
        let event = DeliveryStarted { order_id, carrier: "mock".into(), tracking_number: "1".into() };
        self.send(ServiceName::Fulfilment, &event)
    }

    pub fn delivered(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Fulfilment, &Delivered { order_id })
    }

    pub fn parcel_stopped(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Fulfilment, &DeliveryStopped { order_id })
    }

    pub fn parcel_not_stopped(&mut self) -> Fate {
        let order_id = self.order_id;
        self.send(ServiceName::Fulfilment, &DeliveryStopRefused { order_id })
    }

    pub fn order(&mut self) -> Order {
        self.harness.row(self.order_id).expect("the order is there")
    }

    pub fn status(&mut self) -> Status {
        self.order().status
    }
}

fn address() -> Address {
    Address {
        name: "Ada Lovelace".into(),
        street: "12 St James's Square".into(),
        postal_code: "SW1Y 4JH".into(),
        city: "London".into(),
        country: "GB".into(),
    }
}
