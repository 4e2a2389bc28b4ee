//! Inventory as the engine sees it.

use std::time::Duration;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};

use crate::{
    decisions::{holds, orders, staff},
    domain::Fact,
    events,
    message::{Message, Reply},
    needs, store,
};

/// Inventory's settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long a cart's hold lasts after the cart's last change, in milliseconds. It ends up to 5 s later.
    pub hold_time_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { hold_time_ms: 15 * 60 * 1_000 }
    }
}

/// The inventory service.
#[derive(Clone, Debug)]
pub struct Inventory {
    hold_time: Duration,
}

impl Inventory {
    /// Inventory with these settings.
    pub fn new(config: &Config) -> Self {
        Self { hold_time: Duration::from_millis(config.hold_time_ms) }
    }
}

impl Service for Inventory {
    const NAME: ServiceName = ServiceName::Inventory;

    type Message = Message;
    type Reply = Reply;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        store::tables()
    }

    fn key(&self, message: &Message) -> Key {
        message.key()
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        needs::name(message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::SetHold { cart_id, product_id, quantity, revision } => {
                holds::set(*cart_id, *product_id, *quantity, *revision, self.hold_time, rows, cx)?;
            }
            Message::AdjustStock { adjustment_id, reason, changes } => {
                return staff::adjust(*adjustment_id, *reason, changes, rows, cx).map(Reply::Adjusted);
            }
            Message::CountProduct { product_id } => staff::count_product(*product_id, rows, cx),
            Message::LowerHold { cart_id, product_id, quantity, revision } => {
                holds::lower(*cart_id, *product_id, *quantity, *revision, rows, cx);
            }
            Message::TakeHold { order_id, cart_id, lines } => {
                orders::take_hold(*order_id, *cart_id, lines, rows, cx);
            }
            Message::Validate { order_id, cart_id, lines } => {
                orders::validate(*order_id, *cart_id, lines, rows, cx);
            }
            Message::Settle { order_id } => orders::settle(*order_id, rows, cx)?,
            Message::Cancel { order_id, cart_id } => orders::cancel(*order_id, *cart_id, rows, cx),
            Message::EndSlot { slot } => holds::end_slot(*slot, rows, cx),
            Message::EndHold { cart_id } => holds::end(*cart_id, rows, cx),
        }
        Ok(Reply::Done)
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::SUBSCRIPTIONS
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        events::receive(event)
    }

    fn publish(&self, fact: Fact) -> Publication {
        events::publish(fact)
    }

    fn effect_ended(&self, request: NoEffect, _response: NoEffect) -> Message {
        match request {}
    }
}
