//! Who waits for an order's next event. One reader of the service's own log tells all of them: at once of what this process commits, and
//! within a quarter of a second of what another has. What they then show, they read from the log itself.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use bus::{Consumer, Cursors, Embedded, Subscription, Transport, TransportError};
use contracts::{OrderId, PARTITIONS, ServiceName};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How often the log is looked at for what another process has appended.
const POLL: Duration = Duration::from_millis(250);

/// How many events are read at once.
const READ_MAX: usize = 512;

/// Streams by their order. A stream that has gone is forgotten when its order is looked for, or the next one comes.
#[derive(Default)]
struct Waiting(HashMap<String, Vec<Weak<Notify>>>);

/// Those who wait.
#[derive(Clone)]
pub struct Watchers {
    waiting: Arc<Mutex<Waiting>>,
    /// Wakes the reader, of new events and of the first who waits.
    woken: Arc<Notify>,
}

impl Watchers {
    /// Begins to read the log.
    ///
    /// # Errors
    /// The service's log is not on the transport.
    pub fn start(transport: &Embedded, shared: bool) -> Result<Self, TransportError> {
        let watchers = Self { waiting: Arc::default(), woken: Arc::new(Notify::new()) };
        let source = ServiceName::Ordering;
        let consumer = Consumer { name: "live".to_owned(), source, partitions: (0..PARTITIONS).collect() };
        let woken = Arc::downgrade(&watchers.woken);
        let wake = Arc::new(move || {
            if let Some(woken) = woken.upgrade() {
                woken.notify_one();
            }
        });
        let subscription = transport.subscribe(consumer, wake)?;
        let reader = Reader {
            transport: transport.clone(),
            subscription,
            cursors: transport.heads(source).unwrap_or_default(),
            waiting: Arc::downgrade(&watchers.waiting),
            shared,
        };
        tokio::spawn(reader.run(watchers.woken.clone()));
        Ok(watchers)
    }

    /// Is told of each event of the order from now on.
    pub fn watch(&self, order: OrderId) -> Arc<Notify> {
        let told = Arc::new(Notify::new());
        let mut waiting = self.waiting.lock();
        waiting.0.retain(|_, streams| {
            streams.retain(|stream| stream.strong_count() > 0);
            !streams.is_empty()
        });
        waiting.0.entry(order.to_string()).or_default().push(Arc::downgrade(&told));
        drop(waiting);
        self.woken.notify_one();
        told
    }
}

/// Reads the log for those who wait.
struct Reader {
    transport: Embedded,
    subscription: Box<dyn Subscription>,
    cursors: Cursors,
    /// Gone with the service.
    waiting: Weak<Mutex<Waiting>>,
    shared: bool,
}

impl Reader {
    async fn run(mut self, woken: Arc<Notify>) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let look_again = tokio::select! {
                () = woken.notified() => false,
                _ = ticks.tick() => self.shared,
            };
            let Some(waiting) = self.waiting.upgrade() else { return };
            // Before the look at who waits: whoever comes after that reads all up to here by itself.
            let heads = self.transport.heads(ServiceName::Ordering).unwrap_or_default();
            if waiting.lock().0.values().flatten().all(|stream| stream.strong_count() == 0) {
                self.cursors = heads;
                continue;
            }
            // Events that are not in memory are read from a file, which must not hold up the runtime.
            let read = tokio::task::spawn_blocking(move || {
                let read = self.read(look_again);
                (self, read)
            });
            let read = match read.await {
                Ok((reader, read)) => {
                    self = reader;
                    read
                }
                Err(error) => {
                    tracing::error!(%error, "the log's reader for streams has ended");
                    return;
                }
            };
            match read {
                Ok(subjects) => {
                    let waiting = waiting.lock();
                    let told = subjects.iter().filter_map(|subject| waiting.0.get(subject)).flatten();
                    told.filter_map(Weak::upgrade).for_each(|stream| stream.notify_one());
                }
                // Nobody knows what was missed, so all look for themselves.
                Err(error) => {
                    tracing::warn!(%error, "the log cannot be read for streams");
                    self.cursors = self.transport.heads(ServiceName::Ordering).unwrap_or_default();
                    waiting
                        .lock()
                        .0
                        .values()
                        .flatten()
                        .filter_map(Weak::upgrade)
                        .for_each(|stream| stream.notify_one());
                }
            }
        }
    }

    /// The subjects of all new events.
    fn read(&mut self, look_again: bool) -> Result<Vec<String>, TransportError> {
        if look_again {
            self.transport.look_again(ServiceName::Ordering)?;
        }
        let mut subjects = Vec::new();
        loop {
            let deliveries = self.subscription.poll(&self.cursors, READ_MAX)?;
            if deliveries.is_empty() {
                return Ok(subjects);
            }
            for delivery in deliveries {
                let logged = &delivery.logged;
                self.cursors.positions.insert((logged.topic.clone(), logged.partition), logged.position);
                subjects.push(logged.event.subject.clone());
            }
        }
    }
}
