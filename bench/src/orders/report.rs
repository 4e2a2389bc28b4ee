//! What was measured, as JSON on a line or as a table.

use std::fmt;

use serde::Serialize;

use super::{Options, tally::Tally};
use crate::{admin::System, latency::Latencies, server::Store};

/// What the machine spent on it.
pub(super) struct Usage {
    pub cpu_cores: f64,
    pub driver_cpu_cores: f64,
    pub database_cpu_cores: Option<f64>,
    pub rss_mb: f64,
    pub commits_per_s: f64,
    pub wal_syncs_per_s: Option<f64>,
}

/// The keys are the benchmark's interface and do not change.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    orders_per_s: f64,
    requests_per_s: f64,
    checkout_ms_p50: f64,
    checkout_ms_p90: f64,
    checkout_ms_p99: f64,
    paid_ms_p50: f64,
    paid_ms_p99: f64,
    errors: u64,
    paid: u64,
    refused: u64,
    fsyncs_per_s: f64,
    durability: serde_json::Value,
    cpu_cores: f64,
    driver_cpu_cores: f64,
    database_cpu_cores: Option<f64>,
    rss_mb: f64,
    commits_per_s: f64,
    seconds: f64,
    concurrency: usize,
    store: Store,
    /// Why the run has failed, where it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl Report {
    #[allow(clippy::too_many_arguments)] // The parts of one report; a struct of them would be the report again.
    pub fn new(
        options: &Options,
        tally: &Tally,
        paid: u64,
        seconds: f64,
        paid_latencies: Latencies,
        usage: Usage,
        system: System,
        mut problems: Vec<String>,
    ) -> Self {
        if tally.errors() > 0 {
            problems.push(format!("{} errors, such as:", tally.errors()));
            problems.extend(tally.examples());
        }
        if system.parked > 0 {
            problems.push(format!("{} keys are parked", system.parked));
        }
        let checkout = tally.checkouts().percentiles();
        let paid_percentiles = paid_latencies.percentiles();
        Self {
            orders_per_s: rounded(paid as f64 / seconds),
            requests_per_s: rounded(tally.requests() as f64 / seconds),
            checkout_ms_p50: checkout.p50_ms,
            checkout_ms_p90: checkout.p90_ms,
            checkout_ms_p99: checkout.p99_ms,
            paid_ms_p50: paid_percentiles.p50_ms,
            paid_ms_p99: paid_percentiles.p99_ms,
            errors: tally.errors(),
            paid,
            refused: tally.refusals(),
            // On SQLite every commit is one fsync; PostgreSQL shares one among commits at the same time, and counts
            // them itself.
            fsyncs_per_s: rounded(usage.wal_syncs_per_s.unwrap_or(usage.commits_per_s)),
            durability: system.durability,
            cpu_cores: rounded(usage.cpu_cores),
            driver_cpu_cores: rounded(usage.driver_cpu_cores),
            database_cpu_cores: usage.database_cpu_cores.map(rounded),
            rss_mb: rounded(usage.rss_mb),
            commits_per_s: rounded(usage.commits_per_s),
            seconds: rounded(seconds),
            concurrency: options.concurrency,
            store: options.server.store,
            problems,
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database_cpu =
            self.database_cpu_cores.map(|cores| format!(", database {cores:.2}")).unwrap_or_default();
        writeln!(
            f,
            "orders/s          {:>10.1}   ({} paid with their shipment in {:.1} s)",
            self.orders_per_s, self.paid, self.seconds
        )?;
        writeln!(f, "requests/s        {:>10.1}", self.requests_per_s)?;
        writeln!(
            f,
            "checkout ms       {:>10.2} p50 {:>9.2} p90 {:>9.2} p99",
            self.checkout_ms_p50, self.checkout_ms_p90, self.checkout_ms_p99
        )?;
        writeln!(f, "checkout-paid ms  {:>10.2} p50 {:>23.2} p99", self.paid_ms_p50, self.paid_ms_p99)?;
        writeln!(f, "refused           {:>10}", self.refused)?;
        writeln!(f, "errors            {:>10}", self.errors)?;
        writeln!(
            f,
            "cores             {:>10.2}   (driver {:.2}{database_cpu})",
            self.cpu_cores, self.driver_cpu_cores
        )?;
        writeln!(f, "memory MiB        {:>10.1}", self.rss_mb)?;
        writeln!(f, "fsyncs/s          {:>10.1}   (commits/s {:.1})", self.fsyncs_per_s, self.commits_per_s)?;
        writeln!(f, "shoppers          {:>10}", self.concurrency)?;
        writeln!(f, "durability        {}", self.durability)
    }
}
