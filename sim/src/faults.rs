//! What may go wrong, how often it does in a seed, and what has.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::{invariants::Violation, random::Random};

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $name:literal, $rates:expr;)*) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$fault),*];

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$fault => $name,)* }
            }

            /// How often it may happen where it is on, in parts of 10,000 of its occasions.
            fn rates(self) -> [usize; 3] {
                match self { $(Self::$fault => $rates,)* }
            }
        }
    };
}

faults! {
    /// An event does not reach its consumer, and comes again from the log.
    EventLost = "event lost", [200, 1_000, 3_000];
    /// An event comes again, soon or long after.
    EventRepeated = "event repeated", [200, 1_000, 5_000];
    /// Events of other subjects overtake one another.
    EventsReordered = "events reordered", [500, 2_000, 8_000];
    /// Only a part of what there is comes.
    EventsDelayed = "events delayed", [500, 2_000, 6_000];
    /// Another transaction is in the way of a commit.
    CommitContended = "commit contended", [50, 300, 1_500];
    /// A commit happens, and its answer is lost.
    CommitAnswerLost = "commit's answer lost", [50, 200, 1_000];
    /// A commit does not happen, and nobody says so.
    CommitRequestLost = "commit's request lost", [50, 200, 1_000];
    /// The store fails, before or after a commit, and works again.
    StoreFailed = "store failed", [20, 100, 400];
    /// The process ends before a commit.
    CrashBeforeCommit = "crash before commit", [20, 100, 400];
    /// The process ends after a commit, before anybody hears of it.
    CrashAfterCommit = "crash after commit", [20, 100, 400];
    /// The process ends between two batches.
    Crash = "crash between batches", [10, 50, 200];
    /// The process ends when the outside has done its work, before the answer is committed.
    CrashAfterCall = "crash after call", [200, 1_000, 3_000];
    /// All processes end at once.
    PowerCut = "all processes crash", [3, 10, 40];
    /// The outside does not answer, and has done nothing.
    OutsideDown = "outside down", [300, 1_000, 4_000];
    /// A call does not reach the outside, and nobody says so.
    CallLost = "call lost", [300, 1_000, 3_000];
    /// The outside does its work, and its answer is lost.
    CallAnswerLost = "call's answer lost", [300, 1_500, 5_000];
    /// The gateway says the same again, by its callback.
    CallbackRepeated = "gateway's callback", [1_000, 3_000, 8_000];
    /// A command's answer does not reach the client, which sends the command again.
    AnswerLost = "answer lost", [100, 500, 2_000];
    /// A client sends a command twice at once.
    CommandDoubled = "command doubled", [100, 500, 2_000];
    /// A client does not wait long enough.
    ClientGaveUp = "client timed out", [100, 500, 2_000];
    /// A service's clock jumps ahead.
    ClockAhead = "clock jumps ahead", [10, 50, 200];
    /// A service's clock jumps back.
    ClockBack = "clock jumps back", [10, 50, 200];
    /// An event meets an error of the rules, for a time.
    RulesBroken = "rules broken", [50, 200, 600];
    /// The gateway declines.
    Declined = "payment declined", [500, 1_500, 4_000];
    /// The gateway would not pay back.
    RefundDeclined = "refund declined", [500, 1_500, 4_000];
}

/// Most errors of the rules in a seed: fewer than make a dead letter of one message.
const BROKEN_MAX: usize = 8;

struct State {
    random: Random,
    rates: Vec<usize>,
    armed: bool,
    happened: Vec<Fault>,
    broken: usize,
    crash: bool,
    violations: Vec<Violation>,
}

/// The seed's dice and its faults, shared by all that can fail.
#[derive(Clone)]
pub struct Faults(Arc<Mutex<State>>);

impl Faults {
    /// Draws which faults are on, and how often each happens. None happens before [`arm`](Self::arm).
    pub fn of(mut random: Random) -> Self {
        // Some seeds are calm, most have a few faults, and some have them all.
        let on = random.of(&[0, 2_000, 5_000, 5_000, 9_000]);
        let rate = |fault: &Fault| if random.chance(on) { random.of(&fault.rates()) } else { 0 };
        let rates = Fault::ALL.iter().map(rate).collect();
        let state = State {
            random,
            rates,
            armed: false,
            happened: Vec::new(),
            broken: 0,
            crash: false,
            violations: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Lets faults happen, or no more.
    pub fn arm(&self, armed: bool) {
        self.0.lock().armed = armed;
    }

    /// Whether faults may happen.
    pub fn armed(&self) -> bool {
        self.0.lock().armed
    }

    /// Which are on, with their rates.
    pub fn on(&self) -> Vec<(Fault, usize)> {
        let state = self.0.lock();
        let rates = Fault::ALL.iter().copied().zip(state.rates.iter().copied());
        rates.filter(|(_, rate)| *rate > 0).collect()
    }

    /// Whether it happens now; it is noted when it does.
    pub fn strikes(&self, fault: Fault) -> bool {
        let state = &mut *self.0.lock();
        let rate = state.rates[fault as usize];
        if !state.armed || rate == 0 || !state.random.chance(rate) {
            return false;
        }
        if fault == Fault::RulesBroken {
            if state.broken >= BROKEN_MAX {
                return false;
            }
            state.broken += 1;
        }
        state.happened.push(fault);
        true
    }

    /// The process at work is to end.
    pub fn crash(&self) {
        self.0.lock().crash = true;
    }

    /// What has happened since the last call, and whether the process at work is to end.
    pub fn take(&self) -> (Vec<Fault>, bool) {
        let state = &mut *self.0.lock();
        (std::mem::take(&mut state.happened), std::mem::take(&mut state.crash))
    }

    /// Notes a broken invariant that was seen where it broke.
    pub fn report(&self, violation: Violation) {
        self.0.lock().violations.push(violation);
    }

    /// The first broken invariant that was seen so.
    pub fn violation(&self) -> Option<Violation> {
        self.0.lock().violations.first().cloned()
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub fn below(&self, bound: usize) -> usize {
        self.0.lock().random.below(bound)
    }

    /// A number from `low` to `high`, both included.
    pub fn within(&self, low: usize, high: usize) -> usize {
        self.0.lock().random.within(low, high)
    }

    /// Whether something happens that does in `parts` of 10,000 cases.
    pub fn chance(&self, parts: usize) -> bool {
        self.0.lock().random.chance(parts)
    }

    /// One of the items, of which there is at least one.
    pub fn of_items<T: Copy>(&self, items: &[T]) -> T {
        self.0.lock().random.of(items)
    }
}
