//! Time and ids are arguments, so that a test, a replay and the simulation can choose them.

use contracts::Timestamp;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Makes ids.
pub trait Ids: Send {
    /// A new UUIDv7 of this moment, greater than those before it.
    fn next(&mut self, now: Timestamp) -> Uuid;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The one place where the machine's clock is read.
    fn now(&self) -> Timestamp {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(since_epoch.as_micros() as i64)
    }
}

/// A clock that stands still until it is set.
#[derive(Debug, Default)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(now.0.into())
    }

    /// Sets it to `now`, unless it shows a later time already.
    pub fn advance_to(&self, now: Timestamp) {
        self.0.fetch_max(now.0, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

/// Ids of a lane: time, a counter within the same millisecond, and random bits.
#[derive(Debug, Default)]
pub struct RandomIds {
    context: uuid::ContextV7,
}

impl RandomIds {
    /// Starts anew.
    pub fn new() -> Self {
        Self { context: uuid::ContextV7::new() }
    }
}

impl Ids for RandomIds {
    fn next(&mut self, now: Timestamp) -> Uuid {
        let micros = now.0.max(0) as u64;
        let nanos = (micros % 1_000_000) as u32 * 1_000;
        Uuid::new_v7(uuid::Timestamp::from_unix(&self.context, micros / 1_000_000, nanos))
    }
}

/// Ids that count up from a seed: the same run gives the same ids.
#[derive(Debug)]
pub struct CountedIds {
    seed: u64,
    count: u64,
    /// Ids never go back in time, also where the clock does.
    millis: u64,
}

impl CountedIds {
    /// Ids of a run.
    pub fn new(seed: u64) -> Self {
        Self { seed, count: 0, millis: 0 }
    }
}

impl Ids for CountedIds {
    fn next(&mut self, now: Timestamp) -> Uuid {
        self.count += 1;
        self.millis = self.millis.max((now.0.max(0) / 1_000) as u64);
        let mut bytes = [0; 10];
        bytes[..4].copy_from_slice(&(self.seed as u32).to_be_bytes());
        bytes[4..].copy_from_slice(&self.count.to_be_bytes()[2..]);
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }
}
