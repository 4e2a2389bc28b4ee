//! Money: taken once, given back when an order is cancelled, and counted alike by the shop and the gateway.

use std::collections::BTreeMap;

use contracts::{OrderId, ServiceName};
use ordering::{Order, Status};
use payment::{
    Account, AccountKind, Entry, EntryKind, Payment, Refund, RefundStatus, Request, Status as PaymentStatus,
    TopUp, TopUpStatus,
};
use uuid::Uuid;

use super::{Violation, hold};
use crate::{outside::Movement, world::World};

/// The gateway's own ledger, by order or top-up.
fn by_subject(world: &World) -> BTreeMap<Uuid, Vec<Movement>> {
    let mut found: BTreeMap<Uuid, Vec<Movement>> = BTreeMap::new();
    for movement in world.shop.outside.lock().movements.values() {
        found.entry(movement.subject()).or_default().push(movement.clone());
    }
    found
}

/// The gateway has captured once for an order or a top-up at most, and refunded no more than that.
pub(super) fn one_capture_per_order(world: &mut World) -> Result<(), Violation> {
    for (subject, movements) in by_subject(world) {
        let amounts = || movements.iter().filter_map(Movement::taken).map(|money| money.amount);
        let captures =
            movements.iter().filter(|movement| !matches!(movement.request, Request::Refund { .. }));
        let captures = captures.filter(|movement| movement.taken().is_some()).count();
        hold(captures <= 1 && amounts().sum::<i64>() >= 0, || {
            let message = format!("the gateway has done for {subject}: {movements:?}");
            Violation::new("one_capture_per_order", message).about(subject)
        })?;
    }
    Ok(())
}

/// What was taken for an order, less what was given back, is its total less staff's refunds where it is paid for; where it is cancelled it is
/// nothing, or what the gateway would not give back.
pub(super) fn money_adds_up(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "money_adds_up";
    let mut taken: BTreeMap<Uuid, i64> = BTreeMap::new();
    for (subject, movements) in by_subject(world) {
        let amounts = movements.iter().filter_map(Movement::taken).map(|money| money.amount);
        taken.insert(subject, amounts.sum());
    }
    let shop = &world.shop;
    let mut refunds: BTreeMap<Uuid, Vec<Refund>> = BTreeMap::new();
    for refund in shop.all::<Refund>(ServiceName::Payment) {
        refunds.entry(refund.order_id.0).or_default().push(refund);
    }
    for entry in shop.all::<Entry>(ServiceName::Payment) {
        let is_orders = matches!(entry.kind, EntryKind::Payment | EntryKind::Refund);
        if entry.account == AccountKind::Wallet && is_orders {
            let order: Uuid = entry.reference.parse().unwrap_or_default();
            *taken.entry(order).or_default() -= entry.amount;
        }
    }
    for top_up in shop.all::<TopUp>(ServiceName::Payment) {
        let found = taken.remove(&top_up.top_up_id).unwrap_or(0);
        let due = if top_up.status == TopUpStatus::Completed { top_up.amount } else { 0 };
        hold(found == due, || {
            let message = format!("the gateway has taken {found} for {top_up:?}");
            Violation::new(RULE, message).about(top_up.top_up_id)
        })?;
    }
    for order in shop.all::<Order>(ServiceName::Ordering) {
        let found = taken.remove(&order.id.0).unwrap_or(0);
        let is_paid =
            matches!(order.status, Status::Paid | Status::Packed | Status::Shipped | Status::Delivered);
        let payment = shop.page::<Payment>(ServiceName::Payment, order.id);
        let refunds = refunds.remove(&order.id.0).unwrap_or_default();
        let paid_back = |refund: &&Refund| refund.status == RefundStatus::Completed;
        let given_back: i64 = refunds.iter().filter(paid_back).map(|refund| refund.amount).sum();
        let is_declined =
            payment.as_ref().is_some_and(|payment| payment.status == PaymentStatus::RefundDeclined);
        let due = if is_paid || is_declined { order.total - given_back } else { 0 };
        let may_be_kept = !is_declined
            || order.status == Status::Cancelled
                && due > 0
                && refunds.iter().any(|refund| refund.status == RefundStatus::Failed);
        hold(found == due && may_be_kept, || {
            let message =
                format!("{found} instead of {due} was taken for {order:?}, whose payment is {payment:?}");
            Violation::new(RULE, message).about(order.id)
        })?;
    }
    let of_nobody = taken.into_iter().find(|(_, amount)| *amount != 0);
    hold(of_nobody.is_none(), || {
        let message = format!("money was taken for nothing that the shop knows: {of_nobody:?}");
        Violation::new(RULE, message).about(of_nobody.map_or(OrderId(Uuid::nil()), |(id, _)| OrderId(id)))
    })
}

/// Every transaction sums to nothing, and every wallet to its entries, on every step of its way not below zero.
pub(super) fn wallets_balance(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "wallets_balance";
    let shop = &world.shop;
    let mut sums: BTreeMap<(Uuid, &str), i64> = BTreeMap::new();
    let mut statements: BTreeMap<Uuid, Vec<Entry>> = BTreeMap::new();
    for entry in shop.all::<Entry>(ServiceName::Payment) {
        *sums.entry((entry.transaction_id, entry.currency.code())).or_default() += entry.amount;
        if entry.account == AccountKind::Wallet {
            statements.entry(entry.account_id).or_default().push(entry);
        }
    }
    for ((transaction, currency), sum) in sums {
        hold(sum == 0, || {
            let message = format!("transaction {transaction} sums to {sum} {currency}");
            Violation::new(RULE, message).about(transaction)
        })?;
    }
    for account in shop.all::<Account>(ServiceName::Payment) {
        let mut entries = statements.remove(&account.account_id).unwrap_or_default();
        entries.sort_by_key(|entry| entry.number);
        let mut balance = 0;
        let mut follows = account.version == entries.len() as i64;
        for (number, entry) in (1..).zip(&entries) {
            balance += entry.amount;
            follows &= entry.number == Some(number) && entry.balance_after == Some(balance) && balance >= 0;
        }
        hold(follows && balance == account.balance, || {
            let message = format!("{account:?} has the entries {entries:?}");
            Violation::new(RULE, message).about(account.customer_id)
        })?;
    }
    hold(statements.is_empty(), || Violation::new(RULE, format!("entries of no wallet: {statements:?}")))
}
