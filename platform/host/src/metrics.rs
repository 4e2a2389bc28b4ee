//! Counters in the text format that Prometheus reads.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use engine::{Histogram, Stats};

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

type CounterOfAll = fn(&Stats) -> &AtomicU64;
type HistogramOfAll = fn(&Stats) -> &Histogram;

/// The counters of every service: name, help, and where each is kept.
const COUNTERS: [(&str, &str, CounterOfAll); 10] = [
    ("isotope_commits_total", "Transactions committed; each is one flush to disk on SQLite.", |stats| {
        &stats.commits
    }),
    ("isotope_messages_total", "Messages handled.", |stats| &stats.messages),
    ("isotope_events_total", "Events published.", |stats| &stats.events),
    ("isotope_events_consumed_total", "Events of other services that were handled.", |stats| &stats.consumed),
    ("isotope_retries_total", "Parked messages that were tried again.", |stats| &stats.retries),
    ("isotope_effects_begun_total", "Calls to the outside that were begun.", |stats| &stats.effects_begun),
    ("isotope_effects_answered_total", "Calls to the outside that were answered.", |stats| {
        &stats.effects_answered
    }),
    ("isotope_effects_given_up_total", "Calls to the outside that were given up.", |stats| {
        &stats.effects_given_up
    }),
    ("isotope_effect_failures_total", "Attempts of calls to the outside that failed.", |stats| {
        &stats.effect_failures
    }),
    ("isotope_store_errors_total", "Times that the store failed.", |stats| &stats.store_errors),
];

/// The histograms of every service: name, help, where each is kept, and what one of its units is.
const HISTOGRAMS: [(&str, &str, HistogramOfAll, f64); 2] = [
    (
        "isotope_batch_messages",
        "Messages decided and committed together.",
        |stats| &stats.batch_messages,
        1.0,
    ),
    (
        "isotope_batch_seconds",
        "From the forming of a batch to its commit.",
        |stats| &stats.batch_micros,
        1e-6,
    ),
];

/// A value that goes up and down, as it is now.
pub struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// Each value with its labels, as `name="value"`.
    pub values: Vec<(String, i64)>,
}

/// The counters and histograms of these services.
pub fn render(services: &[Arc<dyn Running>]) -> String {
    let mut text = String::new();
    for (name, help, counter) in COUNTERS {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for service in services {
            let count = counter(service.stats()).load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}{{service=\"{}\"}} {count}", service.name());
        }
    }
    for (name, help, histogram, unit) in HISTOGRAMS {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
        for service in services {
            let labels = format!("service=\"{}\"", service.name());
            render_histogram(&mut text, name, &labels, histogram(service.stats()), unit);
        }
    }
    for counter in services.iter().flat_map(|service| service.counters()) {
        let Counter { name, help, .. } = &**counter;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {}", counter.count());
    }
    text
}

/// Adds gauges to a text of counters.
pub fn render_gauges(text: &mut String, gauges: &[Gauge]) {
    for Gauge { name, help, values } in gauges {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    }
}

pub(crate) fn render_histogram(
    text: &mut String,
    name: &str,
    labels: &str,
    histogram: &Histogram,
    unit: f64,
) {
    let (buckets, count, sum) = histogram.read();
    for (bound, counted) in buckets {
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{}\"}} {counted}", bound as f64 * unit);
    }
    let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
    let _ = writeln!(text, "{name}_sum{{{labels}}} {}", sum as f64 * unit);
    let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
}
