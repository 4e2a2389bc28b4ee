//! Revenue by day and country straight from the file's text.
//!
//! This is the other side of the comparison, so it shares nothing with the code that puts orders into the shop: it
//! reads CSV by itself, byte by byte, knows neither invoices nor products, and computes in whole numbers.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read},
};

/// Pennies sold by day, as `2010-12-01`, and by the country's name.
pub(super) type Revenue = BTreeMap<(String, String), i64>;

/// Sums every sale line of the file: no invoice that begins with C or A, units above zero, a price above zero. A line
/// is units times price, rounded half up to the penny.
///
/// # Errors
/// The text is not of the Online Retail format; says the record's number.
pub(super) fn revenue(text: impl Read) -> Result<Revenue, String> {
    let mut revenue = Revenue::new();
    let mut columns: Option<Columns> = None;
    let mut number = 0_u64;
    each_record(text, |record| {
        number += 1;
        let Some(columns) = &columns else {
            columns = Some(Columns::find(record)?);
            return Ok(());
        };
        if let Some((day, country, pennies)) =
            columns.sale(record).map_err(|error| format!("record {number}: {error}"))?
        {
            *revenue.entry((day, country)).or_default() += pennies;
        }
        Ok(())
    })?;
    Ok(revenue)
}

/// Where the columns that matter here stand.
struct Columns {
    invoice: usize,
    quantity: usize,
    date: usize,
    price: usize,
    country: usize,
}

impl Columns {
    fn find(header: &[String]) -> Result<Self, String> {
        let find = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| format!("the file has no column {name}"))
        };
        Ok(Self {
            invoice: find("InvoiceNo")?,
            quantity: find("Quantity")?,
            date: find("InvoiceDate")?,
            price: find("UnitPrice")?,
            country: find("Country")?,
        })
    }

    /// The day, country and pennies of a record, where it is a sale.
    fn sale(&self, record: &[String]) -> Result<Option<(String, String, i64)>, String> {
        let cell = |column: usize| record.get(column).map(String::as_str).ok_or("too few columns".to_owned());
        let invoice = cell(self.invoice)?;
        let quantity: i128 =
            cell(self.quantity)?.parse().map_err(|_| "the quantity is no number".to_owned())?;
        let (price, scale) = decimal(cell(self.price)?)?;
        let is_void = matches!(invoice.as_bytes().first(), Some(b'C' | b'A'));
        if is_void || quantity < 1 || price < 1 {
            return Ok(None);
        }
        let day = cell(self.date)?.get(..10).ok_or("the date is too short")?.to_owned();
        // Pounds are price / scale: pennies are 100 times that, and half a penny more before cutting off rounds half up.
        let pennies = (2 * 100 * quantity * price + scale) / (2 * scale);
        let pennies = i64::try_from(pennies).map_err(|_| "the line is too large".to_owned())?;
        Ok(Some((day, cell(self.country)?.to_owned(), pennies)))
    }
}

/// A decimal as a whole number and the power of ten it is to be divided by.
fn decimal(text: &str) -> Result<(i128, i128), String> {
    let mut value = 0_i128;
    let mut scale = 1_i128;
    let mut is_fraction = false;
    let mut sign = 1;
    for (index, character) in text.chars().enumerate() {
        match character {
            '-' if index == 0 => sign = -1,
            '.' if !is_fraction => is_fraction = true,
            '0'..='9' if index < 30 => {
                value = value * 10 + i128::from(u32::from(character) - u32::from('0'));
                if is_fraction {
                    scale *= 10;
                }
            }
            _ => return Err(format!("`{text}` is not a price")),
        }
    }
    Ok((sign * value, scale))
}

/// Splits comma-separated text (RFC 4180: quotes around a cell, doubled inside) into records.
fn each_record(
    text: impl Read,
    mut use_record: impl FnMut(&[String]) -> Result<(), String>,
) -> Result<(), String> {
    let mut record: Vec<String> = Vec::new();
    let mut cell: Vec<u8> = Vec::new();
    let mut is_quoted = false;
    let mut was_quote = false;
    for byte in BufReader::new(text).bytes() {
        let byte = byte.map_err(|error| format!("the file cannot be read: {error}"))?;
        if is_quoted {
            // A quote inside quotes is either one half of a doubled one or the end.
            match (was_quote, byte) {
                (false, b'"') => {
                    was_quote = true;
                    continue;
                }
                (true, b'"') => {
                    was_quote = false;
                    cell.push(b'"');
                    continue;
                }
                (false, other) => {
                    cell.push(other);
                    continue;
                }
                (true, _) => {
                    is_quoted = false;
                    was_quote = false;
                }
            }
        }
        match byte {
            b'"' if cell.is_empty() => is_quoted = true,
            b',' => record.push(take(&mut cell)?),
            b'\n' => {
                record.push(take(&mut cell)?);
                use_record(&record)?;
                record.clear();
            }
            b'\r' => {}
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(take(&mut cell)?);
        use_record(&record)?;
    }
    Ok(())
}

fn take(cell: &mut Vec<u8>) -> Result<String, String> {
    String::from_utf8(std::mem::take(cell)).map_err(|_| "the file is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{decimal, revenue};

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn sums(rows: &str) -> Vec<(String, String, i64)> {
        let revenue = revenue(format!("{HEADER}{rows}").as_bytes()).expect("sums");
        revenue.into_iter().map(|((day, country), pennies)| (day, country, pennies)).collect()
    }

    fn sum(day: &str, country: &str, pennies: i64) -> (String, String, i64) {
        (day.to_owned(), country.to_owned(), pennies)
    }

    #[test]
    fn sales_are_summed_by_day_and_country_and_others_left_out() {
        let rows = "\
1,10002,A,6,2010-12-01 08:26:00,2.55,17850,EIRE
1,10003,\"B, \"\"C\"\"\",8,2010-12-01 08:27:00,2.75,17850,EIRE
2,POST,,1,2010-12-02 23:59:00,18,,France
C3,10002,A,-6,2010-12-02 10:00:00,2.55,17850,EIRE
A4,B,Adjust,1,2010-12-02 10:00:00,11062.06,,EIRE
5,10002,lost,-5,2010-12-02 10:00:00,0,,EIRE
6,10002,found,5,2010-12-02 10:00:00,0,,EIRE
";
        let expected = [sum("2010-12-01", "EIRE", 1_530 + 2_200), sum("2010-12-02", "France", 1_800)];
        assert_eq!(sums(rows), expected);
    }

    #[test]
    fn each_line_rounds_half_up() {
        let rows = "1,1,A,1,2010-12-01 08:26:00,0.005,1,EIRE\n1,1,A,1,2010-12-01 08:26:00,0.004,1,EIRE\n1,1,A,3,2010-12-01 08:26:00,1.125,1,EIRE";
        assert_eq!(sums(rows), [sum("2010-12-01", "EIRE", 1 + 338)]);
    }

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal("13541.33").expect("reads"), (1_354_133, 100));
        assert_eq!(decimal("-0.001").expect("reads"), (-1, 1_000));
        assert!(decimal("1.2.3").is_err() && decimal("1e5").is_err());
    }

    #[test]
    fn another_format_is_an_error() {
        assert!(revenue("a,b\n1,2\n".as_bytes()).is_err());
        assert!(revenue(format!("{HEADER}1,2\n").as_bytes()).is_err());
    }
}
