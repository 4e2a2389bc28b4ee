//! Counters in the text format that Prometheus reads.

use std::{fmt::Write, sync::Arc, sync::atomic::Ordering};

use engine::Stats;

use crate::context::Running;

type Counter = fn(&Stats) -> u64;

/// The counters: name, help, and where it stands.
const COUNTERS: [(&str, &str, Counter); 4] = [
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
    text
}
