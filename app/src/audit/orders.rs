//! No order is left half done: every checkout has its order, every paid order its shipment, and none stands still.

use std::collections::HashSet;

use contracts::ServiceName;
use engine::{Clock, SystemClock};
use uuid::Uuid;

use super::{Look, books::Books, lag};

/// How long an order may stay where only the shop itself can move it on.
const STUCK_AFTER_US: i64 = 120 * 1_000_000;

pub(super) async fn check(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    every_checkout_has_its_order(books, look).await?;
    let paid = "SELECT id FROM orders WHERE status IN ('paid', 'packed', 'shipped', 'delivered')";
    let paid = ids(books, ServiceName::Ordering, paid).await?;
    let shipments = "SELECT order_id FROM shipment WHERE status NOT IN ('stopped', 'tombstone')";
    let shipments = ids(books, ServiceName::Fulfilment, shipments).await?;
    let unread = lag::unread_subjects(books, ServiceName::Fulfilment, ServiceName::Ordering).await?;
    for order in paid.difference(&shipments).map(Uuid::to_string).filter(|order| !unread.contains(order)) {
        look.found("paid_without_shipment", order, "it is paid, and fulfilment has no shipment of it");
    }
    statuses(books, look).await?;
    waiting_grace_periods(books, look).await?;
    for service in ServiceName::ALL {
        nothing_is_given_up(books, service, look).await?;
    }
    Ok(())
}

async fn every_checkout_has_its_order(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let checkouts = "SELECT cart_id, order_id FROM cart WHERE order_id IS NOT NULL";
    let checkouts = books.query(ServiceName::Cart, checkouts).await?;
    let orders = ids(books, ServiceName::Ordering, "SELECT id FROM orders").await?;
    let unread = lag::unread_subjects(books, ServiceName::Ordering, ServiceName::Cart).await?;
    let mut checked_out = HashSet::new();
    for row in checkouts {
        let (cart, order): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        checked_out.insert(order);
        if !orders.contains(&order)
            && !unread.contains(&cart.to_string())
            && !unread.contains(&order.to_string())
        {
            look.found(
                "checkout_without_order",
                order.to_string(),
                "it was checked out, and ordering has no such order",
            );
        }
    }
    for order in orders.difference(&checked_out) {
        look.found(
            "order_without_checkout",
            order.to_string(),
            "ordering has it, and no cart was checked out as it",
        );
    }
    Ok(())
}

async fn statuses(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    for row in
        books.query(ServiceName::Ordering, "SELECT status, count(*) FROM orders GROUP BY status").await?
    {
        let count: i64 = row.try_get_by_index(1)?;
        look.counted.orders.insert(row.try_get_by_index(0)?, count.unsigned_abs());
    }
    if !look.live {
        return Ok(());
    }
    let limit = SystemClock.now().0 - STUCK_AFTER_US;
    let sql = format!(
        "SELECT id, status FROM orders WHERE status IN ('awaiting_validation', 'stock_confirmed') AND updated_us < {limit}"
    );
    for row in books.query(ServiceName::Ordering, &sql).await? {
        let (order, status): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        look.found("stuck", order.to_string(), format!("it stands at {status} for more than two minutes"));
    }
    Ok(())
}

/// An order in its grace period has what ends it: a timer, or a row that a task or a message ends.
async fn waiting_grace_periods(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let submitted =
        books.query(ServiceName::Ordering, "SELECT id FROM orders WHERE status = 'submitted'").await?;
    let timers =
        books.query(ServiceName::Ordering, "SELECT subject FROM timer WHERE name = 'grace_period'").await?;
    let timers: HashSet<String> =
        timers.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let managed = ids(books, ServiceName::Ordering, "SELECT order_id FROM grace_periods").await?;
    for row in submitted {
        let order: Uuid = row.try_get_by_index(0)?;
        if !timers.contains(&order.to_string()) && !managed.contains(&order) {
            look.found("stuck", order.to_string(), "it is submitted, and nothing will end its grace period");
        }
    }
    Ok(())
}

async fn nothing_is_given_up(books: &Books, service: ServiceName, look: &mut Look) -> anyhow::Result<()> {
    for row in books.query(service, "SELECT subject, kind, error FROM parked WHERE state = 'dead'").await? {
        let (subject, kind, error): (String, String, String) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        look.found("dead_letter", format!("{service} {subject}"), format!("{kind}: {error}"));
    }
    for row in books.query(service, "SELECT idem_key FROM effect WHERE state = 'failed'").await? {
        let key: String = row.try_get_by_index(0)?;
        look.found("effect_given_up", format!("{service} {key}"), "the outside never answered");
    }
    Ok(())
}

async fn ids(books: &Books, service: ServiceName, sql: &str) -> anyhow::Result<HashSet<Uuid>> {
    let rows = books.query(service, sql).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
