//! When measured messages were committed and when they reached their handler.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use bus::{Consumer, Cursors, Embedded, Subscription, Transport};
use contracts::{PARTITIONS, ServiceName};

use super::producer::Published;
use crate::latency::Latencies;

/// Messages that can be measured; a few minutes at the rate of the callers.
const MEASURED_MAX: usize = 2_000_000;

/// Events taken at once from the producer's log.
const TAKE: usize = 4_096;

pub(super) struct Stamps {
    started: Instant,
    /// Nanoseconds from `started` to the commit, by a message's number; 0 for none.
    committed: Vec<AtomicU64>,
    handled: Mutex<Latencies>,
    is_measuring: AtomicBool,
}

impl Stamps {
    pub fn new() -> Self {
        let mut committed = Vec::new();
        committed.resize_with(MEASURED_MAX, AtomicU64::default);
        Self {
            started: Instant::now(),
            committed,
            handled: Mutex::default(),
            is_measuring: AtomicBool::new(true),
        }
    }

    /// Listens to the producer's commits. The producer's lane calls this right after a commit, before other listeners.
    pub fn listen(self: &Arc<Self>, transport: &Embedded) -> Result<(), bus::TransportError> {
        let consumer = Consumer {
            name: "stamps".to_owned(),
            source: ServiceName::Catalog,
            partitions: (0..PARTITIONS).collect(),
        };
        let stamps = Arc::clone(self);
        let place: Arc<Mutex<Option<Place>>> = Arc::default();
        let place_of_wake = Arc::clone(&place);
        let wake = move || {
            if let Some(place) = &mut *place_of_wake.lock().unwrap_or_else(PoisonError::into_inner) {
                stamps.stamp(place);
            }
        };
        let subscription = transport.subscribe(consumer, Arc::new(wake))?;
        *place.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Place { subscription, cursors: Cursors::default() });
        Ok(())
    }

    fn stamp(&self, place: &mut Place) {
        if !self.is_measuring.load(Ordering::Relaxed) {
            return;
        }
        let now = self.started.elapsed().as_nanos() as u64;
        // What cannot be read now is not stamped, and counts as no time: the consumer cannot read it either.
        for delivery in place.subscription.poll(&place.cursors, TAKE).unwrap_or_default() {
            let logged = &delivery.logged;
            place.cursors.epoch = Some(delivery.epoch);
            place.cursors.positions.insert((Arc::clone(&logged.topic), logged.partition), logged.position);
            let number = logged.event.read::<Published>().map_or(0, |published| published.number);
            if let Some(committed) = self.slot(number) {
                committed.store(now, Ordering::Release);
            }
        }
    }

    /// A message has reached its handler.
    pub fn handled(&self, number: u64) {
        let Some(committed) = self.slot(number) else { return };
        let now = self.started.elapsed().as_nanos() as u64;
        // A consumer that was awake anyway can be there before the stamp: then it took no time.
        let nanos = match committed.load(Ordering::Acquire) {
            0 => 0,
            committed => now.saturating_sub(committed),
        };
        let mut handled = self.handled.lock().unwrap_or_else(PoisonError::into_inner);
        handled.add_micros((nanos / 1_000) as i64);
    }

    /// Ends the measurement; the times from commit to handler.
    pub fn finish(&self) -> Latencies {
        self.is_measuring.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.handled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The slot of a measured message; `None` for number 0 and past the last.
    fn slot(&self, number: u64) -> Option<&AtomicU64> {
        self.committed.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

struct Place {
    subscription: Box<dyn Subscription>,
    cursors: Cursors,
}
