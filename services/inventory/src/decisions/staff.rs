//! What products there are, and how many units of them staff receive, count and write off.

use contracts::{ProductId, Refusal};
use engine::{Cx, Rows};
use uuid::Uuid;

use super::updated;
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

/// Makes all of the changes, or none; answers the products as they are then.
pub(crate) fn adjust(
    adjustment_id: Uuid,
    reason: AdjustmentReason,
    changes: &[WantedChange],
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<Vec<Level>, Refusal> {
    if changes.is_empty() {
        return Err(Refusal::invalid("nothing_to_adjust", "An adjustment changes at least one product."));
    }
    if rows.get::<Adjustment>(adjustment_id).is_none() {
        let made = changes.iter().map(|change| adjust_one(*change, rows, cx)).collect::<Result<_, _>>()?;
        rows.put(Adjustment { adjustment_id, reason, created_us: cx.now(), changes: made });
    }
    let mut levels: Vec<Level> =
        changes.iter().filter_map(|change| rows.get::<Stock>(change.product_id)).map(Level::from).collect();
    levels.sort_by_key(|level| level.product_id);
    levels.dedup();
    Ok(levels)
}

fn adjust_one(
    wanted: WantedChange,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<StockChange, Refusal> {
    let WantedChange { product_id, change } = wanted;
    let Some(stock) = rows.get_mut::<Stock>(product_id) else {
        // Units may come in before the catalogue's event does.
        let mut stock = Stock::new(product_id);
        let delta = stock.adjust(change)?;
        let on_hand = stock.on_hand;
        rows.put(stock);
        cx.publish::<Stock>(product_id, Fact::StockCreated { product_id, on_hand });
        return Ok(StockChange { product_id, delta });
    };
    let delta = stock.adjust(change)?;
    if delta != 0 {
        let fact = updated(stock);
        cx.publish::<Stock>(product_id, fact);
    }
    Ok(StockChange { product_id, delta })
}
