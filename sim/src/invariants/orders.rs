//! Orders: none is lost, none stands still, and each has gone a way that an order may go.

use std::collections::BTreeMap;

use cart::domain::Cart;
use contracts::{
    Event, OrderId, ServiceName,
    events::{cart::CartCheckedOut, ordering as told},
};
use inventory::Adjustment;
use ordering::{Order, Status};
use payment::{Entry, Refund, RefundStatus, TopUp, TopUpStatus};

use super::{Violation, hold};
use crate::world::World;

/// What somebody was told stays.
pub(super) fn acknowledged_is_kept(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "acknowledged_is_kept";
    let shop = &world.shop;
    for (order_id, cart_id) in &shop.acknowledged.orders {
        let order = shop.page::<Order>(ServiceName::Ordering, *order_id);
        hold(order.is_some_and(|order| order.cart_id == *cart_id), || {
            let message = format!("order {order_id} of cart {cart_id} was acknowledged, and is not there");
            Violation::new(RULE, message).about(*order_id).about(*cart_id)
        })?;
    }
    for (order_id, stood) in &shop.acknowledged.cancelled {
        let order = shop.page::<Order>(ServiceName::Ordering, *order_id);
        let Some(Order { status, .. }) = order else { continue };
        let is_kept = match stood {
            Status::Cancelled => status == Status::Cancelled,
            // Asked of fulfilment, which decides either way.
            _ => matches!(status, Status::Cancelled | Status::Shipped | Status::Delivered),
        };
        hold(is_kept, || {
            let message =
                format!("cancelling order {order_id} was acknowledged as {stood:?}; it is {status:?}");
            Violation::new(RULE, message).about(*order_id)
        })?;
    }
    for top_up_id in &shop.acknowledged.top_ups {
        let top_up = shop.page::<TopUp>(ServiceName::Payment, *top_up_id);
        hold(top_up.as_ref().is_some_and(|top_up| top_up.status != TopUpStatus::Capturing), || {
            let message = format!("top-up {top_up_id} was acknowledged; it is {top_up:?}");
            Violation::new(RULE, message).about(*top_up_id)
        })?;
    }
    for adjustment_id in &shop.acknowledged.adjustments {
        let adjustment = shop.page::<Adjustment>(ServiceName::Inventory, *adjustment_id);
        hold(adjustment.is_some(), || {
            let message = format!("adjustment {adjustment_id} was acknowledged, and is not there");
            Violation::new(RULE, message).about(*adjustment_id)
        })?;
    }
    for refund_id in &shop.acknowledged.refunds {
        let refund = shop.page::<Refund>(ServiceName::Payment, *refund_id);
        let has_ended = refund.as_ref().is_some_and(|refund| refund.status != RefundStatus::Pending);
        hold(has_ended, || {
            let message = format!("refund {refund_id} was acknowledged; it is {refund:?}");
            Violation::new(RULE, message).about(*refund_id)
        })?;
    }
    let entries = shop.all::<Entry>(ServiceName::Payment);
    for gift in &shop.acknowledged.gifts {
        hold(entries.iter().any(|entry| entry.reference == *gift), || {
            Violation::new(RULE, format!("{gift} was acknowledged, and is in no wallet's statement"))
        })?;
    }
    Ok(())
}

