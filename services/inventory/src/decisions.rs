//! The decisions: rows change by the rules of the domain, and what others must know is published.

pub(crate) mod holds;
pub(crate) mod orders;
pub(crate) mod staff;

use contracts::ProductId;
use engine::{Cx, Rows};
use uuid::Uuid;

use crate::{
    domain::{Fact, Movement, MovementReason, Stock, Units, movement_id},
    service::Inventory,
};

/// Promises more or fewer units of these products.
fn reserve(changes: &Units, inventory: &Inventory, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    for (&product_id, &delta) in changes {
        change_stock(product_id, inventory, rows, cx, |stock| stock.reserve(delta));
    }
}

/// Gives up all of these units.
fn release(units: &Units, inventory: &Inventory, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    for (&product_id, &quantity) in units {
        change_stock(product_id, inventory, rows, cx, |stock| stock.reserve(-quantity));
    }
}

/// Changes a product's stock, and tells when that makes it run out, come back, or fall below its threshold. Other changes
/// are told by nobody's interest: every order would be an event of each of its products.
///
/// # Panics
/// There is no stock of it, though units of it were promised.
fn change_stock(
    product_id: ProductId,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
    change: impl FnOnce(&mut Stock),
) {
    let Some(stock) = rows.get_mut::<Stock>(product_id) else {
        panic!("units of product {product_id} are promised, and it has no stock");
    };
    let was_available = stock.available() > 0;
    let was_low = inventory.is_low(stock);
    change(stock);
    let updated = (was_available != (stock.available() > 0)).then(|| updated(stock));
    let low = (!was_low && inventory.is_low(stock)).then(|| inventory.low(stock));
    for fact in updated.into_iter().chain(low) {
        cx.publish::<Stock>(product_id, fact);
    }
}

/// A change of the units on hand, for the product's history.
#[derive(Clone, Copy)]
struct Moved {
    product_id: ProductId,
    /// The order or the adjustment.
    source_id: Uuid,
    /// Which of the source's movements of this product it is.
    part: u64,
    reason: MovementReason,
    delta: i64,
}

/// Writes down what has moved, after the stock has changed. What has not moved is no history.
fn note(moved: Moved, note: Option<&str>, rows: &mut Rows, cx: &Cx<'_, Inventory>) {
    let Moved { product_id, source_id, part, reason, delta } = moved;
    let stock = rows.get_mut::<Stock>(product_id).filter(|_| delta != 0);
    let Some(stock) = stock else { return };
    let movement_id = movement_id(source_id, product_id, part);
    let previous = stock.last_movement.replace(movement_id);
    stock.movements += 1;
    let movement = Movement {
        movement_id,
        product_id,
        previous,
        number: stock.movements,
        created_us: cx.now(),
        reason,
        delta,
        on_hand: stock.on_hand,
        source_id,
        note: note.map(str::to_owned),
    };
    rows.put(movement);
}

fn updated(stock: &Stock) -> Fact {
    Fact::StockUpdated { product_id: stock.product_id, on_hand: stock.on_hand, reserved: stock.reserved }
}
