//! What a consumer has handled: a watermark per (source, topic, partition), and the positions above it that came early.
//! Duplicates of any age are known by it, and gaps are seen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bus::{Cursors, Delivery};
use contracts::ServiceName;
use uuid::Uuid;

use crate::{
    session::{Filter, Lock, Select, Session, StoreError},
    system::WATERMARK,
    value::{Field, Row, UnreadableValue, Value},
};

/// A partition's place: all up to `position` is handled, and what stands in `above`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Watermark {
    position: i64,
    above: BTreeSet<i64>,
}

impl Watermark {
    fn has(&self, position: i64) -> bool {
        position <= self.position || self.above.contains(&position)
    }

    fn add(&mut self, position: i64) {
        self.above.insert(position);
        while self.above.remove(&(self.position + 1)) {
            self.position += 1;
        }
    }
}

/// All that one consumer has handled of one source.
#[derive(Clone, Debug, Default)]
struct SourceMarks {
    epoch: Option<Uuid>,
    marks: BTreeMap<(Arc<str>, u8), Watermark>,
    /// Changed since it was last written.
    moved: BTreeSet<(Arc<str>, u8)>,
}

/// What a consumer has handled, of every source.
#[derive(Clone, Debug)]
pub(crate) struct Inbox {
    consumer: String,
    sources: HashMap<ServiceName, SourceMarks>,
}

impl Inbox {
    /// A consumer that has handled nothing.
    pub fn new(consumer: &str) -> Self {
        Self { consumer: consumer.to_owned(), sources: HashMap::new() }
    }

    /// The consumer's name.
    pub fn consumer(&self) -> &str {
        &self.consumer
    }

    /// Reads where the consumer stands.
    pub fn load(session: &mut dyn Session, consumer: &str) -> Result<Self, StoreError> {
        Self::load_with(session, consumer, Lock::None)
    }

    /// Reads where the consumer stands, and keeps it there until the transaction ends.
    pub fn load_locked(session: &mut dyn Session, consumer: &str) -> Result<Self, StoreError> {
        Self::load_with(session, consumer, Lock::Update)
    }

    fn load_with(session: &mut dyn Session, consumer: &str, lock: Lock) -> Result<Self, StoreError> {
        let filter = Filter::In { column: "consumer", values: vec![consumer.into()] };
        let rows = session.select(&Select { table: &WATERMARK, filter, lock })?;
        let mut inbox = Self::new(consumer);
        for row in rows {
            inbox.add_row(row)?;
        }
        Ok(inbox)
    }

    fn add_row(&mut self, row: Row) -> Result<(), UnreadableValue> {
        let mut columns = row.into_iter().skip(1);
        let source_name: String = crate::record::next(&mut columns)?;
        let source = source_name.parse().map_err(|_| UnreadableValue::new(source_name, "a service"))?;
        let topic: String = crate::record::next(&mut columns)?;
        let partition: u8 = crate::record::next(&mut columns)?;
        let epoch: Uuid = crate::record::next(&mut columns)?;
        let position: i64 = crate::record::next(&mut columns)?;
        let above: String = crate::record::next(&mut columns)?;
        let parse = |text: &str| text.parse().map_err(|_| UnreadableValue::new(text, "a position"));
        let above = above.split_terminator(',').map(parse).collect::<Result<_, _>>()?;
        let marks = self.sources.entry(source).or_default();
        marks.epoch = Some(epoch);
        marks.marks.insert((topic.into(), partition), Watermark { position, above });
        Ok(())
    }

    /// Where the consumer stands in a source.
    pub fn cursors(&self, source: ServiceName) -> Cursors {
        let Some(marks) = self.sources.get(&source) else { return Cursors::default() };
        let positions = marks.marks.iter().map(|(place, mark)| (place.clone(), mark.position));
        Cursors { epoch: marks.epoch, positions: positions.collect() }
    }

    /// Notes an event as handled; says whether it is new.
    pub fn admit(&mut self, delivery: &Delivery) -> bool {
        let logged = &delivery.logged;
        let marks = self.sources.entry(logged.event.source).or_default();
        marks.epoch.get_or_insert(delivery.epoch);
        let place = (logged.topic.clone(), logged.partition);
        let mark = marks.marks.entry(place.clone()).or_default();
        if mark.has(logged.position) {
            return false;
        }
        mark.add(logged.position);
        marks.moved.insert(place);
        true
    }

    /// The rows that say where the consumer stands now, for the places that moved.
    pub fn take_moved(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (source, marks) in &mut self.sources {
            for place in std::mem::take(&mut marks.moved) {
                let Some(mark) = marks.marks.get(&place) else { continue };
                let above: String = mark.above.iter().map(|position| format!("{position},")).collect();
                rows.push(vec![
                    Value::Text(self.consumer.clone()),
                    source.as_str().into(),
                    Value::Text(place.0.to_string()),
                    Value::Integer(i64::from(place.1)),
                    Value::Id(marks.epoch.unwrap_or_default()),
                    mark.position.to_value(),
                    Value::Text(above),
                ]);
            }
        }
        rows.sort_unstable();
        rows
    }
}
