//! Public events to messages, and facts to public events.

use contracts::{
    Currency, Envelope, Event, Money, ServiceName, UnreadableEvent,
    events::{
        ordering::{OrderCancelled, OrderStockConfirmed},
        payment::{PaymentCompleted, PaymentFailed, PaymentRefunded, WalletToppedUp},
    },
};
use engine::{Publication, Subscription};

use crate::{
    domain::{Fact, Payment},
    message::Message,
};

/// Whose events are handled.
pub const SUBSCRIPTIONS: &[Subscription] = &[Subscription {
    source: ServiceName::Ordering,
    types: &[OrderStockConfirmed::TYPE, OrderCancelled::TYPE],
}];

/// Translates an event.
pub fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    Ok(Some(match event.kind.as_str() {
        OrderStockConfirmed::TYPE => {
            let confirmed: OrderStockConfirmed = event.read()?;
            Message::Charge {
                order_id: confirmed.order_id,
                customer_id: confirmed.customer_id,
                amount: confirmed.total.amount,
                currency: confirmed.total.currency,
                method: confirmed.payment_method,
            }
        }
        OrderCancelled::TYPE => Message::OrderCancelled(event.read::<OrderCancelled>()?.order_id),
        _ => return Ok(None),
    }))
}

/// Translates a fact.
pub fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Completed(payment) => Publication::of(&PaymentCompleted {
            order_id: payment.order_id,
            amount: amount(&payment),
            reference: payment.reference.unwrap_or_default(),
        }),
        Fact::Failed(payment) => Publication::of(&PaymentFailed {
            order_id: payment.order_id,
            code: payment.decline_code.unwrap_or_default(),
        }),
        Fact::PaidBack { order_id, amount } => Publication::of(&PaymentRefunded { order_id, amount }),
        Fact::ToppedUp { customer_id, amount } => Publication::of(&WalletToppedUp { customer_id, amount }),
    }
}

fn amount(payment: &Payment) -> Money {
    // Only a void payment has no currency, and nothing is published about one.
    Money::new(payment.amount, payment.currency.unwrap_or(Currency::XXX))
}
