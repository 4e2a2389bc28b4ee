//! Rows grouped into invoices, and what the shop must have on its shelves for them.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use uuid::Uuid;

use super::{countries::code_of, money::line_total, rows::Row};

/// One sale invoice: an order to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invoice {
    pub number: String,
    pub at_us: i64,
    /// Who placed it; `None` for a guest.
    pub customer: Option<Uuid>,
    pub email: String,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub lines: Vec<Line>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub sku: String,
    pub quantity: u32,
    pub unit_price_thousandths: i64,
    /// Pennies, rounded half up once for all units of the line.
    pub total: i64,
}

/// A product that the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Article {
    pub sku: String,
    pub name: String,
    /// Pennies; the first price in the file, at least one penny. An order's line says its own.
    pub price: i64,
    /// Whether its units are counted.
    pub stocked: bool,
    /// Units sold in the whole file, so that the shelves are empty afterwards if every unit is accounted for.
    pub units: u64,
}

/// The file's sales.
#[derive(Debug, Default)]
pub(super) struct Sales {
    /// By time.
    pub invoices: Vec<Invoice>,
    /// In the order of their first sale.
    pub articles: Vec<Article>,
}

/// Groups the sale rows by invoice and by product.
///
/// # Errors
/// A quantity or an amount is out of range, or a country is unknown.
pub(super) fn group(rows: &[Row]) -> anyhow::Result<Sales> {
    let mut sales = Sales::default();
    let mut invoice_at: HashMap<&str, usize> = HashMap::new();
    let mut article_at: HashMap<&str, usize> = HashMap::new();
    for row in rows.iter().filter(|row| row.is_sale()) {
        let line = line_of(row).with_context(|| format!("invoice {}", row.invoice))?;

        let next_article = sales.articles.len();
        let article = *article_at.entry(&row.stock_code).or_insert(next_article);
        if article == next_article {
            sales.articles.push(article_of(row)?);
        }
        let article = &mut sales.articles[article];
        article.units += u64::from(line.quantity);
        if article.name.is_empty() {
            article.name = row.description.clone();
        }

        let next_invoice = sales.invoices.len();
        let invoice = *invoice_at.entry(&row.invoice).or_insert(next_invoice);
        if invoice == next_invoice {
            sales.invoices.push(invoice_of(row)?);
        }
        sales.invoices[invoice].lines.push(line);
    }
    for article in &mut sales.articles {
        if article.name.is_empty() {
            article.name = article.sku.clone();
        }
    }
    sales.invoices.sort_by_key(|invoice| invoice.at_us);
    Ok(sales)
}

fn line_of(row: &Row) -> anyhow::Result<Line> {
    let quantity = u32::try_from(row.quantity).context("the quantity is too large")?;
    let unit_price_thousandths = row.unit_price_thousandths;
    let total = line_total(quantity, unit_price_thousandths)?;
    Ok(Line { sku: row.stock_code.clone(), quantity, unit_price_thousandths, total })
}

fn article_of(row: &Row) -> anyhow::Result<Article> {
    Ok(Article {
        sku: row.stock_code.clone(),
        name: row.description.clone(),
        price: line_total(1, row.unit_price_thousandths)?.max(1),
        stocked: row.is_product(),
        units: 0,
    })
}

fn invoice_of(row: &Row) -> anyhow::Result<Invoice> {
    // An invoice is written within a minute or two; its first row's time is the order's.
    let email = match &row.customer {
        Some(customer) => format!("customer-{customer}@example.com"),
        None => format!("guest-{}@example.com", row.invoice),
    };
    ensure!(row.at_us > 0, "invoice {} is older than 1970", row.invoice);
    Ok(Invoice {
        number: row.invoice.clone(),
        at_us: row.at_us,
        customer: row.customer.as_deref().map(customer_id),
        email,
        country: code_of(&row.country)?,
        lines: Vec::new(),
    })
}

/// The customers of this file, as a name space of UUIDs: a customer of a number has the same id in every run.
const CUSTOMERS: Uuid = Uuid::from_u128(0x6f6e_6c69_6e65_5265_8461_696c_0000_0001);

fn customer_id(number: &str) -> Uuid {
    Uuid::new_v5(&CUSTOMERS, number.as_bytes())
}

impl Invoice {
    /// What it costs, in pennies.
    pub fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.total).sum()
    }
}

impl Sales {
    /// What each customer buys in the whole file, in pennies, in the order of their first purchase.
    pub fn purchases(&self) -> Vec<(Uuid, i64)> {
        let mut place: HashMap<Uuid, usize> = HashMap::new();
        let mut purchases: Vec<(Uuid, i64)> = Vec::new();
        for invoice in &self.invoices {
            let Some(customer) = invoice.customer else { continue };
            let next = purchases.len();
            let place = *place.entry(customer).or_insert(next);
            if place == next {
                purchases.push((customer, 0));
            }
            purchases[place].1 += invoice.total();
        }
        purchases
    }
}

#[cfg(test)]
mod tests {
    use super::{super::rows::Row, customer_id, group};

    fn row(invoice: &str, stock_code: &str, quantity: i64, at_us: i64, unit_price_thousandths: i64) -> Row {
        Row {
            invoice: invoice.to_owned(),
            stock_code: stock_code.to_owned(),
            description: format!("ARTICLE {stock_code}"),
            quantity,
            at_us,
            unit_price_thousandths,
            customer: None,
            country: "EIRE".to_owned(),
        }
    }

    #[test]
    fn rows_of_an_invoice_come_together_whatever_stands_between_them() {
        let rows = [
            row("2", "10002", 3, 200, 1_125),
            row("1", "10002", 1, 100, 850),
            row("C3", "10002", -1, 300, 850),
            row("2", "POST", 1, 260, 18_000),
            row("2", "10002", 2, 260, 850),
        ];
        let sales = group(&rows).expect("groups");

        let numbers: Vec<&str> = sales.invoices.iter().map(|invoice| invoice.number.as_str()).collect();
        assert_eq!(numbers, ["1", "2"], "by time");
        let second = &sales.invoices[1];
        assert_eq!((second.at_us, second.country, second.email.as_str()), (200, "IE", "guest-2@example.com"));
        let totals: Vec<i64> = second.lines.iter().map(|line| line.total).collect();
        assert_eq!(totals, [338, 1_800, 170]);

        let articles: Vec<(&str, i64, bool, u64)> = sales
            .articles
            .iter()
            .map(|article| (article.sku.as_str(), article.price, article.stocked, article.units))
            .collect();
        assert_eq!(articles, [("10002", 113, true, 6), ("POST", 1_800, false, 1)]);
    }

    #[test]
    fn what_a_customer_buys_is_summed_and_guests_are_left_out() {
        let mut rows = [
            row("1", "10002", 1, 100, 850),
            row("2", "10002", 2, 200, 850),
            row("3", "10002", 1, 300, 850),
            row("4", "10002", 5, 400, 850),
        ];
        for (row, customer) in rows.iter_mut().zip([Some("17850"), Some("12583"), None, Some("17850")]) {
            row.customer = customer.map(str::to_owned);
        }
        let sales = group(&rows).expect("groups");
        assert_eq!(sales.purchases(), [(customer_id("17850"), 6 * 85), (customer_id("12583"), 2 * 85)]);
    }

    #[test]
    fn a_country_that_nobody_knows_is_an_error() {
        let mut unknown = row("1", "10002", 1, 100, 850);
        unknown.country = "Atlantis".to_owned();
        assert!(group(&[unknown]).is_err());
    }
}
