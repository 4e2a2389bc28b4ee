//! The timeline: a projection of all events that belong to an order, whichever service published them.

use contracts::{Envelope, ServiceName};
use engine::{Projection, Row, Session, StoreError, Subscription, Table, Value};

use crate::store::TIMELINE;

/// Keeps the timeline.
pub struct Timeline;

/// Everything that services publish on an order's way.
const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription { source: ServiceName::Cart, types: &["cart.checked_out.v1"] },
    Subscription { source: ServiceName::Ordering, types: &[] },
    Subscription {
        source: ServiceName::Inventory,
        types: &["inventory.order_confirmed.v1", "inventory.order_rejected.v1"],
    },
    Subscription { source: ServiceName::Payment, types: &[] },
    Subscription { source: ServiceName::Fulfilment, types: &[] },
];

impl Projection for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn table(&self) -> &'static Table {
        &TIMELINE
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        SUBSCRIPTIONS
    }

    fn apply(
        &self,
        events: &[&Envelope],
        target: &'static Table,
        session: &mut dyn Session,
    ) -> Result<(), StoreError> {
        let row = |event: &&Envelope| -> Row {
            vec![
                Value::Id(event.correlation_id),
                Value::Id(event.id),
                Value::Integer(event.time.0),
                event.source.as_str().into(),
                event.kind.as_str().into(),
                Value::Id(event.causation_id),
            ]
        };
        session.upsert(target, events.iter().map(row).collect())
    }
}
