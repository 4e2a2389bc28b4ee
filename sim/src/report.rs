//! Many seeds at once, and what is said about them.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde::Serialize;

use crate::{
    coverage::{Coverage, STATES},
    faults::Fault,
    planted::Planted,
    run::{Outcome, run},
};

/// What many seeds came to.
#[derive(Default)]
pub struct Summary {
    /// Seeds that were run.
    pub seeds: u64,
    /// The failures, by seed.
    pub failures: Vec<Failure>,
    /// Which faults met orders in which states.
    pub coverage: Coverage,
    /// Orders that were placed.
    pub orders: u64,
    /// Events that were published.
    pub events: u64,
    /// All traces' hashes together.
    pub hash: u64,
}

/// A seed that broke an invariant.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The invariant.
    pub invariant: &'static str,
    /// How.
    pub message: String,
}

impl Summary {
    /// Adds a seed.
    pub fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.orders += outcome.orders as u64;
        self.events += outcome.events as u64;
        // A sum is the same in whichever order the seeds end.
        self.hash = self.hash.wrapping_add(outcome.hash.wrapping_mul(outcome.seed.wrapping_mul(2) + 1));
        self.coverage.add(&outcome.coverage);
        if let Some(violation) = &outcome.violation {
            let (invariant, message) = (violation.invariant, violation.message.clone());
            self.failures.push(Failure { seed: outcome.seed, invariant, message });
        }
    }

    /// One object for programs.
    pub fn json(&self) -> serde_json::Value {
        let states = |fault: &Fault| {
            let counts = STATES.iter().zip(self.coverage.of(*fault));
            let counts = counts.map(|((_, state), count)| ((*state).to_owned(), serde_json::json!(count)));
            (fault.name().to_owned(), serde_json::Value::Object(counts.collect()))
        };
        let coverage: serde_json::Map<_, _> = Fault::ALL.iter().map(states).collect();
        serde_json::json!({
            "seeds": self.seeds,
            "orders": self.orders,
            "events": self.events,
            "hash": format!("{:016x}", self.hash),
            "failures": self.failures,
            "coverage": coverage,
        })
    }
}

/// Which seeds to run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// On how many threads.
    pub threads: usize,
    /// Whether to go on after a failure.
    pub goes_on: bool,
}

/// Runs seeds. `on_failure` hears of each that breaks an invariant, when it does.
pub fn run_many(seeds: Seeds, planted: Option<Planted>, on_failure: &(dyn Fn(&Failure) + Sync)) -> Summary {
    let Seeds { first, count, threads, goes_on } = seeds;
    let next = AtomicU64::new(first);
    let stops = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while !stops.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - first >= count {
                        return;
                    }
                    let outcome = run(seed, planted, false);
                    if outcome.violation.is_some() && !goes_on {
                        stops.store(true, Ordering::Relaxed);
                    }
                    if let Ok(mut summary) = summary.lock() {
                        let known = summary.failures.len();
                        summary.add(&outcome);
                        summary.failures[known..].iter().for_each(on_failure);
                    }
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap_or_default();
    summary.failures.sort_by_key(|failure| failure.seed);
    summary
}

/// Within how many seeds a planted bug is caught, and by which invariant; `None` when no seed of them catches it.
pub fn caught_within(bug: Planted, seeds_max: u64) -> Option<(u64, Failure)> {
    (0..seeds_max).find_map(|seed| {
        let outcome = run(seed, Some(bug), false);
        let violation = outcome.violation?;
        let failure = Failure { seed, invariant: violation.invariant, message: violation.message };
        Some((seed + 1, failure))
    })
}
