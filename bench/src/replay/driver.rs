//! Puts the file's sales into the shop through its admin routes.

use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::{
    invoices::{Article, Invoice, Sales},
    progress::Progress,
};
use crate::{
    admin::{Admin, Money, NewProduct, ReplayedLine, ReplayedOrder, StockLevel, WalletAdjustment},
    database::Databases,
    server::Server,
};

/// Orders in one request; fewer when they are long, because the server takes bodies of up to a mebibyte.
const ORDERS_AT_ONCE: usize = 200;
const LINES_AT_ONCE: usize = 3_000;

/// How long the last orders may take until they are paid.
const END_PATIENCE: Duration = Duration::from_secs(300);

const ASK_EVERY: Duration = Duration::from_millis(250);

/// How long a request is under way when the server is killed: some of its orders are in, and some are not.
const KILL_AFTER: Duration = Duration::from_millis(60);

const CURRENCY: &str = "GBP";

/// The products that were made: by code, the shop's id and the file's article.
type Products<'a> = HashMap<&'a str, (Uuid, &'a Article)>;

/// How the placing went.
pub(super) struct Placed {
    /// From the first order sent to the last one ended.
    pub took: Duration,
    /// Orders and lines that this run has sent; an earlier run may have sent others.
    pub orders: usize,
    pub lines: usize,
    /// How often the server was killed on the way.
    pub kills: usize,
}

/// Makes the products, their stock and the customers' wallets, places every invoice as an order, and waits until all have ended.
/// What an earlier run has done is not done again. The server is killed `kills` times on the way, each time in the middle of a request.
pub(super) async fn place(
    sales: &Sales,
    server: &mut Server,
    kills: usize,
    shows_progress: bool,
) -> anyhow::Result<Placed> {
    let mut progress = Progress::of(server, sales)?;
    let mut admin = Admin::connect(server).await?;
    let products = make_products(&mut admin, &sales.articles).await?;
    fill_wallets(&mut admin, sales).await?;
    let databases = Databases::open(server).await?;

    let bar = progress_bar(sales.invoices.len() as u64, shows_progress);
    let is_open = |batch: &Range<usize>| batch.end > progress.placed();
    let batches: Vec<Range<usize>> = batches(&sales.invoices).into_iter().filter(is_open).collect();
    bar.set_position(progress.placed() as u64);
    let mut placed = Placed { took: Duration::ZERO, orders: 0, lines: 0, kills: 0 };
    let started = Instant::now();
    for (number, range) in batches.iter().enumerate() {
        let batch = &sales.invoices[range.clone()];
        let orders: Vec<ReplayedOrder<'_>> =
            batch.iter().map(|invoice| order_of(invoice, &products)).collect::<anyhow::Result<_>>()?;
        if placed.kills < kills && number * (kills + 1) >= batches.len() * (placed.kills + 1) {
            // Whether it was answered makes no difference: it is sent again, and what is in is not put in twice.
            let _ = tokio::time::timeout(KILL_AFTER, admin.replay_orders(&orders)).await;
            server.kill_and_restart()?;
            admin = Admin::connect(server).await?;
            placed.kills += 1;
        }
        admin.replay_orders(&orders).await?;
        progress.reach(range.end)?;
        placed.orders += batch.len();
        placed.lines += batch.iter().map(|invoice| invoice.lines.len()).sum::<usize>();
        bar.inc(batch.len() as u64);
        bar.set_message(format!("{} lines", placed.lines));
    }

    bar.set_message("waiting for the last payments");
    let deadline = Instant::now() + END_PATIENCE;
    while databases.count_of_ended_orders().await? < sales.invoices.len() as u64 {
        ensure!(
            Instant::now() < deadline,
            "{} of {} orders have ended after {} s",
            databases.count_of_ended_orders().await?,
            sales.invoices.len(),
            END_PATIENCE.as_secs()
        );
        tokio::time::sleep_until(tokio::time::Instant::now() + ASK_EVERY).await;
    }
    placed.took = started.elapsed();
    admin.settle().await?;
    bar.finish_and_clear();
    Ok(placed)
}

/// Each customer's wallet gets what the customer's orders of the whole file cost, so that all wallets are empty in the end.
async fn fill_wallets(admin: &mut Admin, sales: &Sales) -> anyhow::Result<()> {
    let adjustment = |(customer_id, amount): (Uuid, i64)| WalletAdjustment {
        id: format!("replay-{customer_id}"),
        customer_id,
        amount: Money { amount, currency: CURRENCY },
        reason: "what the file says this customer spends",
    };
    let adjustments: Vec<WalletAdjustment> = sales.purchases().into_iter().map(adjustment).collect();
    admin.adjust_wallets(&adjustments).await
}

async fn make_products<'a>(admin: &mut Admin, articles: &'a [Article]) -> anyhow::Result<Products<'a>> {
    let new_products: Vec<NewProduct> = articles
        .iter()
        .map(|article| NewProduct {
            sku: article.sku.clone(),
            name: article.name.clone(),
            description: String::new(),
            price: Money { amount: article.price, currency: CURRENCY },
            weight_grams: 0,
            stocked: article.stocked,
        })
        .collect();
    let ids = admin.add_products(&new_products).await?;
    admin.settle().await?;
    let levels: Vec<StockLevel> = articles
        .iter()
        .zip(&ids)
        .filter(|(article, _)| article.stocked)
        .map(|(article, id)| StockLevel { product_id: *id, on_hand: article.units })
        .collect();
    admin.set_stock(&levels, Some("replay stock")).await?;
    admin.settle().await?;
    let made = articles.iter().zip(ids);
    Ok(made.map(|(article, id)| (article.sku.as_str(), (id, article))).collect())
}

