//! Inventory as the engine sees it.

use std::time::Duration;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};

use crate::{
    decisions::{holds, orders, staff},
    domain::{Fact, Stock},
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
    /// Below how many available units a product's stock is low, where staff have set nothing for it; 0 is never.
    pub low_stock_threshold: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { hold_time_ms: 15 * 60 * 1_000, low_stock_threshold: 5 }
    }
}

/// The inventory service.
#[derive(Clone, Debug)]
pub struct Inventory {
    hold_time: Duration,
    low_stock_threshold: i64,
}

impl Inventory {
    /// Inventory with these settings.
    pub fn new(config: &Config) -> Self {
        Self {
            hold_time: Duration::from_millis(config.hold_time_ms),
            low_stock_threshold: i64::from(config.low_stock_threshold),
        }
    }

    /// How long a cart's hold lasts after the cart's last change.
    pub(crate) fn hold_time(&self) -> Duration {
        self.hold_time
    }

    /// Below how many available units a product's stock is low, where staff have set nothing for it.
    pub(crate) fn low_stock_threshold(&self) -> i64 {
        self.low_stock_threshold
    }

    /// Whether fewer units of a product are available than its threshold says.
    pub(crate) fn is_low(&self, stock: &Stock) -> bool {
        stock.available() < stock.threshold_or(self.low_stock_threshold)
    }

    /// What others are told of a product that has just become low.
    pub(crate) fn low(&self, stock: &Stock) -> Fact {
        let threshold = stock.threshold_or(self.low_stock_threshold);
        Fact::StockLow { product_id: stock.product_id, available: stock.available(), threshold }
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
                holds::set(*cart_id, *product_id, *quantity, *revision, self, rows, cx)?;
            }
            Message::RenewHolds { cart_id, lines, revision } => {
                return Ok(Reply::Held(holds::renew(*cart_id, lines, *revision, self, rows, cx)));
            }
            Message::AdjustStock { adjustment_id, reason, note, changes } => {
                let (adjustment_id, reason, note) = (*adjustment_id, *reason, note.as_deref());
                let saying = staff::Saying { adjustment_id, reason, note };
                return staff::adjust(&saying, changes, self, rows, cx).map(Reply::Adjusted);
            }
            Message::SetThreshold { product_id, threshold } => {
                return staff::set_threshold(*product_id, *threshold, self, rows, cx).map(Reply::Stock);
            }
            Message::CountProduct { product_id } => staff::count_product(*product_id, rows, cx),
            Message::LowerHold { cart_id, product_id, quantity, revision } => {
                holds::lower(*cart_id, *product_id, *quantity, *revision, self, rows, cx);
            }
            Message::TakeHold { order_id, cart_id, lines } => {
                orders::take_hold(*order_id, *cart_id, lines, self, rows, cx);
            }
            Message::Validate { order_id, cart_id, lines } => {
                orders::validate(*order_id, *cart_id, lines, self, rows, cx);
            }
            Message::Settle { order_id } => orders::settle(*order_id, self, rows, cx)?,
            Message::Cancel { order_id, cart_id } => orders::cancel(*order_id, *cart_id, self, rows, cx),
            Message::EndSlot { slot } => holds::end_slot(*slot, rows, cx),
            Message::EndHold { cart_id } => holds::end(*cart_id, self, rows, cx),
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