/// Whether an order may go from one event to the next.
fn may_follow(before: &str, next: &str) -> bool {
    type Next = &'static [&'static str];
    const STOPPABLE: Next = &[told::OrderCancelled::TYPE];
    let allowed: &[Next] = match before {
        told::OrderSubmitted::TYPE => &[&[told::GracePeriodConfirmed::TYPE], STOPPABLE],
        told::GracePeriodConfirmed::TYPE => &[&[told::OrderAwaitingValidation::TYPE]],
        told::OrderAwaitingValidation::TYPE => &[&[told::OrderStockConfirmed::TYPE], STOPPABLE],
        told::OrderStockConfirmed::TYPE => &[&[told::OrderPaid::TYPE], STOPPABLE],
        told::OrderPaid::TYPE | told::OrderCancelRequested::TYPE | told::OrderUpdated::TYPE => &[
            &[told::OrderShipped::TYPE, told::OrderDelivered::TYPE, told::OrderCancelRequested::TYPE],
            &[told::OrderUpdated::TYPE],
            STOPPABLE,
        ],
        // What was decided about a wish to cancel may be told after the parcel has left.
        told::OrderShipped::TYPE => &[&[told::OrderDelivered::TYPE, told::OrderUpdated::TYPE]],
        told::OrderDelivered::TYPE => &[&[told::OrderUpdated::TYPE]],
        _ => &[],
    };
    allowed.iter().any(|next_ones| next_ones.contains(&next))
}

/// Each order's events are a way that an order may go, from its submission on, and to where it stands.
pub(super) fn orders_go_legal_ways(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "orders_go_legal_ways";
    let shop = &world.shop;
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for logged in shop.books(ServiceName::Ordering).events(ServiceName::Ordering).unwrap_or_default() {
        ways.entry(logged.event.subject).or_default().push(logged.event.kind);
    }
    for order in shop.all::<Order>(ServiceName::Ordering) {
        let way = ways.remove(&order.id.to_string()).unwrap_or_default();
        let begins = way.first().is_some_and(|first| first == told::OrderSubmitted::TYPE);
        let goes = way.windows(2).all(|steps| may_follow(&steps[0], &steps[1]));
        let times = |kind: &str| way.iter().filter(|step| *step == kind).count();
        let once = [
            (told::OrderPaid::TYPE, order.paid_us.is_some()),
            (told::OrderDelivered::TYPE, order.status == Status::Delivered),
            (told::OrderCancelled::TYPE, order.status == Status::Cancelled),
        ];
        let tells = once.iter().all(|(kind, is_so)| times(kind) == usize::from(*is_so));
        hold(begins && goes && tells, || {
            let message = format!("order {} is {:?} after {way:?}", order.id, order.status);
            Violation::new(RULE, message).about(order.id).about(order.cart_id)
        })?;
    }
    hold(ways.is_empty(), || Violation::new(RULE, format!("there are events of no order: {ways:?}")))
}

/// Every checkout has its order, and every order ends, or waits for staff.
pub(super) fn orders_end(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "orders_end";
    let shop = &world.shop;
    let orders: BTreeMap<OrderId, Order> =
        shop.all::<Order>(ServiceName::Ordering).into_iter().map(|order| (order.id, order)).collect();
    for logged in shop.books(ServiceName::Cart).events(ServiceName::Cart).unwrap_or_default() {
        if logged.event.kind != CartCheckedOut::TYPE {
            continue;
        }
        let Ok(CartCheckedOut { order_id, cart_id, .. }) = logged.event.read() else { continue };
        hold(orders.contains_key(&order_id), || {
            let message = format!("cart {cart_id} was checked out, and there is no order {order_id}");
            Violation::new(RULE, message).about(order_id).about(cart_id)
        })?;
    }
    for order in orders.values() {
        let waits_for_staff = !shop.plan.parcels_move && !shop.plan.staff_finish;
        let has_ended = match order.status {
            Status::Delivered | Status::Cancelled => true,
            Status::Paid | Status::Packed | Status::Shipped => waits_for_staff,
            Status::Submitted | Status::AwaitingValidation | Status::StockConfirmed => false,
        };
        let cart = shop.page::<Cart>(ServiceName::Cart, order.cart_id);
        let is_emptied =
            cart.as_ref().is_some_and(|cart| cart.order_id == Some(order.id) && cart.lines.is_empty());
        hold(has_ended && !order.cancel_requested && is_emptied, || {
            let message =
                format!("nothing happens any more, order {order:?} is not done, and its cart is {cart:?}");
            Violation::new(RULE, message).about(order.id).about(order.cart_id)
        })?;
    }
    Ok(())
}
