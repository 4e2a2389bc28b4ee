//! A payment service under test.

use contracts::{
    CartId, Currency, Money, OrderId, ServiceName,
    events::ordering::{CancelReason, OrderCancelled, OrderStockConfirmed},
};
use engine::harness::{Fate, Harness};
use payment::{Payment, Payments, Response, Status};
use uuid::Uuid;

pub struct Till {
    pub harness: Harness<Payments>,
    pub order_id: OrderId,
}

impl Till {
    pub fn new() -> Self {
        let mut harness = Harness::new(Payments);
        let order_id = OrderId(harness.new_id());
        Self { harness, order_id }
    }

    pub fn stock_confirmed(&mut self) -> Fate {
        let order_id = self.order_id;
        let total = Money::new(3_490, Currency::EUR);
        let event = OrderStockConfirmed {
            order_id,
            customer_id: None,
            total,
            payment_method: "pm_mock_approve".into(),
        };
        self.harness.event(ServiceName::Ordering, order_id, &event)
    }

    pub fn order_cancelled(&mut self) -> Fate {
        let (order_id, cart_id) = (self.order_id, CartId(Uuid::from_u128(7)));
        let event = OrderCancelled { order_id, cart_id, reason: CancelReason::Customer, was_paid: false };
        self.harness.event(ServiceName::Ordering, order_id, &event)
    }

    pub fn captured(&mut self) -> Fate {
        self.harness.answer(Response::Captured { reference: "mock_1".into() })
    }

    pub fn payment(&mut self) -> Payment {
        self.harness.row(self.order_id).expect("the payment is there")
    }

    pub fn status(&mut self) -> Status {
        self.payment().status
    }
}
