//! Inbound events to messages, facts to public events. The only place that names contract events.

use contracts::{
    Envelope, Event, ServiceName, UnreadableEvent,
    events::{
        cart::{CartCheckedOut, CartItemRemoved, OrderLine},
        catalog::ProductCreated,
        inventory::{OrderConfirmed, OrderRejected, StockCreated, StockLow, StockUpdated},
        ordering::{OrderAwaitingValidation, OrderCancelled, OrderPaid, StockLine},
    },
};
use engine::{Publication, Subscription};

use crate::{
    domain::{Fact, Line},
    message::Message,
};

/// What inventory listens to.
pub(crate) const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription { source: ServiceName::Catalog, types: &[ProductCreated::TYPE] },
    Subscription { source: ServiceName::Cart, types: &[CartItemRemoved::TYPE, CartCheckedOut::TYPE] },
    Subscription {
        source: ServiceName::Ordering,
        types: &[OrderAwaitingValidation::TYPE, OrderPaid::TYPE, OrderCancelled::TYPE],
    },
];

/// Translates an event to a message.
pub(crate) fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    Ok(match event.kind.as_str() {
        ProductCreated::TYPE => {
            let ProductCreated { product_id, stocked, .. } = event.read()?;
            stocked.then_some(Message::CountProduct { product_id })
        }
        CartItemRemoved::TYPE => {
            let CartItemRemoved { cart_id, product_id, quantity, revision } = event.read()?;
            Some(Message::LowerHold { cart_id, product_id, quantity, revision })
        }
        CartCheckedOut::TYPE => {
            let CartCheckedOut { order_id, cart_id, lines, .. } = event.read()?;
            Some(Message::TakeHold { order_id, cart_id, lines: stocked_lines(&lines) })
        }
        OrderAwaitingValidation::TYPE => {
            let OrderAwaitingValidation { order_id, cart_id, lines } = event.read()?;
            let line = |&StockLine { product_id, quantity }: &StockLine| Line {
                product_id,
                quantity: i64::from(quantity),
            };
            Some(Message::Validate { order_id, cart_id, lines: lines.iter().map(line).collect() })
        }
        OrderPaid::TYPE => {
            let OrderPaid { order_id, .. } = event.read()?;
            Some(Message::Settle { order_id })
        }
        OrderCancelled::TYPE => {
            let OrderCancelled { order_id, cart_id, .. } = event.read()?;
            Some(Message::Cancel { order_id, cart_id })
        }
        _ => None,
    })
}

fn stocked_lines(lines: &[OrderLine]) -> Vec<Line> {
    let stocked = lines.iter().filter(|line| line.stocked);
    stocked.map(|line| Line { product_id: line.product_id, quantity: i64::from(line.quantity) }).collect()
}

/// Translates a fact to its public event.
pub(crate) fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::StockCreated { product_id, on_hand } => Publication::of(&StockCreated { product_id, on_hand }),
        Fact::StockUpdated { product_id, on_hand, reserved } => {
            Publication::of(&StockUpdated { product_id, on_hand, reserved })
        }
        Fact::StockLow { product_id, available, threshold } => {
            Publication::of(&StockLow { product_id, available, threshold })
        }
        Fact::OrderConfirmed { order_id } => Publication::of(&OrderConfirmed { order_id }),
        Fact::OrderRejected { order_id, short } => Publication::of(&OrderRejected { order_id, short }),
    }
}
