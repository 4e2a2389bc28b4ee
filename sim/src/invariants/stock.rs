//! Units: promised no more than there are, and none out of nowhere.

use std::collections::BTreeMap;

use contracts::{ProductId, ServiceName};
use inventory::{Adjustment, Allocation, AllocationStatus, Hold, Movement, Stock};
use ordering::{Order, Purchase, Status};

use super::{Violation, hold};
use crate::{shop::Shop, world::World};

type Units = BTreeMap<ProductId, i64>;

/// `0 <= reserved <= on_hand`, and what is reserved is what holds and allocations promise. After every commit.
pub fn adds_up(shop: &Shop) {
    let mut promised = Units::new();
    for held in shop.all::<Hold>(ServiceName::Inventory) {
        for line in held.lines {
            *promised.entry(line.product_id).or_default() += i64::from(line.quantity);
        }
    }
    for allocation in shop.all::<Allocation>(ServiceName::Inventory) {
        if matches!(allocation.status, AllocationStatus::Held | AllocationStatus::Allocated) {
            for line in allocation.lines {
                *promised.entry(line.product_id).or_default() += line.quantity;
            }
        }
    }
    for stock in shop.all::<Stock>(ServiceName::Inventory) {
        let reserved = promised.remove(&stock.product_id).unwrap_or(0);
        let is_possible = 0 <= stock.reserved && stock.reserved <= stock.on_hand;
        let is_accounted = stock.on_hand == stock.received - stock.settled + stock.restocked;
        if !is_possible || !is_accounted || stock.reserved != reserved {
            let message =
                format!("{reserved} units are promised to carts and orders, and stock says {stock:?}");
            shop.faults.report(Violation::new("stock_adds_up", message).about(stock.product_id));
        }
    }
    if let Some((product_id, units)) = promised.into_iter().find(|(_, units)| *units != 0) {
        let message = format!("{units} units of {product_id} are promised, which has no stock");
        shop.faults.report(Violation::new("stock_adds_up", message).about(product_id));
    }
}

/// What came in is what movements and adjustments say, and what left is what orders have.
pub(super) fn units_are_accounted_for(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "units_are_accounted_for";
    let shop = &world.shop;
    let (mut moved, mut adjusted, mut sold, mut restocked) =
        (Units::new(), Units::new(), Units::new(), Units::new());
    for movement in shop.all::<Movement>(ServiceName::Inventory) {
        *moved.entry(movement.product_id).or_default() += movement.delta;
    }
    for adjustment in shop.all::<Adjustment>(ServiceName::Inventory) {
        for change in adjustment.changes {
            *adjusted.entry(change.product_id).or_default() += change.delta;
        }
    }
    let mut allocations = BTreeMap::new();
    for allocation in shop.all::<Allocation>(ServiceName::Inventory) {
        for line in &allocation.lines {
            let back = allocation.status == AllocationStatus::Restocked;
            if back || allocation.status == AllocationStatus::Settled {
                *sold.entry(line.product_id).or_default() += line.quantity;
            }
            if back {
                *restocked.entry(line.product_id).or_default() += line.quantity;
            }
        }
        allocations.insert(allocation.order_id, allocation);
    }
    for stock in shop.all::<Stock>(ServiceName::Inventory) {
        let of = |units: &Units| units.get(&stock.product_id).copied().unwrap_or(0);
        let found = (of(&moved), of(&adjusted), of(&sold), of(&restocked));
        let says = (stock.on_hand, stock.received, stock.settled, stock.restocked);
        hold(found == says, || {
            let message =
                format!("moved, adjusted, sold and restocked are {found:?}, and stock says {says:?}");
            Violation::new(RULE, message).about(stock.product_id)
        })?;
    }
    for order in shop.all::<Order>(ServiceName::Ordering) {
        let allocation = allocations.get(&order.id);
        let has_left = allocation.filter(|allocation| allocation.status == AllocationStatus::Settled);
        let is_sold =
            matches!(order.status, Status::Paid | Status::Packed | Status::Shipped | Status::Delivered);
        let mut wanted = Units::new();
        if let Some(purchase) = shop.page::<Purchase>(ServiceName::Ordering, order.id).filter(|_| is_sold) {
            for line in purchase.lines.iter().filter(|line| line.stocked) {
                *wanted.entry(line.product_id).or_default() += i64::from(line.quantity);
            }
        }
        let left: Units = has_left
            .iter()
            .flat_map(|allocation| &allocation.lines)
            .map(|line| (line.product_id, line.quantity))
            .collect();
        hold(left == wanted, || {
            let message =
                format!("order {} is {:?}, and its stock is {allocation:?}", order.id, order.status);
            Violation::new(RULE, message).about(order.id).about(order.cart_id)
        })?;
    }
    Ok(())
}
