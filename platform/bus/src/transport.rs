//! The interface that every transport has.

use std::{collections::BTreeMap, sync::Arc};

use contracts::{Envelope, ServiceName};
use uuid::Uuid;

/// An event with its place in its producer's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition; all events of a subject share it.
    pub partition: u8,
    /// Counts from 1 without gaps within the topic's partition.
    pub position: i64,
    /// The event.
    pub event: Envelope,
}

/// An event as it reaches a consumer.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which life of the producer's log the position belongs to; another one after a restore.
    pub epoch: Uuid,
    /// The event and its place.
    pub logged: Arc<Logged>,
}

/// Who listens, to whom, and which share of the partitions is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// A constant name: where a consumer stands is kept under it.
    pub name: String,
    /// The producer.
    pub source: ServiceName,
    /// The partitions that this one reads.
    pub partitions: Vec<u8>,
}

/// The last position handled, by topic and partition. One that is not here has handled nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    /// The producer's epoch that the positions belong to; `None` before the first event.
    pub epoch: Option<Uuid>,
    /// The positions.
    pub positions: BTreeMap<(Arc<str>, u8), i64>,
}

impl Cursors {
    /// The last position handled.
    pub fn position(&self, topic: &Arc<str>, partition: u8) -> i64 {
        self.positions.get(&(topic.clone(), partition)).copied().unwrap_or(0)
    }
}

/// Called when there may be something new. Cheap, callable from any thread, and allowed to be called too often.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What keeps a consumer from its events.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The producer's log is another one than the cursor is of, or shorter than the cursor: it was restored or replaced.
    /// Going on would skip events, so the consumer stops until a person has decided.
    #[error(
        "the log of {origin} is not the one this consumer read until now ({detail}); it was restored or replaced, and reading on would skip events"
    )]
    AnotherLog {
        /// The producer.
        origin: ServiceName,
        /// What differs.
        detail: String,
    },
    /// The transport or the log behind it does not answer. The same again may work.
    #[error("events of {origin} cannot be read now: {detail}")]
    Unavailable {
        /// The producer.
        origin: ServiceName,
        /// What the transport said.
        detail: String,
    },
}

/// A way for events to travel.
pub trait Transport: Send + Sync {
    /// Opens a consumer's stream. `wake` is called when events may have come.
    ///
    /// # Errors
    /// The producer cannot be reached in any way, not even later.
    fn subscribe(&self, consumer: Consumer, wake: Wake) -> Result<Box<dyn Subscription>, TransportError>;
}

/// A consumer's stream of one producer's events.
pub trait Subscription: Send {
    /// Up to `limit` events past the cursors, each partition's in order of position, without a gap after its cursor
    /// unless the transport lost some. Events handled already may come again. Never waits.
    ///
    /// # Errors
    /// See [`TransportError`].
    fn poll(&mut self, cursors: &Cursors, limit: usize) -> Result<Vec<Delivery>, TransportError>;

    /// Tells that all up to the cursors is committed, so that a transport that holds copies may let go of them.
    fn committed(&mut self, _cursors: &Cursors) {}
}
