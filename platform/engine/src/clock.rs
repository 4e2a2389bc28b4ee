//! Time and ids are arguments, so that a test, a replay and the simulation can choose them.

use std::time::Instant;

use contracts::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Hears the latest time that an earlier process has noted, which is not to be in the future. A clock that cannot be told ignores it.
    fn go_on_from(&self, _latest: Timestamp) {}
}

/// Makes ids.
pub trait Ids: Send {
    /// A new UUIDv7 of this moment, greater than those before it.
    fn next(&mut self, now: Timestamp) -> Uuid;
}

/// A clock over another one, which never goes back: timers, leases and sessions wait by it, and would wait as much longer as it is set
/// back. Where the other is behind, this one goes on at half its pace until they agree again (docs/decisions/0010).
#[derive(Debug)]
pub struct SteadyClock<C> {
    machine: C,
    shown: Mutex<Option<Shown>>,
}

impl<C> SteadyClock<C> {
    /// Steadies a clock that may be set.
    pub const fn new(machine: C) -> Self {
        Self { machine, shown: Mutex::new(None) }
    }
}

impl<C: Clock> Clock for SteadyClock<C> {
    fn now(&self) -> Timestamp {
        let mut shown = self.shown.lock();
        let (machine, at) = (self.machine.now(), Instant::now());
        shown.get_or_insert(Shown::new(machine, at)).tell(machine, at)
    }

    fn go_on_from(&self, latest: Timestamp) {
        let mut shown = self.shown.lock();
        let (machine, at) = (self.machine.now(), Instant::now());
        shown.get_or_insert(Shown::new(machine, at)).go_on_from(latest, machine, at);
    }
}

/// The machine's clock, steadied.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The machine has one clock, and so has the process.
static STEADY: SteadyClock<MachineClock> = SteadyClock::new(MachineClock);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        STEADY.now()
    }

    fn go_on_from(&self, latest: Timestamp) {
        STEADY.go_on_from(latest);
    }
}

/// The machine's clock as it is.
#[derive(Debug)]
struct MachineClock;

impl Clock for MachineClock {
    #[allow(clippy::disallowed_methods)] // The one place where the machine's clock is read.
    fn now(&self) -> Timestamp {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(since_epoch.as_micros() as i64)
    }
}

/// How far the machine's clock may be behind, in microseconds: two days. One that is further behind corrects a clock that was wrong, and is
/// taken as it is.
const BEHIND_MAX_US: i64 = 2 * 24 * 3_600 * 1_000_000;

/// How far it is behind before that is worth a word, in microseconds.
const BEHIND_NOTED_US: i64 = 1_000_000;

/// The time that was told last, and when that was by the time that nobody sets.
#[derive(Debug)]
struct Shown {
    time: Timestamp,
    at: Instant,
    /// Whether it has been said that the machine's clock is behind.
    noted: bool,
}

impl Shown {
    fn new(machine: Timestamp, at: Instant) -> Self {
        Self { time: machine, at, noted: false }
    }

    /// The time, when the machine's clock shows `machine` at the moment `at`.
    fn tell(&mut self, machine: Timestamp, at: Instant) -> Timestamp {
        let passed = at.saturating_duration_since(self.at) / 2;
        let slowed = self.time.plus(passed);
        let behind = slowed.micros_since(machine);
        let time = if behind > BEHIND_MAX_US { machine } else { machine.max(slowed) };
        if time != self.time {
            (self.time, self.at) = (time, at);
        }
        self.note(behind);
        time
    }

    fn go_on_from(&mut self, latest: Timestamp, machine: Timestamp, at: Instant) {
        if latest > self.time && latest.micros_since(machine) <= BEHIND_MAX_US {
            (self.time, self.at) = (latest, at);
        }
        self.tell(machine, at);
    }

