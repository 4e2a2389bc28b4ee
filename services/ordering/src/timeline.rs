//! The timeline: a projection of all events that belong to an order, whichever service published them.

use contracts::{Envelope, OrderId, ServiceName, Timestamp};
use engine::{Field, Projection, Reads, Row, Session, StoreError, Subscription, Table, Value};
use uuid::Uuid;

use crate::{events, store::TIMELINE};

/// Keeps the timeline.
pub struct Timeline;

impl Projection for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn table(&self) -> &'static Table {
        &TIMELINE
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::OF_ORDERS
    }

    fn apply(
        &self,
        events: &[&Envelope],
        target: &'static Table,
        session: &mut dyn Session,
    ) -> Result<(), StoreError> {
        let row = |event: &&Envelope| -> Row {
            let is_own = event.source == ServiceName::Ordering;
            // An event of the order itself is its own whatever has led to it; others say so by what they belong to.
            let order = event.subject.parse::<Uuid>().ok().filter(|_| is_own);
            vec![
                Value::Id(order.unwrap_or(event.correlation_id)),
                Value::Id(event.id),
                Value::Integer(event.time.0),
                event.source.as_str().into(),
                event.kind.as_str().into(),
                Value::Id(event.causation_id),
                if is_own { Value::Integer(event.sequence) } else { Value::Null },
                events::detail(event).to_value(),
            ]
        };
        let mut rows: Vec<Row> = events.iter().map(row).collect();
        // As they lie in the table.
        rows.sort_unstable();
        session.upsert(target, rows)
    }
}

/// The order's own events past a number, as far as the timeline has them, with their types.
///
/// # Errors
/// The store cannot be read.
pub async fn events_of(
    reads: &Reads,
    order: OrderId,
    after: i64,
) -> Result<Vec<(String, events::OrderEvent)>, StoreError> {
    let [id, sequence] = [1, 2].map(|number| reads.parameter(number));
    let condition = format!("WHERE order_id = {id} AND sequence > {sequence}");
    let rows = reads.rows(&TIMELINE, &condition, vec![Value::Id(order.0), Value::Integer(after)]).await?;
    let event = |mut row: Row| -> Result<_, StoreError> {
        let mut take = |name| std::mem::replace(&mut row[TIMELINE.column(name)], Value::Null);
        let kind = String::from_value(take("type"))?;
        let (at, sequence) = (Timestamp::from_value(take("at_us"))?, i64::from_value(take("sequence"))?);
        let detail = Option::<String>::from_value(take("detail"))?;
        let event = events::OrderEvent::of(order, sequence, at, &kind, detail);
        Ok((kind, event))
    };
    rows.into_iter().map(event).collect()
}
