//! Inbound events to messages, facts to public events. The only place that names contract events.

use contracts::{
    Envelope, Event, ServiceName, UnreadableEvent,
    events::{
        fulfilment::{
            Delivered, DeliveryStarted, DeliveryStatusUpdated, DeliveryStopRefused, DeliveryStopped,
        },
        ordering::{OrderCancelRequested, OrderCancelled, OrderPaid, StockLine},
    },
};
use engine::{Publication, Subscription};

use crate::{
    domain::{Booking, Fact, Line, Parcel},
    message::Message,
};

/// What fulfilment listens to.
pub(crate) const SUBSCRIPTIONS: &[Subscription] = &[Subscription {
    source: ServiceName::Ordering,
    types: &[OrderPaid::TYPE, OrderCancelRequested::TYPE, OrderCancelled::TYPE],
}];

/// Translates an event to a message.
pub(crate) fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    Ok(match event.kind.as_str() {
        OrderPaid::TYPE => {
            let OrderPaid { order_id, lines, shipping_address: address, shipping_method, .. } =
                event.read()?;
            let line = |StockLine { product_id, quantity }| Line { product_id, quantity };
            let parcel = Parcel { order_id, shipping_method, address };
            Some(Message::Prepare { parcel, lines: lines.into_iter().map(line).collect() })
        }
        OrderCancelRequested::TYPE => {
            let OrderCancelRequested { order_id } = event.read()?;
            Some(Message::StopIfPossible { order_id })
        }
        OrderCancelled::TYPE => {
            let OrderCancelled { order_id, .. } = event.read()?;
            Some(Message::Cancel { order_id })
        }
        _ => None,
    })
}

/// Translates a fact to its public event.
pub(crate) fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Packed(order_id) => {
            Publication::of(&DeliveryStatusUpdated { order_id, status: "packed".to_owned() })
        }
        Fact::Shipped(order_id, Booking { carrier, tracking_number }) => {
            Publication::of(&DeliveryStarted { order_id, carrier, tracking_number })
        }
        Fact::Delivered(order_id) => Publication::of(&Delivered { order_id }),
        Fact::Stopped(order_id) => Publication::of(&DeliveryStopped { order_id }),
        Fact::StopRefused(order_id) => Publication::of(&DeliveryStopRefused { order_id }),
    }
}
