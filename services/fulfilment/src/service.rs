//! Fulfilment as the engine sees it.

use std::time::Duration;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};

use crate::{
    decisions::{self, Step},
    domain::{Booking, Fact, Pace, Parcel, Status},
    events,
    message::Message,
    store,
};

/// Fulfilment's settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether parcels are packed, shipped and delivered by themselves, as in a demonstration; else staff do it.
    pub parcels_move_by_themselves: bool,
    /// From paid to packed, in milliseconds; it takes up to 250 ms more, as do the other steps.
    pub pack_after_ms: u64,
    /// From packed to the carrier, in milliseconds.
    pub ship_after_ms: u64,
    /// From the carrier to the customer, in milliseconds.
    pub deliver_after_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            parcels_move_by_themselves: true,
            pack_after_ms: 1_000,
            ship_after_ms: 2_000,
            deliver_after_ms: 5_000,
        }
    }
}

/// The fulfilment service.
#[derive(Clone, Debug)]
pub struct Fulfilment {
    pace: Option<Pace>,
}

impl Fulfilment {
    /// Fulfilment with these settings.
    pub fn new(config: &Config) -> Self {
        let pace = Pace {
            pack_after: Duration::from_millis(config.pack_after_ms),
            ship_after: Duration::from_millis(config.ship_after_ms),
            deliver_after: Duration::from_millis(config.deliver_after_ms),
        };
        Self { pace: config.parcels_move_by_themselves.then_some(pace) }
    }
}

impl Service for Fulfilment {
    const NAME: ServiceName = ServiceName::Fulfilment;

    type Message = Message;
    /// Where the shipment stands after a step that staff took; `None` for all other messages.
    type Reply = Option<Status>;
    type Fact = Fact;
    type Request = Parcel;
    type Response = Booking;

    fn tables(&self) -> Vec<&'static Table> {
        store::tables()
    }

    fn key(&self, message: &Message) -> Key {
        message.key()
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        decisions::needs(message, needs);
    }

    fn handle(
        &self,
        message: &Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Self>,
    ) -> Result<Option<Status>, Refusal> {
        let pace = self.pace.as_ref();
        let step = match message {
            Message::Pack { order_id } => (*order_id, Step::Pack),
            Message::Ship { order_id } => (*order_id, Step::Ship),
            Message::Deliver { order_id } => (*order_id, Step::Deliver),
            Message::HandOver { order_id, booking } => {
                return decisions::hand_over(*order_id, booking, pace, rows, cx).map(Some);
            }
            Message::Prepare { parcel, lines } => {
                decisions::prepare(parcel, lines, pace, rows, cx);
                return Ok(None);
            }
            Message::StopIfPossible { order_id } => {
                return decisions::stop_if_possible(*order_id, rows, cx).map(|()| None);
            }
            Message::Cancel { order_id } => {
                decisions::cancel(*order_id, rows, cx);
                return Ok(None);
            }
            Message::Booked { order_id, booking } => {
                return decisions::booked(*order_id, booking, pace, rows, cx).map(|()| None);
            }
            Message::EndSlot { slot } => {
                decisions::end_slot(*slot, pace, rows, cx);
                return Ok(None);
            }
        };
        decisions::step_by_staff(step.0, step.1, pace, rows, cx).map(Some)
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

    fn effect_ended(&self, request: Parcel, booking: Booking) -> Message {
        Message::Booked { order_id: request.order_id, booking }
    }
}