fn order_of<'a>(invoice: &'a Invoice, products: &Products<'a>) -> anyhow::Result<ReplayedOrder<'a>> {
    let lines = invoice.lines.iter().map(|line| {
        let (product_id, article) =
            products.get(line.sku.as_str()).context("every line's product was made")?;
        Ok(ReplayedLine {
            product_id: *product_id,
            name: &article.name,
            quantity: line.quantity,
            unit_price_thousandths: line.unit_price_thousandths,
            line_total: Money { amount: line.total, currency: CURRENCY },
            stocked: article.stocked,
        })
    });
    Ok(ReplayedOrder {
        invoice: &invoice.number,
        at_us: invoice.at_us,
        customer_id: invoice.customer,
        email: &invoice.email,
        country: invoice.country,
        lines: lines.collect::<anyhow::Result<_>>()?,
    })
}

/// Slices of the invoices, in order, within both bounds; a longer invoice goes alone.
fn batches(invoices: &[Invoice]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut lines) = (0, 0);
    for (index, invoice) in invoices.iter().enumerate() {
        let is_full = index - start == ORDERS_AT_ONCE || lines + invoice.lines.len() > LINES_AT_ONCE;
        if is_full && index > start {
            batches.push(start..index);
            (start, lines) = (index, 0);
        }
        lines += invoice.lines.len();
    }
    if start < invoices.len() {
        batches.push(start..invoices.len());
    }
    batches
}

fn progress_bar(length: u64, is_shown: bool) -> ProgressBar {
    if !is_shown {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} orders, {per_sec}, {eta} left, {msg}");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::{Invoice, LINES_AT_ONCE, ORDERS_AT_ONCE, batches};
    use crate::replay::invoices::Line;

    fn invoice(number: usize, lines: usize) -> Invoice {
        let line = Line { sku: "10002".to_owned(), quantity: 1, unit_price_thousandths: 850, total: 85 };
        Invoice {
            number: number.to_string(),
            at_us: number as i64,
            customer: None,
            email: String::new(),
            country: "GB",
            lines: vec![line; lines],
        }
    }

    #[test]
    fn batches_keep_every_invoice_in_order_and_within_bounds() {
        let mut invoices: Vec<Invoice> = (0..450).map(|number| invoice(number, 1)).collect();
        invoices.insert(300, invoice(9_000, LINES_AT_ONCE + 7));
        let batches = batches(&invoices);

        let flat: Vec<usize> = batches.iter().cloned().flatten().collect();
        assert_eq!(flat, (0..invoices.len()).collect::<Vec<_>>());
        for batch in batches {
            let lines: usize = invoices[batch.clone()].iter().map(|invoice| invoice.lines.len()).sum();
            assert!(batch.len() == 1 || (batch.len() <= ORDERS_AT_ONCE && lines <= LINES_AT_ONCE));
        }
    }
}
