//! Holds: units promised to a cart, for a time.

use std::collections::BTreeSet;

use contracts::{CartId, ProductId, Refusal, Timestamp};
use engine::{Cx, Rows, Value};

use super::{release, reserve};
use crate::{
    domain::{Hold, Line, Stock, Units, slot, units_of},
    message::Message,
    service::Inventory,
};

/// Holds so many units for a cart, if a newer revision of it says so and they are there.
pub(crate) fn set(
    cart_id: CartId,
    product_id: ProductId,
    quantity: u32,
    revision: i64,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Result<(), Refusal> {
    let known = rows.get::<Hold>(cart_id);
    if known.is_none() && quantity == 0 {
        return Ok(());
    }
    let mut hold = known.cloned().unwrap_or_else(|| Hold::new(cart_id));
    let Some(change) = hold.set(product_id, quantity, revision) else {
        tracing::debug!(%cart_id, %product_id, revision, "a hold of an older revision changes nothing");
        return Ok(());
    };
    let available = rows.get::<Stock>(product_id).map_or(0, Stock::available);
    if change > available {
        return Err(Refusal::conflict("out_of_stock", "There are not enough units of the product."));
    }
    hold.extend(cx.now(), inventory.hold_time());
    if let Some(slot) = hold.expiry_slot {
        schedule_end_of(slot, slot::end_of(slot), cx);
    }
    rows.put(hold);
    if change != 0 {
        reserve(&Units::from([(product_id, change)]), inventory, rows, cx);
    }
    Ok(())
}

/// Holds all of a cart anew, each product as far as there are enough units, and releases what it does not want any more.
/// Answers what is held then; an older revision than the last word about a product changes nothing of that.
pub(crate) fn renew(
    cart_id: CartId,
    wanted: &[Line],
    revision: i64,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) -> Option<Hold> {
    let known = rows.get::<Hold>(cart_id);
    let wanted = units_of(wanted);
    if known.is_none() && wanted.is_empty() {
        return None;
    }
    let mut hold = known.cloned().unwrap_or_else(|| Hold::new(cart_id));
    let mut changes = Units::new();
    let products: BTreeSet<ProductId> = hold.units().into_keys().chain(wanted.keys().copied()).collect();
    for product_id in products {
        let held = hold.units().get(&product_id).copied().unwrap_or(0);
        let available = rows.get::<Stock>(product_id).map_or(0, Stock::available) + held;
        let quantity = wanted.get(&product_id).copied().unwrap_or(0);
        // Too few are none: half a line that is held would not be the cart's any more than a line that is not.
        let quantity = if quantity <= available { quantity } else { 0 };
        let quantity = u32::try_from(quantity).unwrap_or(0);
        if let Some(change) = hold.set(product_id, quantity, revision).filter(|change| *change != 0) {
            changes.insert(product_id, change);
        }
    }
    hold.extend(cx.now(), inventory.hold_time());
    if let Some(slot) = hold.expiry_slot {
        schedule_end_of(slot, slot::end_of(slot), cx);
    }
    rows.put(hold.clone());
    reserve(&changes, inventory, rows, cx);
    Some(hold)
}

/// A cart has fewer units of a product: the rest is released, if a newer revision says so.
pub(crate) fn lower(
    cart_id: CartId,
    product_id: ProductId,
    quantity: u32,
    revision: i64,
    inventory: &Inventory,
    rows: &mut Rows,
    cx: &mut Cx<'_, Inventory>,
) {
    let Some(mut hold) = rows.get::<Hold>(cart_id).cloned() else { return };
    let Some(change) = hold.lower(product_id, quantity, revision) else {
        tracing::debug!(%cart_id, %product_id, revision, "a removal of an older revision releases nothing");
        return;
    };
    rows.put(hold);
    if change != 0 {
        reserve(&Units::from([(product_id, change)]), inventory, rows, cx);
    }
}

/// A slot is over: each of its holds ends with a message of its own, which has its own rows and comes in its cart's order.
pub(crate) fn end_slot(slot: i64, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    let carts: Vec<CartId> =
        rows.matching::<Hold>("expiry_slot", &Value::Integer(slot)).iter().map(|hold| hold.cart_id).collect();
    if carts.is_empty() {
        return;
    }
    let now = cx.now();
    for cart_id in carts {
        if let Some(hold) = rows.get_mut::<Hold>(cart_id) {
            hold.expiry_slot = None;
        }
        cx.schedule(cart_id, "end-hold", now, Message::EndHold { cart_id });
    }
    // A message takes a bounded number of holds, so it looks again until none is left.
    schedule_end_of(slot, now, cx);
}

/// Releases a cart's hold, unless the cart has been busy since its slot was over.
pub(crate) fn end(cart_id: CartId, inventory: &Inventory, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    if rows.get::<Hold>(cart_id).is_some_and(|hold| hold.expiry_slot.is_none()) {
        give_up(cart_id, inventory, rows, cx);
    }
}

/// Releases all that is held for a cart.
pub(super) fn give_up(cart_id: CartId, inventory: &Inventory, rows: &mut Rows, cx: &mut Cx<'_, Inventory>) {
    let Some(held) = rows.get::<Hold>(cart_id).map(Hold::units) else { return };
    rows.remove::<Hold>(cart_id);
    release(&held, inventory, rows, cx);
}

fn schedule_end_of(slot: i64, due: Timestamp, cx: &mut Cx<'_, Inventory>) {
    cx.schedule(slot::timer_subject(slot), "end-slot", due, Message::EndSlot { slot });
}
