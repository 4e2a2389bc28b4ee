//! Which rows each message reads or changes. Stock is asked for only where what is promised changes: an order whose hold
//! covers it goes through checkout and validation without touching its products, which others want too.

use contracts::{CartId, OrderId};
use engine::{Needs, Value};

use crate::{
    domain::{
        Adjustment, Allocation, AllocationStatus, Hold, Line, Movement, RESTOCKED, SOLD, Stock, Units,
        changes_of_checkout, changes_of_validation, movement_id, units_of,
    },
    message::Message,
};

/// How many holds of a slot end with one message, at most. More than a batch has messages, so that holds which others
/// have just changed never fill it.
const HOLDS_MAX: usize = 4_096;

/// Asks for the message's rows.
pub(crate) fn name(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::SetHold { cart_id, product_id, .. } | Message::LowerHold { cart_id, product_id, .. } => {
            needs.write::<Hold>(*cart_id);
            needs.write::<Stock>(*product_id);
        }
        Message::RenewHolds { cart_id, lines, .. } => {
            let held = held_for(*cart_id, needs);
            stock_of(&held, needs);
            stock_of(&units_of(lines), needs);
        }
        Message::AdjustStock { adjustment_id, changes, .. } => {
            needs.write::<Adjustment>(*adjustment_id);
            for (part, change) in (0..).zip(changes) {
                needs.write::<Stock>(change.product_id);
                needs.write::<Movement>(movement_id(*adjustment_id, change.product_id, part));
            }
        }
        Message::CountProduct { product_id } | Message::SetThreshold { product_id, .. } => {
            needs.write::<Stock>(*product_id);
        }
        Message::TakeHold { order_id, cart_id, lines } => of_checkout(*order_id, *cart_id, lines, needs),
        Message::Validate { order_id, cart_id, lines } => of_validation(*order_id, *cart_id, lines, needs),
        Message::Settle { order_id } => {
            let promised = |allocation: &&Allocation| allocation.status == AllocationStatus::Allocated;
            let allocation = needs.write::<Allocation>(*order_id).filter(promised);
            let lines = allocation.map(|allocation| units_of(&allocation.lines)).unwrap_or_default();
            stock_of(&lines, needs);
            movements_of(*order_id, &lines, SOLD, needs);
        }
        Message::Cancel { order_id, cart_id } => {
            let to_give_back = |allocation: &&Allocation| {
                allocation.is_promised() || allocation.status == AllocationStatus::Settled
            };
            let allocation = needs.write::<Allocation>(*order_id).filter(to_give_back);
            let has_left = allocation.is_some_and(|allocation| !allocation.is_promised());
            let lines = allocation.map(|allocation| units_of(&allocation.lines)).unwrap_or_default();
            stock_of(&lines, needs);
            if has_left {
                movements_of(*order_id, &lines, RESTOCKED, needs);
            }
            let held = held_for(*cart_id, needs);
            stock_of(&held, needs);
        }
        Message::EndSlot { slot } => {
            needs.write_all::<Hold>("expiry_slot", Value::Integer(*slot), None, HOLDS_MAX);
        }
        Message::EndHold { cart_id } => {
            let held = held_for(*cart_id, needs);
            stock_of(&held, needs);
        }
    }
}

fn of_checkout(order_id: OrderId, cart_id: CartId, lines: &[Line], needs: &mut Needs<'_>) {
    let is_known = needs.write::<Allocation>(order_id).is_some();
    let held = held_for(cart_id, needs);
    let wanted = if is_known { Units::new() } else { units_of(lines) };
    let (_, changes) = changes_of_checkout(&held, &wanted);
    stock_of(&changes, needs);
}

fn of_validation(order_id: OrderId, cart_id: CartId, lines: &[Line], needs: &mut Needs<'_>) {
    let allocation = needs.write::<Allocation>(order_id).cloned();
    let mut kept = held_for(cart_id, needs);
    if needs.incomplete() {
        // Which stock is needed follows from these; asking for all of it now would lock what a covering hold leaves alone.
        return;
    }
    if allocation.as_ref().is_some_and(Allocation::is_decided) {
        stock_of(&kept, needs);
        return;
    }
    for line in allocation.iter().flat_map(|allocation| &allocation.lines) {
        *kept.entry(line.product_id).or_default() += line.quantity;
    }
    let wanted = units_of(lines);
    if !changes_of_validation(&kept, &wanted).is_empty() {
        stock_of(&kept, needs);
        stock_of(&wanted, needs);
    }
}

fn held_for(cart_id: CartId, needs: &mut Needs<'_>) -> Units {
    needs.write::<Hold>(cart_id).map(Hold::units).unwrap_or_default()
}

fn stock_of(units: &Units, needs: &mut Needs<'_>) {
    for &product_id in units.keys() {
        needs.write::<Stock>(product_id);
    }
}

fn movements_of(order_id: OrderId, units: &Units, part: u64, needs: &mut Needs<'_>) {
    for &product_id in units.keys() {
        needs.write::<Movement>(movement_id(order_id.0, product_id, part));
    }
}
