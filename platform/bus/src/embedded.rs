//! Events of a producer in the same process: its latest events from memory, earlier ones from its log.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use contracts::ServiceName;
use parking_lot::{Mutex, RwLock};
use uuid::Uuid;

use crate::transport::{Consumer, Cursors, Delivery, Logged, Subscription, Transport, TransportError, Wake};

/// A producer's log, as the embedded transport reads it.
pub trait Log: Send + Sync {
    /// Which life of the log this is.
    fn epoch(&self) -> Uuid;

    /// The topics of the log and the last position of each partition.
    ///
    /// # Errors
    /// The log cannot be read; says why.
    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String>;

    /// Up to `limit` events of a partition past `after`, in order.
    ///
    /// # Errors
    /// The log cannot be read; says why.
    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String>;
}

/// How many events of one partition stay in memory for consumers that keep up.
const TAIL_EVENTS_MAX: usize = 1_024;

/// A partition's latest events, and its last position that is known to be committed.
#[derive(Default)]
struct Tail {
    events: VecDeque<Arc<Logged>>,
    head: i64,
}

struct Producer {
    log: Arc<dyn Log>,
    /// In order, so that a reader with little room is given the same events in every run.
    tails: RwLock<BTreeMap<(Arc<str>, u8), Mutex<Tail>>>,
    /// Of each consumer, until it goes.
    wakes: RwLock<BTreeMap<u64, Wake>>,
    subscribed: AtomicU64,
}

impl Producer {
    fn with_tail<R>(&self, topic: &Arc<str>, partition: u8, use_tail: impl FnOnce(&mut Tail) -> R) -> R {
        let place = (topic.clone(), partition);
        if let Some(tail) = self.tails.read().get(&place) {
            return use_tail(&mut tail.lock());
        }
        use_tail(&mut self.tails.write().entry(place).or_default().lock())
    }
}

/// The transport within one process.
#[derive(Clone, Default)]
pub struct Embedded {
    producers: Arc<RwLock<HashMap<ServiceName, Arc<Producer>>>>,
}

impl Embedded {
    /// A transport that knows no producer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a producer's log known. Its consumers may subscribe from now on.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn add_producer(&self, source: ServiceName, log: Arc<dyn Log>) -> Result<(), TransportError> {
        let producer = Producer {
            log,
            tails: RwLock::default(),
            wakes: RwLock::default(),
            subscribed: AtomicU64::new(0),
        };
        refresh_heads(source, &producer)?;
        self.producers.write().insert(source, Arc::new(producer));
        Ok(())
    }

    /// The last position of each partition of a producer, as far as is known here; `None` where the producer is not.
    pub fn heads(&self, source: ServiceName) -> Option<Cursors> {
        let producer = self.producers.read().get(&source).cloned()?;
        let tails = producer.tails.read();
        let positions = tails.iter().map(|(place, tail)| (place.clone(), tail.lock().head)).collect();
        Some(Cursors { epoch: Some(producer.log.epoch()), positions })
    }

    /// Hands on what a producer has just committed, and wakes its consumers.
    pub fn announce(&self, source: ServiceName, committed: &[Arc<Logged>]) {
        let Some(producer) = self.producers.read().get(&source).cloned() else { return };
        for logged in committed {
            producer.with_tail(&logged.topic, logged.partition, |tail| {
                tail.head = tail.head.max(logged.position);
                match tail.events.back() {
                    // Two lanes that commit one after the other may get here in the other order.
                    Some(last) if last.position > logged.position => {
                        let place = tail.events.partition_point(|earlier| earlier.position < logged.position);
                        tail.events.insert(place, logged.clone());
                    }
                    _ => tail.events.push_back(logged.clone()),
                }
                if tail.events.len() > TAIL_EVENTS_MAX {
                    tail.events.pop_front();
                }
            });
        }
        self.wake(source);
    }

    /// Looks at the log itself for what another process has appended, and wakes the consumers where there is any.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn look_again(&self, source: ServiceName) -> Result<(), TransportError> {
        let Some(producer) = self.producers.read().get(&source).cloned() else { return Ok(()) };
        if refresh_heads(source, &producer)? {
            self.wake(source);
        }
        Ok(())
    }

    fn wake(&self, source: ServiceName) {
        let Some(producer) = self.producers.read().get(&source).cloned() else { return };
        for wake in producer.wakes.read().values() {
            wake();
        }
    }
}

