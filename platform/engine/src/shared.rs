//! What a service's lanes and its callers share: counters, arrivals, and the way out for what has committed.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use bus::{Embedded, Logged};
use contracts::ServiceName;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    clock::Clock,
    effects::Call,
    histogram::{BATCH_MESSAGES, Histogram, MICROSECONDS},
    lane::{LaneHandle, Work},
    message::{Incoming, Origin},
    outside::Caller,
    service::Service,
    store::StoreAddress,
    yielding::CallRuntime,
};

/// How many subjects that have just appeared are remembered for those who wait for them.
const ARRIVALS_MAX: usize = 4_096;

/// Counters of an engine, since its start.
#[derive(Debug)]
pub struct Stats {
    /// Transactions committed; each is one flush to disk on SQLite.
    pub commits: AtomicU64,
    /// Messages handled.
    pub messages: AtomicU64,
    /// Events published.
    pub events: AtomicU64,
    /// Events of other services that were handled.
    pub consumed: AtomicU64,
    /// Parked messages that were tried again.
    pub retries: AtomicU64,
    /// Messages per batch.
    pub batch_messages: Histogram,
    /// Microseconds from a batch's first message to its commit.
    pub batch_micros: Histogram,
    /// Calls to the outside that were begun.
    pub effects_begun: AtomicU64,
    /// Calls to the outside that were answered.
    pub effects_answered: AtomicU64,
    /// Calls to the outside that were given up.
    pub effects_given_up: AtomicU64,
    /// Attempts of calls that failed.
    pub effect_failures: Arc<AtomicU64>,
    /// Times that the store failed.
    pub store_errors: AtomicU64,
    /// Whether the store does not work just now.
    pub failing: AtomicBool,
    /// Sources that are not read any more, and why.
    pub stopped_sources: Mutex<HashMap<ServiceName, String>>,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            commits: AtomicU64::default(),
            messages: AtomicU64::default(),
            events: AtomicU64::default(),
            consumed: AtomicU64::default(),
            retries: AtomicU64::default(),
            batch_messages: Histogram::new(BATCH_MESSAGES),
            batch_micros: Histogram::new(MICROSECONDS),
            effects_begun: AtomicU64::default(),
            effects_answered: AtomicU64::default(),
            effects_given_up: AtomicU64::default(),
            effect_failures: Arc::default(),
            store_errors: AtomicU64::default(),
            failing: AtomicBool::default(),
            stopped_sources: Mutex::default(),
        }
    }
}

impl Stats {
    /// Counts a batch that has committed.
    pub(crate) fn count_batch<S: Service>(&self, batch: &[Incoming<S>], begun: Instant) {
        let (mut consumed, mut retries) = (0, 0);
        for incoming in batch {
            match &incoming.origin {
                Origin::Event(_) => consumed += 1,
                Origin::Parked(_) => retries += 1,
                _ => {}
            }
        }
        self.consumed.fetch_add(consumed, Ordering::Relaxed);
        self.retries.fetch_add(retries, Ordering::Relaxed);
        self.batch_messages.observe(batch.len() as u64);
        self.batch_micros.observe(begun.elapsed().as_micros() as u64);
    }
}

/// Subjects whose first event has just been committed, and who waits for one.
#[derive(Default)]
pub(crate) struct Arrivals {
    pub recent: HashSet<String>,
    order: VecDeque<String>,
    pub waiting: HashMap<String, Vec<oneshot::Sender<()>>>,
}

/// What a service's lanes and its callers share.
pub(crate) struct Shared<S: Service> {
    pub store: StoreAddress,
    pub clock: Arc<dyn Clock>,
    pub transport: Embedded,
    pub stats: Stats,
    pub caller: Option<Arc<Caller<S>>>,
    pub runtime: CallRuntime,
    pub arrivals: Mutex<Arrivals>,
}

impl<S: Service> Shared<S> {
    /// Lets out a batch's events, after its commit.
    pub fn committed(&self, logged: &[Arc<Logged>], messages: usize) {
        self.stats.commits.fetch_add(1, Ordering::Relaxed);
        self.stats.messages.fetch_add(messages as u64, Ordering::Relaxed);
        self.stats.events.fetch_add(logged.len() as u64, Ordering::Relaxed);
        if logged.is_empty() {
            return;
        }
        self.transport.announce(S::NAME, logged);
        let mut arrivals = self.arrivals.lock();
        for logged in logged.iter().filter(|logged| logged.event.sequence == 1) {
            let subject = &logged.event.subject;
            for waiting in arrivals.waiting.remove(subject).unwrap_or_default() {
                let _ = waiting.send(());
            }
            if arrivals.recent.insert(subject.clone()) {
                arrivals.order.push_back(subject.clone());
            }
            if arrivals.order.len() > ARRIVALS_MAX
                && let Some(oldest) = arrivals.order.pop_front()
            {
                arrivals.recent.remove(&oldest);
            }
        }
    }

    /// How many calls have not ended, or wait for their answer to be committed.
    pub fn calls_under_way(&self) -> usize {
        self.caller.as_ref().map_or(0, |caller| caller.calls_under_way())
    }

    /// Makes a call to the outside; its answer comes back to the lane.
    pub fn call(&self, call: Call<S>, lane: &LaneHandle<S>) {
        let Some(caller) = &self.caller else {
            tracing::error!(service = %S::NAME, key = call.idempotency_key, "nobody is there to make a call");
            return;
        };
        let queue = lane.queue.clone();
        let started = caller.start(&self.runtime, call, move |ended, under_way| {
            // A lane that has stopped leaves the effect's row, which is taken over at the next start.
            let _ = queue.send(Work::EffectEnded(ended, under_way));
        });
        if started {
            self.stats.effects_begun.fetch_add(1, Ordering::Relaxed);
        }
    }
}
