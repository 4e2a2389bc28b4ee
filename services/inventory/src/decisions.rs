//! The decisions: rows change by the rules of the domain, and what others must know is published.

pub(crate) mod holds;
pub(crate) mod orders;
pub(crate) mod staff;

use contracts::ProductId;
use engine::{Cx, Rows};

use crate::{
    domain::{Fact, Stock, Units},
    service::Inventory,
};

/// Promises more or fewer units of these products.
fn reserve(changes: &Units, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    for (&product_id, &delta) in changes {
        change_stock(product_id, rows, cx, |stock| stock.reserve(delta));
    }
}

/// Gives up all of these units.
fn release(units: &Units, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    for (&product_id, &quantity) in units {
        change_stock(product_id, rows, cx, |stock| stock.reserve(-quantity));
    }
}

/// Changes a product's stock, and tells when that makes it run out or come back. Other changes are told by nobody's
/// interest: every order would be an event of each of its products.
///
/// # Panics
/// There is no stock of it, though units of it were promised.
fn change_stock(
    product_id: ProductId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
    change: impl FnOnce(&mut Stock),
) {
    let Some(stock) = rows.get_mut::<Stock>(product_id) else {
        panic!("units of product {product_id} are promised, and it has no stock");
    };
    let was_available = stock.available() > 0;
    change(stock);
    if was_available != (stock.available() > 0) {
        let fact = updated(stock);
        cx.publish::<Stock>(product_id, fact);
    }
}

fn updated(stock: &Stock) -> Fact {
    Fact::StockUpdated { product_id: stock.product_id, on_hand: stock.on_hand, reserved: stock.reserved }
}
