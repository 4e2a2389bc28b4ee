//! Counters in the text format that Prometheus reads.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use engine::Stats;

use crate::context::Running;

/// A counter of one service's own. It only grows.
#[derive(Debug)]
pub struct Counter {
    name: &'static str,
    help: &'static str,
    count: AtomicU64,
}

impl Counter {
    /// A counter at 0. Its name is `isotope_<service>_<what>_total`; `help` says in a sentence what it counts.
    pub fn new(name: &'static str, help: &'static str) -> Arc<Self> {
        Arc::new(Self { name, help, count: AtomicU64::new(0) })
    }

    /// Counts `count` more.
    pub fn add(&self, count: u64) {
        self.count.fetch_add(count, Ordering::Relaxed);
    }

    /// What was counted since the start.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

type CounterOfAll = fn(&Stats) -> u64;

/// The counters: name, help, and where it stands.
const COUNTERS: [(&str, &str, CounterOfAll); 4] = [
    ("isotope_commits_total", "Transactions committed; each is one flush to disk on SQLite.", |stats| {
        stats.commits.load(Ordering::Relaxed)
    }),
    ("isotope_messages_total", "Messages handled.", |stats| stats.messages.load(Ordering::Relaxed)),
    ("isotope_events_total", "Events published.", |stats| stats.events.load(Ordering::Relaxed)),
    ("isotope_store_errors_total", "Times that the store failed.", |stats| {
        stats.store_errors.load(Ordering::Relaxed)
    }),
];

/// The counters of these services.
pub fn render(services: &[Arc<dyn Running>]) -> String {
    let mut text = String::new();
    for (name, help, counter) in COUNTERS {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for service in services {
            let _ = writeln!(text, "{name}{{service=\"{}\"}} {}", service.name(), counter(service.stats()));
        }
    }
    for counter in services.iter().flat_map(|service| service.counters()) {
        let Counter { name, help, .. } = &**counter;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {}", counter.count());
    }
    text
}
