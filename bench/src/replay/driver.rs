//! Puts the file's sales into the shop through its admin routes.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::invoices::{Article, Invoice, Sales};
use crate::{
    admin::{Admin, Money, NewProduct, ReplayedLine, ReplayedOrder, StockLevel},
    database::Databases,
    server::Server,
};

/// Orders in one request; fewer when they are long, because the server takes bodies of up to a mebibyte.
const ORDERS_AT_ONCE: usize = 200;
const LINES_AT_ONCE: usize = 3_000;

/// How long the last orders may take until they are paid.
const END_PATIENCE: Duration = Duration::from_secs(300);

const ASK_EVERY: Duration = Duration::from_millis(250);

const CURRENCY: &str = "GBP";

/// The products that were made: by code, the shop's id and the file's article.
type Products<'a> = HashMap<&'a str, (Uuid, &'a Article)>;

/// How the placing went.
pub(super) struct Placed {
    /// From the first order sent to the last one ended.
    pub took: Duration,
    pub lines: usize,
}

/// Makes the products and their stock, places every invoice as an order, and waits until all have ended.
pub(super) async fn place(sales: &Sales, server: &Server, shows_progress: bool) -> anyhow::Result<Placed> {
    let mut admin = Admin::connect(server).await?;
    let products = make_products(&mut admin, &sales.articles).await?;
    let databases = Databases::open(server).await?;

    let progress = progress_bar(sales.invoices.len() as u64, shows_progress);
    let started = Instant::now();
    let mut lines = 0;
    for batch in batches(&sales.invoices) {
        let orders: Vec<ReplayedOrder<'_>> =
            batch.iter().map(|invoice| order_of(invoice, &products)).collect::<anyhow::Result<_>>()?;
        admin.replay_orders(&orders).await?;
        lines += batch.iter().map(|invoice| invoice.lines.len()).sum::<usize>();
        progress.inc(batch.len() as u64);
        progress.set_message(format!("{lines} lines"));
    }

    progress.set_message("waiting for the last payments");
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
    let took = started.elapsed();
    admin.settle().await?;
    progress.finish_and_clear();
    Ok(Placed { took, lines })
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
    admin.set_stock(&levels).await?;
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
        email: &invoice.email,
        country: invoice.country,
        lines: lines.collect::<anyhow::Result<_>>()?,
    })
}

/// Slices of the invoices, in order, within both bounds; a longer invoice goes alone.
fn batches(invoices: &[Invoice]) -> Vec<&[Invoice]> {
    let mut batches = Vec::new();
    let (mut start, mut lines) = (0, 0);
    for (index, invoice) in invoices.iter().enumerate() {
        let is_full = index - start == ORDERS_AT_ONCE || lines + invoice.lines.len() > LINES_AT_ONCE;
        if is_full && index > start {
            batches.push(&invoices[start..index]);
            (start, lines) = (index, 0);
        }
        lines += invoice.lines.len();
    }
    if start < invoices.len() {
        batches.push(&invoices[start..]);
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

        let flat: Vec<&str> =
            batches.iter().flat_map(|batch| batch.iter().map(|invoice| invoice.number.as_str())).collect();
        let expected: Vec<&str> = invoices.iter().map(|invoice| invoice.number.as_str()).collect();
        assert_eq!(flat, expected);
        for batch in batches {
            let lines: usize = batch.iter().map(|invoice| invoice.lines.len()).sum();
            assert!(batch.len() == 1 || (batch.len() <= ORDERS_AT_ONCE && lines <= LINES_AT_ONCE));
        }
    }
}
