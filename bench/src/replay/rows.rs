//! The rows of the Online Retail format, one item of an invoice each.

use std::io::Read;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::money::thousandths;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub invoice: String,
    pub stock_code: String,
    pub description: String,
    /// Units; negative when they come back.
    pub quantity: i64,
    /// When it was sold, in microseconds since 1970. The file's times are local to its shop and are read as UTC, so
    /// that its days stay its days.
    pub at_us: i64,
    /// Pounds sterling.
    pub unit_price_thousandths: i64,
    /// `None` for a guest.
    pub customer: Option<String>,
    pub country: String,
}

impl Row {
    /// Whether something was sold: no cancellation (`C...`), no adjustment (`A...`), and units at a price.
    pub fn is_sale(&self) -> bool {
        !self.invoice.starts_with(['C', 'A']) && self.quantity > 0 && self.unit_price_thousandths > 0
    }

    /// Whether it is a thing on a shelf, as opposed to postage, a fee or a voucher. Their codes are words.
    pub fn is_product(&self) -> bool {
        self.stock_code.len() >= 5 && self.stock_code.bytes().take(5).all(|byte| byte.is_ascii_digit())
    }
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "InvoiceNo")]
    invoice: &'a str,
    #[serde(rename = "StockCode")]
    stock_code: &'a str,
    #[serde(rename = "Description")]
    description: &'a str,
    #[serde(rename = "Quantity")]
    quantity: i64,
    #[serde(rename = "InvoiceDate")]
    date: &'a str,
    #[serde(rename = "UnitPrice")]
    unit_price: &'a str,
    #[serde(rename = "CustomerID")]
    customer: &'a str,
    #[serde(rename = "Country")]
    country: &'a str,
}

/// Reads every row.
///
/// # Errors
/// A row cannot be understood; the error says its line.
pub(super) fn read(text: impl Read) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(text);
    let headers = reader.headers().context("the file has no header line")?.clone();
    let mut record = csv::StringRecord::new();
    let mut rows = Vec::new();
    while reader.read_record(&mut record).context("the file is not CSV")? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = parse(&record, &headers).with_context(|| format!("line {line}"))?;
        rows.push(row);
    }
    Ok(rows)
}

fn parse(record: &csv::StringRecord, headers: &csv::StringRecord) -> anyhow::Result<Row> {
    let record: Record<'_> = record.deserialize(Some(headers))?;
    ensure!(
        !record.invoice.is_empty() && !record.stock_code.is_empty(),
        "a row without invoice or stock code"
    );
    let at = chrono::NaiveDateTime::parse_from_str(record.date, "%Y-%m-%d %H:%M:%S")
        .with_context(|| format!("`{}` is not a date", record.date))?;
    Ok(Row {
        invoice: record.invoice.to_owned(),
        stock_code: record.stock_code.to_owned(),
        description: record.description.trim().to_owned(),
        quantity: record.quantity,
        at_us: at.and_utc().timestamp_micros(),
        unit_price_thousandths: thousandths(record.unit_price)?,
        customer: (!record.customer.is_empty()).then(|| record.customer.to_owned()),
        country: record.country.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    #[test]
    fn rows_are_read_with_their_quotes_and_gaps() {
        let text = format!(
            "{HEADER}100001,22041,\"FRAME 7\"\" , SINGLE \",48,2010-12-01 12:27:00,2.1,16210,United Kingdom\n\
             100002,POST,,1,2010-12-02 00:00:00,18,,EIRE\n"
        );
        let rows = read(text.as_bytes()).expect("reads");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].description, "FRAME 7\" , SINGLE");
        assert_eq!(rows[0].at_us, 1_291_206_420_000_000);
        assert_eq!(rows[0].unit_price_thousandths, 2_100);
        assert_eq!(rows[0].customer.as_deref(), Some("16210"));
        assert_eq!(rows[1].customer, None);
        assert!(rows[0].is_product() && !rows[1].is_product());
    }

    #[test]
    fn only_units_at_a_price_are_sales() {
        let text = format!(
            "{HEADER}100001,10002,X,1,2010-12-01 12:27:00,2.1,1,EIRE\n\
             C100002,10002,X,-1,2010-12-01 12:27:00,2.1,1,EIRE\n\
             A100003,B,X,1,2010-12-01 12:27:00,9,,EIRE\n\
             100004,10002,X,5,2010-12-01 12:27:00,0,1,EIRE\n\
             100005,10002,X,-5,2010-12-01 12:27:00,1,1,EIRE\n"
        );
        let sales: Vec<bool> =
            read(text.as_bytes()).expect("reads").iter().map(|row| row.is_sale()).collect();
        assert_eq!(sales, [true, false, false, false, false]);
    }

    #[test]
    fn a_bad_row_is_told_by_its_line() {
        let text = format!("{HEADER}100001,10002,X,1,yesterday,2.1,1,EIRE\n");
        let error = format!("{:#}", read(text.as_bytes()).expect_err("no date"));
        assert!(error.contains("line 2") && error.contains("yesterday"), "{error}");
    }
}
