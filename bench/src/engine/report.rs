//! What was measured, as JSON on a line or as a table.

use std::fmt;

use serde::Serialize;

use crate::{latency::Latencies, server::Store};

/// Counters of the window.
pub(super) struct Window {
    pub messages: u64,
    /// Of both services.
    pub commits: u64,
    pub cpu_seconds: f64,
    pub seconds: f64,
}

/// The keys are the benchmark's interface and do not change.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    messages_per_s: f64,
    handler_ms_p50: f64,
    handler_ms_p99: f64,
    errors: u64,
    durability: serde_json::Value,
    messages: u64,
    commits_per_s: f64,
    cpu_cores: f64,
    handler_samples: usize,
    seconds: f64,
    store: Store,
    /// Why the run has failed, where it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl Report {
    pub fn new(
        store: Store,
        window: &Window,
        handled: Latencies,
        errors: u64,
        durability: serde_json::Value,
        problems: Vec<String>,
    ) -> Self {
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        let handler_samples = handled.count();
        let percentiles = handled.percentiles();
        Self {
            messages_per_s: rounded(window.messages as f64 / window.seconds),
            handler_ms_p50: percentiles.p50_ms,
            handler_ms_p99: percentiles.p99_ms,
            errors,
            durability,
            messages: window.messages,
            commits_per_s: rounded(window.commits as f64 / window.seconds),
            cpu_cores: rounded(window.cpu_seconds / window.seconds),
            handler_samples,
            seconds: rounded(window.seconds),
            store,
            problems,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "messages/s        {:>10.1}   ({} in {:.1} s)",
            self.messages_per_s, self.messages, self.seconds
        )?;
        writeln!(
            f,
            "commit-handler ms {:>10.3} p50 {:>9.3} p99   ({} messages)",
            self.handler_ms_p50, self.handler_ms_p99, self.handler_samples
        )?;
        writeln!(f, "errors            {:>10}", self.errors)?;
        writeln!(f, "commits/s         {:>10.1}", self.commits_per_s)?;
        writeln!(f, "cores             {:>10.2}", self.cpu_cores)?;
        writeln!(f, "durability        {}", self.durability)
    }
}
