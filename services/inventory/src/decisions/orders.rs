//! Allocations: units promised to an order, until they leave or are given up.
//!
//! Events of one order may overtake one another, so each decision goes by where the allocation stands.

use contracts::{CartId, OrderId, Refusal};
use engine::{Cx, Rows};

use super::{Moved, change_stock, holds, note, release, reserve};
use crate::{
    domain,
    domain::{
        Allocation, AllocationStatus, Fact, Hold, Line, MovementReason, RESTOCKED, SOLD, Stock, Units,
        Validation, changes_of_checkout, units_of,
    },
    service::Inventory,
};

/// At checkout, what is held for the cart becomes the order's, without an end in time.
pub(crate) fn take_hold(
    order_id: OrderId,
    cart_id: CartId,
    lines: &[Line],
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) {
    cx.correlate(order_id);
    if rows.get::<Allocation>(order_id).is_some() {
        // Validation or a cancellation was first and took what there was; what the cart holds since then is nobody's.
        holds::give_up(cart_id, inventory, rows, cx);
        return;
    }
    let Some(held) = rows.get::<Hold>(cart_id).map(Hold::units) else { return };
    let (taken, changes) = changes_of_checkout(&held, &units_of(lines));
    rows.remove::<Hold>(cart_id);
    if !taken.is_empty() {
        rows.put(Allocation::new(order_id, AllocationStatus::Held, &taken));
    }
    reserve(&changes, inventory, rows, cx);
}

/// Decides whether the order can have its stock: with what was held for it, and the rest from what is available.
pub(crate) fn validate(
    order_id: OrderId,
    cart_id: CartId,
    lines: &[Line],
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) {
    cx.correlate(order_id);
    let allocation = rows.get::<Allocation>(order_id);
    if let Some(decided) = allocation.filter(|allocation| allocation.is_decided()) {
        tracing::debug!(%order_id, status = ?decided.status, "validation comes too late");
        holds::give_up(cart_id, inventory, rows, cx);
        return;
    }
    let mut kept = allocation.map(|allocation| units_of(&allocation.lines)).unwrap_or_default();
    if let Some(hold) = rows.get::<Hold>(cart_id) {
        // The hold is still the cart's where its checkout has not come yet.
        for (product_id, quantity) in hold.units() {
            *kept.entry(product_id).or_default() += quantity;
        }
        rows.remove::<Hold>(cart_id);
    }
    let wanted = units_of(lines);
    let available = |product_id| rows.get::<Stock>(product_id).map_or(0, Stock::available);
    let (status, units, changes, fact) = match domain::validate(&kept, &wanted, available) {
        Validation::Confirmed { changes } => {
            (AllocationStatus::Allocated, wanted, changes, Fact::OrderConfirmed { order_id })
        }
        Validation::Rejected { changes, short } => {
            (AllocationStatus::Rejected, Units::new(), changes, Fact::OrderRejected { order_id, short })
        }
    };
    rows.put(Allocation::new(order_id, status, &units));
    reserve(&changes, inventory, rows, cx);
    cx.publish::<Allocation>(order_id, fact);
}

/// The order is paid: its units leave.
///
/// # Errors
/// Its stock has not been confirmed yet.
pub(crate) fn settle(
    order_id: OrderId,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    let allocation = rows.get_mut::<Allocation>(order_id);
    let Some(allocation) = allocation.filter(|allocation| allocation.status != AllocationStatus::Held) else {
        return Err(Refusal::early("the order is paid, and its stock is not confirmed yet"));
    };
    if allocation.status != AllocationStatus::Allocated {
        tracing::debug!(%order_id, status = ?allocation.status, "a payment settles nothing");
        return Ok(());
    }
    allocation.status = AllocationStatus::Settled;
    for Line { product_id, quantity } in allocation.lines.clone() {
        change_stock(product_id, inventory, rows, cx, |stock| stock.settle(quantity));
        let (source_id, reason) = (order_id.0, MovementReason::Sold);
        note(Moved { product_id, source_id, part: SOLD, reason, delta: -quantity }, None, rows, cx);
    }
    Ok(())
}

/// The order is cancelled: what is promised to it is given up, and what has left is back on the shelf.
pub(crate) fn cancel(
    order_id: OrderId,
    cart_id: CartId,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) {
    cx.correlate(order_id);
    holds::give_up(cart_id, inventory, rows, cx);
    let Some(allocation) = rows.get_mut::<Allocation>(order_id) else {
        rows.put(Allocation::new(order_id, AllocationStatus::Cancelled, &Units::new()));
        return;
    };
    let lines = allocation.lines.clone();
    match allocation.status {
        AllocationStatus::Held | AllocationStatus::Allocated => {
            allocation.status = AllocationStatus::Released;
            release(&units_of(&lines), inventory, rows, cx);
        }
        AllocationStatus::Settled => {
            allocation.status = AllocationStatus::Restocked;
            for Line { product_id, quantity } in lines {
                change_stock(product_id, inventory, rows, cx, |stock| stock.restock(quantity));
                let (source_id, reason) = (order_id.0, MovementReason::Restocked);
                note(
                    Moved { product_id, source_id, part: RESTOCKED, reason, delta: quantity },
                    None,
                    rows,
                    cx,
                );
            }
        }
        status => tracing::debug!(%order_id, ?status, "a cancelled order has nothing to give back"),
    }
}
