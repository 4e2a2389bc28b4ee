//! What products there are, how many units of them staff receive, count and write off, and when they are too few.

use contracts::{ProductId, Refusal};
use engine::{Cx, Rows};
use uuid::Uuid;

use super::{Moved, note, updated};
use crate::{
    domain::{Adjustment, AdjustmentReason, Fact, Stock, StockChange, WantedChange},
    message::Level,
    service::Inventory,
};

/// A product is counted from now on, unless units of it have come in already.
pub(crate) fn count_product(product_id: ProductId, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    if rows.get::<Stock>(product_id).is_some() {
        return;
    }
    rows.put(Stock::new(product_id));
    cx.publish::<Stock>(product_id, Fact::StockCreated { product_id, on_hand: 0 });
}

/// Sets below how many units a product's stock is low; `None` leaves it to the settings. A product that is low by that, and
/// was not before, is told like any other.
///
/// # Errors
/// The product is not counted.
pub(crate) fn set_threshold(
    product_id: ProductId,
    threshold: Option<i64>,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<Stock, Refusal> {
    let unknown = || Refusal::not_found("stock_not_found", "The units of this product are not counted.");
    let stock = rows.get_mut::<Stock>(product_id).ok_or_else(unknown)?;
    let was_low = inventory.is_low(stock);
    stock.threshold = threshold;
    let stock = stock.clone();
    if !was_low && inventory.is_low(&stock) {
        cx.publish::<Stock>(product_id, inventory.low(&stock));
    }
    Ok(stock)
}

/// What staff say about an adjustment.
pub(crate) struct Saying<'a> {
    /// Given by whoever adjusts.
    pub adjustment_id: Uuid,
    /// Why.
    pub reason: AdjustmentReason,
    /// In words.
    pub note: Option<&'a str>,
}

/// Makes all of the changes, or none; answers the products as they are then.
pub(crate) fn adjust(
    saying: &Saying<'_>,
    changes: &[WantedChange],
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<Vec<Level>, Refusal> {
    if changes.is_empty() {
        return Err(Refusal::invalid("nothing_to_adjust", "An adjustment changes at least one product."));
    }
    let Saying { adjustment_id, reason, note } = *saying;
    if rows.get::<Adjustment>(adjustment_id).is_none() {
        let mut made = Vec::with_capacity(changes.len());
        for (part, change) in (0..).zip(changes) {
            made.push(adjust_one(saying, part, *change, inventory, rows, cx)?);
        }
        let note = note.map(str::to_owned);
        rows.put(Adjustment { adjustment_id, reason, note, created_us: cx.now(), changes: made });
    }
    let mut levels: Vec<Level> =
        changes.iter().filter_map(|change| rows.get::<Stock>(change.product_id)).map(Level::from).collect();
    levels.sort_by_key(|level| level.product_id);
    levels.dedup();
    Ok(levels)
}

fn adjust_one(
    saying: &Saying<'_>,
    part: u64,
    wanted: WantedChange,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<StockChange, Refusal> {
    let WantedChange { product_id, change } = wanted;
    let delta = match rows.get_mut::<Stock>(product_id) {
        Some(stock) => {
            let was_low = inventory.is_low(stock);
            let delta = stock.adjust(change)?;
            let updated = (delta != 0).then(|| updated(stock));
            let low = (!was_low && inventory.is_low(stock)).then(|| inventory.low(stock));
            for fact in updated.into_iter().chain(low) {
                cx.publish::<Stock>(product_id, fact);
            }
            delta
        }
        None => {
            // Units may come in before the catalogue's event does.
            let mut stock = Stock::new(product_id);
            let delta = stock.adjust(change)?;
            let on_hand = stock.on_hand;
            rows.put(stock);
            cx.publish::<Stock>(product_id, Fact::StockCreated { product_id, on_hand });
            delta
        }
    };
    let (source_id, reason) = (saying.adjustment_id, saying.reason.into());
    note(Moved { product_id, source_id, part, reason, delta }, saying.note, rows, cx);
    Ok(StockChange { product_id, delta })
}
