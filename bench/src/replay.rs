//! `bench replay`: real orders of a file, through the running services, compared with the file afterwards.

mod countries;
mod driver;
mod expected;
mod file;
mod invoices;
mod money;
mod report;
mod rows;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Context, anyhow, ensure};

use crate::{
    database::{Databases, StoredOrder},
    server::{Server, ServerOptions},
};
use report::Report;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Put a file of real orders through the services and compare revenue by day with the file's own sums.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// A file in the Online Retail format: .csv, .csv.gz or .csv.xz.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// One JSON object on one line instead of a table; no progress bar.
    #[arg(long)]
    json: bool,
}

/// Runs the replay. Fails when a day's revenue differs, an order did not end as paid, or the audit finds something.
///
/// # Errors
/// The file cannot be read, or the server does not do what it should.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let rows = rows::read(file::open(&options.data)?).with_context(|| options.data.display().to_string())?;
    let sales = invoices::group(&rows)?;
    ensure!(!sales.invoices.is_empty(), "{} has no sale", options.data.display());
    drop(rows);
    let expected = expected::revenue_by_day(file::open(&options.data)?).map_err(|error| anyhow!(error))?;

    let mut server = Server::start(&options.server, &["--grace-period", "0s", "--virtual-clock"])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let placed = driver::place(&sales, &server, !options.json).await?;
        let databases = Databases::open(&server).await?;
        anyhow::Ok((placed, databases.orders().await?))
    });
    let (placed, orders) = outcome?;
    server.stop()?;
    let audit = server.command("audit").output().context("cannot run the audit")?;

    let mut problems = compare(&expected, &revenue_by_day(orders.values()));
    let unpaid = sales.invoices.len() - orders.values().filter(|order| order.is_paid()).count();
    if unpaid > 0 {
        problems.push(format!("{unpaid} of {} orders are not paid", sales.invoices.len()));
    }
    if !audit.status.success() {
        let text = [audit.stdout, audit.stderr].concat();
        problems.push(format!("the audit is not clean:\n{}", String::from_utf8_lossy(&text)));
    }

    let report = Report::new(&sales, &placed, &expected, problems);
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    for problem in &report.problems {
        eprintln!("{problem}");
    }
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Revenue of the shop's paid orders by the day on which they were placed.
fn revenue_by_day<'a>(orders: impl Iterator<Item = &'a StoredOrder>) -> BTreeMap<String, i64> {
    let mut days = BTreeMap::new();
    for order in orders.filter(|order| order.is_paid()) {
        let day = chrono::DateTime::from_timestamp_micros(
            order.created_us - order.created_us.rem_euclid(MICROS_PER_DAY),
        );
        let day = day.map(|day| day.format("%Y-%m-%d").to_string()).unwrap_or_default();
        *days.entry(day).or_default() += order.total;
    }
    days
}

/// A sentence for each day that differs.
fn compare(expected: &BTreeMap<String, i64>, found: &BTreeMap<String, i64>) -> Vec<String> {
    let mut days: Vec<&String> = expected.keys().chain(found.keys()).collect();
    days.sort();
    days.dedup();
    days.into_iter()
        .filter_map(|day| {
            let (of_file, of_shop) =
                (expected.get(day).copied().unwrap_or(0), found.get(day).copied().unwrap_or(0));
            let differ = of_file != of_shop;
            differ.then(|| format!("{day}: the file says {of_file} pence and the shop {of_shop}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{compare, revenue_by_day};
    use crate::database::StoredOrder;

    fn order(status: &str, created_us: i64, total: i64) -> StoredOrder {
        StoredOrder { status: status.to_owned(), created_us, paid_us: None, total }
    }

    #[test]
    fn paid_orders_count_on_the_day_they_were_placed() {
        let midnight = 1_291_161_600_000_000; // 2010-12-01
        let orders = [
            order("delivered", midnight, 100),
            order("paid", midnight + 86_399_999_999, 20),
            order("cancelled", midnight, 3_000),
            order("shipped", midnight - 1, 7),
        ];
        let days: Vec<(String, i64)> = revenue_by_day(orders.iter()).into_iter().collect();
        assert_eq!(days, [("2010-11-30".to_owned(), 7), ("2010-12-01".to_owned(), 120)]);
    }

    #[test]
    fn a_day_that_differs_or_is_missing_is_told() {
        let days = |pairs: &[(&str, i64)]| -> BTreeMap<String, i64> {
            pairs.iter().map(|(day, pence)| ((*day).to_owned(), *pence)).collect()
        };
        let file = days(&[("2010-12-01", 5), ("2010-12-02", 6), ("2010-12-03", 7)]);
        assert!(compare(&file, &file).is_empty());
        let problems = compare(&file, &days(&[("2010-12-01", 5), ("2010-12-02", 7), ("2010-12-04", 1)]));
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
