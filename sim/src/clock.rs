//! The simulation's time: one for all, and how far each service's clock is off.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use contracts::Timestamp;
use engine::Clock;

/// 2026-01-01, when every seed begins.
const START_US: i64 = 1_767_225_600_000_000;

/// The time that passes for all.
#[derive(Clone)]
pub struct Time(Arc<AtomicI64>);

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START_US)))
    }
}

impl Time {
    /// Lets so many microseconds pass.
    pub fn pass(&self, micros: i64) {
        self.0.fetch_add(micros.max(0), Ordering::Relaxed);
    }

    /// Microseconds since the start.
    pub fn passed(&self) -> i64 {
        self.0.load(Ordering::Relaxed) - START_US
    }
}

/// A service's clock.
pub struct SimClock {
    time: Time,
    off_by: AtomicI64,
}

impl SimClock {
    /// A clock that is right.
    pub fn new(time: Time) -> Self {
        Self { time, off_by: AtomicI64::new(0) }
    }

    /// Jumps by so many microseconds, ahead or back.
    pub fn jump(&self, micros: i64) {
        self.off_by.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.time.0.load(Ordering::Relaxed) + self.off_by.load(Ordering::Relaxed))
    }
}
