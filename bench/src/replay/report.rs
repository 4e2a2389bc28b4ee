//! How the replay went, as JSON on a line or as a table.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use super::{driver::Placed, expected::Revenue, invoices::Sales};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    orders: usize,
    lines: usize,
    products: usize,
    customers: usize,
    days: usize,
    countries: usize,
    /// How often the server was killed on the way.
    kills: usize,
    /// What this run has sent; an earlier one may have sent the rest.
    orders_sent: usize,
    lines_sent: usize,
    /// Pennies in the whole file, as computed from its text.
    revenue: i64,
    seconds: f64,
    orders_per_s: f64,
    lines_per_s: f64,
    is_equal: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> usize {
    values.collect::<BTreeSet<_>>().len()
}

impl Report {
    pub fn new(sales: &Sales, placed: &Placed, expected: &Revenue, problems: Vec<String>) -> Self {
        let seconds = placed.took.as_secs_f64();
        let rate = |count: usize| (count as f64 / seconds * 10.0).round() / 10.0;
        Self {
            orders: sales.invoices.len(),
            lines: sales.invoices.iter().map(|invoice| invoice.lines.len()).sum(),
            products: sales.articles.len(),
            customers: sales.purchases().len(),
            days: distinct(expected.keys().map(|(day, _)| day)),
            countries: distinct(expected.keys().map(|(_, country)| country)),
            kills: placed.kills,
            orders_sent: placed.orders,
            lines_sent: placed.lines,
            revenue: expected.values().sum(),
            seconds: (seconds * 100.0).round() / 100.0,
            orders_per_s: rate(placed.orders),
            lines_per_s: rate(placed.lines),
            is_equal: problems.is_empty(),
            problems,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { orders, lines, products, customers, kills, .. } = self;
        writeln!(f, "orders     {orders:>12}   ({lines} lines, {products} products, {customers} customers)")?;
        if self.orders_sent < self.orders {
            writeln!(f, "sent now   {:>12}   ({} lines)", self.orders_sent, self.lines_sent)?;
        }
        writeln!(f, "kills      {kills:>12}")?;
        writeln!(f, "seconds    {:>12.2}", self.seconds)?;
        writeln!(f, "orders/s   {:>12.1}", self.orders_per_s)?;
        writeln!(f, "lines/s    {:>12.1}", self.lines_per_s)?;
        writeln!(
            f,
            "revenue    {:>9}.{:02}   GBP on {} days, to {} countries",
            self.revenue / 100,
            self.revenue % 100,
            self.days,
            self.countries
        )?;
        let verdict = if self.is_equal {
            "equal to the file's by day, month and country; the audit is clean"
        } else {
            "NOT equal"
        };
        writeln!(f, "sums       {verdict}")
    }
}