    fn note(&mut self, behind: i64) {
        let is_behind = behind > BEHIND_NOTED_US;
        if is_behind && !self.noted {
            let seconds = behind / 1_000_000;
            if behind > BEHIND_MAX_US {
                tracing::warn!(
                    seconds,
                    "the machine's clock was set back by days; timers that are set wait as much longer"
                );
            } else {
                tracing::warn!(
                    seconds,
                    "the machine's clock is behind the shop's, which goes on at half its pace until they agree"
                );
            }
        }
        self.noted = is_behind;
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

    fn go_on_from(&self, latest: Timestamp) {
        self.advance_to(latest);
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use contracts::Timestamp;

    use super::{BEHIND_MAX_US, Shown};

    const HOUR: Duration = Duration::from_secs(3_600);
    const NOON: Timestamp = Timestamp(1_800_000_000_000_000);

    fn back(time: Timestamp, by: Duration) -> Timestamp {
        Timestamp(time.0 - by.as_micros() as i64)
    }

    #[test]
    fn it_shows_the_machines_time_while_that_goes_on() {
        let begin = Instant::now();
        let mut shown = Shown::new(NOON, begin);
        for passed in [Duration::ZERO, Duration::from_micros(1), HOUR] {
            assert_eq!(shown.tell(NOON.plus(passed), begin + passed), NOON.plus(passed));
        }
        // A jump ahead is the machine's to make.
        assert_eq!(shown.tell(NOON.plus(10 * HOUR), begin + HOUR), NOON.plus(10 * HOUR));
    }

    #[test]
    fn set_back_it_goes_on_at_half_the_pace_until_they_agree() {
        let begin = Instant::now();
        let mut shown = Shown::new(NOON, begin);
        let machine = back(NOON, HOUR);
        assert_eq!(shown.tell(machine, begin), NOON);
        assert_eq!(shown.tell(machine.plus(HOUR), begin + HOUR), NOON.plus(HOUR / 2));
        assert_eq!(shown.tell(machine.plus(2 * HOUR), begin + 2 * HOUR), NOON.plus(HOUR));
        assert_eq!(shown.tell(machine.plus(3 * HOUR), begin + 3 * HOUR), NOON.plus(2 * HOUR));
    }

    #[test]
    fn asked_again_and_again_it_loses_nothing() {
        let begin = Instant::now();
        let mut shown = Shown::new(NOON, begin);
        let machine = back(NOON, HOUR);
        for nanos in (0..=1_000_000).step_by(100) {
            let passed = Duration::from_nanos(nanos);
            shown.tell(machine.plus(passed), begin + passed);
        }
        let told = shown.tell(machine, begin + Duration::from_millis(1)).micros_since(NOON);
        assert!((490..=500).contains(&told), "{told} of 500 us");
    }

    #[test]
    fn set_back_by_days_it_follows() {
        let begin = Instant::now();
        let mut shown = Shown::new(NOON, begin);
        let far = Timestamp(NOON.0 - BEHIND_MAX_US - 1);
        assert_eq!(shown.tell(far, begin), far);
        assert_eq!(shown.tell(far.plus(HOUR), begin + HOUR), far.plus(HOUR));
    }

    #[test]
    fn it_goes_on_from_what_an_earlier_process_has_written() {
        let begin = Instant::now();
        let mut shown = Shown::new(NOON, begin);
        shown.go_on_from(back(NOON, HOUR), NOON, begin);
        assert_eq!(shown.tell(NOON, begin), NOON, "nothing is ahead of it");
        let machine = back(NOON, HOUR);
        let mut later = Shown::new(machine, begin);
        later.go_on_from(NOON, machine, begin);
        assert_eq!(later.tell(machine.plus(HOUR), begin + HOUR), NOON.plus(HOUR / 2));
        let mut wrong = Shown::new(machine, begin);
        wrong.go_on_from(machine.plus(1_000 * HOUR), machine, begin);
        assert_eq!(wrong.tell(machine, begin), machine, "what is far ahead was written with a wrong clock");
    }
}