/// Brings the heads up to the log's; says whether any moved.
fn refresh_heads(source: ServiceName, producer: &Producer) -> Result<bool, TransportError> {
    let heads =
        producer.log.heads().map_err(|detail| TransportError::Unavailable { origin: source, detail })?;
    let mut moved = false;
    for ((topic, partition), head) in heads {
        producer.with_tail(&topic, partition, |tail| {
            moved |= head > tail.head;
            tail.head = tail.head.max(head);
        });
    }
    Ok(moved)
}

impl Transport for Embedded {
    fn subscribe(&self, consumer: Consumer, wake: Wake) -> Result<Box<dyn Subscription>, TransportError> {
        let producer = self.producers.read().get(&consumer.source).cloned().ok_or_else(|| {
            TransportError::Unavailable {
                origin: consumer.source,
                detail: "it is not in this process".into(),
            }
        })?;
        let number = producer.subscribed.fetch_add(1, Ordering::Relaxed);
        producer.wakes.write().insert(number, wake);
        Ok(Box::new(EmbeddedSubscription { consumer, producer, number, first: 0 }))
    }
}

struct EmbeddedSubscription {
    consumer: Consumer,
    producer: Arc<Producer>,
    number: u64,
    /// Which partition has its turn first: where there is too little room for all, none is passed over twice.
    first: usize,
}

impl Drop for EmbeddedSubscription {
    /// Nobody wakes a consumer that has gone.
    fn drop(&mut self) {
        self.producer.wakes.write().remove(&self.number);
    }
}

impl EmbeddedSubscription {
    /// A partition's events past `after`: from memory when the next one is there, else from the log.
    fn read(
        &self,
        topic: &Arc<str>,
        partition: u8,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Arc<Logged>>, TransportError> {
        let next_from_memory = self.producer.with_tail(topic, partition, |tail| {
            let first = tail.events.front()?.position;
            let skip = usize::try_from(after + 1 - first).ok()?;
            let mut expected = after;
            let follows = |logged: &&Arc<Logged>| {
                expected += 1;
                logged.position == expected
            };
            let events: Vec<_> =
                tail.events.iter().skip(skip).take_while(follows).take(limit).cloned().collect();
            (!events.is_empty()).then_some(events)
        });
        match next_from_memory {
            Some(events) => Ok(events),
            None => self
                .producer
                .log
                .read(topic, partition, after, limit)
                .map_err(|detail| TransportError::Unavailable { origin: self.consumer.source, detail }),
        }
    }
}

impl Subscription for EmbeddedSubscription {
    fn poll(&mut self, cursors: &Cursors, limit: usize) -> Result<Vec<Delivery>, TransportError> {
        let another_log =
            |detail: String| TransportError::AnotherLog { origin: self.consumer.source, detail };
        let epoch = self.producer.log.epoch();
        if cursors.epoch.is_some_and(|known| known != epoch) {
            return Err(another_log("its epoch is new".into()));
        }
        let heads: Vec<(Arc<str>, u8, i64)> = {
            let tails = self.producer.tails.read();
            let own = tails.iter().filter(|((_, partition), _)| self.consumer.partitions.contains(partition));
            own.map(|((topic, partition), tail)| (topic.clone(), *partition, tail.lock().head)).collect()
        };
        let mut deliveries = Vec::new();
        let begin = self.first % heads.len().max(1);
        for at in (begin..heads.len()).chain(0..begin) {
            let (topic, partition, mut head) = heads[at].clone();
            let after = cursors.position(&topic, partition);
            if after > head {
                // Another process, or a lane that has not come to announce it, may have committed more than is known here.
                refresh_heads(self.consumer.source, &self.producer)?;
                head = self.producer.with_tail(&topic, partition, |tail| tail.head);
            }
            if after > head {
                return Err(another_log(format!("{topic}/{partition} ends at {head}, before {after}")));
            }
            // Not past the head: what is read beyond it would seem to be another log's at the next look.
            let room = (limit - deliveries.len()).min(usize::try_from(head - after).unwrap_or(0));
            if after == head || room == 0 {
                continue;
            }
            let events = self.read(&topic, partition, after, room)?;
            deliveries.extend(events.into_iter().map(|logged| Delivery { epoch, logged }));
            if deliveries.len() >= limit {
                self.first = at + 1;
                break;
            }
        }
        Ok(deliveries)
    }
}
/// A log in which nothing stands: of a service that others listen to, and that is not run here.
pub struct SilentLog;

impl Log for SilentLog {
    fn epoch(&self) -> Uuid {
        Uuid::nil()
    }

    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
        Ok(BTreeMap::new())
    }

    fn read(&self, _: &str, _: u8, _: i64, _: usize) -> Result<Vec<Arc<Logged>>, String> {
        Ok(Vec::new())
    }
}
