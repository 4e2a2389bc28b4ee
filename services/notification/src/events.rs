//! Public events to messages.

use contracts::{Envelope, Event, ServiceName, UnreadableEvent, events::catalog::ProductPriceChanged};
use engine::Subscription;

use crate::domain::{Change, Message};

/// Whose events are handled.
pub(crate) const SUBSCRIPTIONS: &[Subscription] =
    &[Subscription { source: ServiceName::Catalog, types: &[ProductPriceChanged::TYPE] }];

/// Translates an event.
pub(crate) fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    if event.kind != ProductPriceChanged::TYPE {
        return Ok(None);
    }
    let ProductPriceChanged { product_id, price, .. } = event.read()?;
    Ok(Some(Message { product_id, change: Change::Price(price, event.sequence) }))
}
