//! Orders that were placed elsewhere: their lines state what they cost.

use contracts::{Currency, Money, ProductId, Refusal, TaxClass};
use serde::{Deserialize, Serialize};

use super::{
    Line,
    item::{amount_out_of_range, line_total_is_fine, quantity_out_of_range},
};

/// Most lines of an imported order.
pub const IMPORT_LINES_MAX: usize = 2_000;

/// Most units in a line of an imported order: wholesale is larger than a shop's cart.
pub const IMPORT_QUANTITY_MAX: u32 = 100_000;

/// A line of an order that was placed elsewhere. Lines of one product may repeat, at other prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportLine {
    /// The product.
    pub product_id: ProductId,
    /// Its name then.
    pub name: String,
    /// Units ordered.
    pub quantity: u32,
    /// What one unit cost then.
    pub unit_price: Money,
    /// What the line cost then. Stated, because it may have been rounded once for all its units.
    pub line_total: Money,
    /// Whether units of it are counted in stock.
    pub stocked: bool,
}

/// The lines of an imported cart, and their currency.
///
/// # Errors
/// `cart_empty`, `cart_full`, `quantity_out_of_range`, `amount_out_of_range`, `currency_mismatch` when lines disagree.
pub fn imported_lines(lines: &[ImportLine]) -> Result<(Currency, Vec<Line>), Refusal> {
    let Some(first) = lines.first() else {
        return Err(Refusal::conflict("cart_empty", "There is nothing in the order."));
    };
    if lines.len() > IMPORT_LINES_MAX {
        return Err(Refusal::conflict(
            "cart_full",
            format!("An order has at most {IMPORT_LINES_MAX} lines."),
        ));
    }
    let currency = first.line_total.currency;
    let lines = lines.iter().map(|line| imported_line(line, currency));
    Ok((currency, lines.collect::<Result<_, _>>()?))
}

fn imported_line(line: &ImportLine, currency: Currency) -> Result<Line, Refusal> {
    if line.unit_price.currency != currency || line.line_total.currency != currency {
        return Err(Refusal::invalid("currency_mismatch", "The lines of an order are in one currency."));
    }
    if !(1..=IMPORT_QUANTITY_MAX).contains(&line.quantity) {
        return Err(quantity_out_of_range(IMPORT_QUANTITY_MAX));
    }
    if line.unit_price.amount < 0 || !line_total_is_fine(line.line_total.amount) {
        return Err(amount_out_of_range());
    }
    Ok(Line {
        product_id: line.product_id,
        name: line.name.as_str().into(),
        quantity: line.quantity,
        unit_price_amount: line.unit_price.amount,
        total_amount: line.line_total.amount,
        revision: 1,
        stocked: line.stocked,
        weight_grams: 0,
        // What it states has its tax in it, whatever that was.
        tax_class: TaxClass::Exempt,
    })
}
