//! The audit: money and stock add up, logs have no gaps, and nothing is stuck. It only reads, and shares no code with the services:
//! what it knows of their tables stands here as SQL, so that an error in their rules cannot hide itself.

mod books;
pub mod lag;
mod logs;
mod money;
mod orders;
mod stock;
mod wallets;

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    path::Path,
    time::Duration,
};

use anyhow::ensure;
use contracts::ServiceName;
use host::Stores;
use serde::Serialize;

use books::Books;

use crate::directory::{DataDirectory, ensure_shop};

/// How often a live shop is looked at again before what looked wrong counts: its databases are read one after the other, and orders move meanwhile.
const LOOKS_MAX: u32 = 8;

/// How long between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Which check found it.
    pub check: &'static str,
    /// What it is about: a product, an order, a log.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

/// What was counted on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Products whose stock was added up.
    pub products: u64,
    /// Orders, by status.
    pub orders: std::collections::BTreeMap<String, u64>,
    /// Captures at the gateway.
    pub captures: u64,
    /// Refunds at the gateway.
    pub refunds: u64,
    /// Events in all logs.
    pub events: u64,
}

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub clean: bool,
    /// Whether a shop was running on the data.
    pub live: bool,
    /// What was counted.
    pub counted: Counted,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn clean(&self) -> bool {
        self.clean
    }
}

/// One look at everything.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub counted: Counted,
    pub findings: Vec<Finding>,
    pub live: bool,
    /// Orders of which payment has yet to hear something.
    pub unread_by_payment: HashSet<String>,
}

impl Look {
    pub fn found(&mut self, check: &'static str, subject: impl Into<String>, detail: impl Into<String>) {
        self.findings.push(Finding { check, subject: subject.into(), detail: detail.into() });
    }
}

/// Audits a data directory, live or stopped.
///
/// # Errors
/// There is no shop's data, or it cannot be read.
pub async fn run(data: &Path, database_url: Option<String>) -> anyhow::Result<Report> {
    ensure!(data.is_dir(), "there is no data directory {}", data.display());
    let live = DataDirectory::is_taken(data);
    let stores = match database_url {
        Some(url) => Stores::Postgres(url),
        None => Stores::Sqlite(data.to_owned()),
    };
    if let Stores::Sqlite(directory) = &stores {
        ensure_shop(directory)?;
    }
    let mut look = self::look(&stores, data, live).await?;
    for _ in 1..LOOKS_MAX {
        if !live || look.findings.is_empty() {
            break;
        }
        // An order on its way looks wrong for a moment; what is wrong stays so.
        #[allow(clippy::disallowed_methods)]
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let again = self::look(&stores, data, live).await?;
        let stayed: BTreeSet<(&str, &str)> =
            look.findings.iter().map(|finding| (finding.check, finding.subject.as_str())).collect();
        let findings = again
            .findings
            .iter()
            .filter(|finding| stayed.contains(&(finding.check, finding.subject.as_str())))
            .cloned()
            .collect();
        look = Look { findings, ..again };
    }
    Ok(Report { clean: look.findings.is_empty(), live, counted: look.counted, findings: look.findings })
}

async fn look(stores: &Stores, data: &Path, live: bool) -> anyhow::Result<Look> {
    let books = Books::open(stores).await?;
    let unread_by_payment = lag::unread_subjects(&books, ServiceName::Payment, ServiceName::Ordering).await?;
    let mut look = Look { live, unread_by_payment, ..Look::default() };
    stock::check(&books, &mut look).await?;
    money::check(&books, data, &mut look).await?;
    orders::check(&books, &mut look).await?;
    // Heads of a later moment: a consumer's place is past them only where it is past the end.
    let later = Books::open(stores).await?;
    logs::check(&books, &later, &mut look).await?;
    Ok(look)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { products, orders, captures, refunds, events } = &self.counted;
        let total: u64 = orders.values().sum();
        writeln!(
            f,
            "{} data: {products} products, {total} orders, {captures} captures, {refunds} refunds, {events} events",
            if self.live { "live" } else { "stopped" }
        )?;
        for (status, count) in orders {
            writeln!(f, "  {count:>8} {status}")?;
        }
        for finding in &self.findings {
            writeln!(f, "WRONG {}: {}: {}", finding.check, finding.subject, finding.detail)?;
        }
        match self.findings.len() {
            0 => writeln!(f, "clean: stock, money, orders and logs add up"),
            count => writeln!(f, "{count} findings"),
        }
    }
}
