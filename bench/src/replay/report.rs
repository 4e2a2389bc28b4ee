//! How the replay went, as JSON on a line or as a table.

use std::fmt;

use serde::Serialize;

use super::{driver::Placed, expected::RevenueByDay, invoices::Sales};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    orders: usize,
    lines: usize,
    products: usize,
    days: usize,
    /// Pennies in the whole file, as computed from its text.
    revenue: i64,
    seconds: f64,
    orders_per_s: f64,
    lines_per_s: f64,
    is_equal: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

impl Report {
    pub fn new(sales: &Sales, placed: &Placed, expected: &RevenueByDay, problems: Vec<String>) -> Self {
        let seconds = placed.took.as_secs_f64();
        let rate = |count: usize| (count as f64 / seconds * 10.0).round() / 10.0;
        Self {
            orders: sales.invoices.len(),
            lines: placed.lines,
            products: sales.articles.len(),
            days: expected.len(),
            revenue: expected.values().sum(),
            seconds: (seconds * 100.0).round() / 100.0,
            orders_per_s: rate(sales.invoices.len()),
            lines_per_s: rate(placed.lines),
            is_equal: problems.is_empty(),
            problems,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "orders     {:>12}   ({} lines, {} products)", self.orders, self.lines, self.products)?;
        writeln!(f, "seconds    {:>12.2}", self.seconds)?;
        writeln!(f, "orders/s   {:>12.1}", self.orders_per_s)?;
        writeln!(f, "lines/s    {:>12.1}", self.lines_per_s)?;
        writeln!(
            f,
            "revenue    {:>9}.{:02}   GBP on {} days",
            self.revenue / 100,
            self.revenue % 100,
            self.days
        )?;
        let verdict =
            if self.is_equal { "equal to the file's, every day; the audit is clean" } else { "NOT equal" };
        writeln!(f, "sums       {verdict}")
    }
}
