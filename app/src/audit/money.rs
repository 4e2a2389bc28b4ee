//! Money is conserved: at most one capture per order, and what the gateway has taken and not given back is what orders are paid.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::Context as _;
use contracts::ServiceName;
use uuid::Uuid;

use super::{Look, books::Books};

/// What the gateway has done for an order.
#[derive(Default)]
struct Entry {
    captures: Vec<(i64, String)>,
    refunds: Vec<(i64, String)>,
}

/// What ordering and payment say of an order.
struct Order {
    status: String,
    total: i64,
    currency: String,
}

struct Payment {
    status: String,
    amount: i64,
}

pub(super) async fn check(books: &Books, data: &Path, look: &mut Look) -> anyhow::Result<()> {
    let orders = orders(books).await?;
    let payments = payments(books).await?;
    let ledger = ledger(&data.join("mock-gateway.ledger"))?;
    for (order, entry) in &ledger {
        look.counted.captures += entry.captures.len() as u64;
        look.counted.refunds += entry.refunds.len() as u64;
        check_entry(*order, entry, orders.get(order), payments.get(order), look);
    }
    // By currency: what the gateway keeps of paid orders, and what these cost.
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (id, order) in orders.iter().filter(|(_, order)| is_paid(&order.status)) {
        let kept = ledger.get(id).map_or(0, |entry| sum(&entry.captures) - sum(&entry.refunds));
        if kept != order.total {
            look.found(
                "paid_in_full",
                id.to_string(),
                format!("it costs {}, and the gateway keeps {kept}", order.total),
            );
        }
        let sums = sums.entry(&order.currency).or_default();
        *sums = (sums.0 + kept, sums.1 + order.total);
    }
    for (currency, (kept, owed)) in sums {
        if kept != owed {
            let detail = format!("captures less refunds of paid orders are {kept}; these cost {owed}");
            look.found("money_conserved", currency, detail);
        }
    }
    Ok(())
}

fn check_entry(id: Uuid, entry: &Entry, order: Option<&Order>, payment: Option<&Payment>, look: &mut Look) {
    let subject = id.to_string();
    if entry.captures.len() > 1 {
        look.found("one_capture", &subject, format!("{} captures", entry.captures.len()));
    }
    if entry.refunds.len() > entry.captures.len() {
        look.found("refund_without_capture", &subject, format!("{} refunds", entry.refunds.len()));
    }
    let Some(payment) = payment else {
        if !entry.captures.is_empty() {
            look.found(
                "capture_without_payment",
                &subject,
                "the gateway has captured, and payment does not know the order",
            );
        }
        return;
    };
    if sum(&entry.captures) != 0 && sum(&entry.captures) != payment.amount {
        let detail = format!("captured {}, asked for {}", sum(&entry.captures), payment.amount);
        look.found("captured_amount", &subject, detail);
    }
    let captured = matches!(payment.status.as_str(), "completed" | "refunding" | "refunded");
    if captured && entry.captures.is_empty() {
        look.found("payment_without_capture", &subject, format!("payment says {}", payment.status));
    }
    if payment.status == "refunded" && entry.refunds.is_empty() {
        look.found("payment_without_refund", &subject, "payment says refunded");
    }
    let Some(order) = order else { return };
    if captured && payment.amount != order.total {
        look.found(
            "charged_amount",
            &subject,
            format!("charged {}, ordered {}", payment.amount, order.total),
        );
    }
    let money_kept = sum(&entry.captures) > sum(&entry.refunds);
    if order.status == "cancelled"
        && money_kept
        && payment.status == "completed"
        && !look.unread_by_payment.contains(&subject)
    {
        look.found("cancelled_without_refund", &subject, "the order is cancelled, and its money is kept");
    }
}

fn is_paid(status: &str) -> bool {
    matches!(status, "paid" | "packed" | "shipped" | "delivered")
}

fn sum(amounts: &[(i64, String)]) -> i64 {
    amounts.iter().map(|(amount, _)| amount).sum()
}

async fn orders(books: &Books) -> anyhow::Result<HashMap<Uuid, Order>> {
    let rows = books.query(ServiceName::Ordering, "SELECT id, status, total, currency FROM orders").await?;
    rows.into_iter()
        .map(|row| {
            let order = Order {
                status: row.try_get_by_index(1)?,
                total: row.try_get_by_index(2)?,
                currency: row.try_get_by_index(3)?,
            };
            Ok((row.try_get_by_index(0)?, order))
        })
        .collect()
}

async fn payments(books: &Books) -> anyhow::Result<HashMap<Uuid, Payment>> {
    let rows = books.query(ServiceName::Payment, "SELECT order_id, status, amount FROM payment").await?;
    rows.into_iter()
        .map(|row| {
            let payment = Payment { status: row.try_get_by_index(1)?, amount: row.try_get_by_index(2)? };
            Ok((row.try_get_by_index(0)?, payment))
        })
        .collect()
}

/// The mock gateway's own ledger: `outcome kind:order minor-units currency`, a line each.
fn ledger(path: &Path) -> anyhow::Result<HashMap<Uuid, Entry>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let mut entries: HashMap<Uuid, Entry> = HashMap::new();
    // What follows the last line's end was cut short by a crash, and never answered.
    let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    for line in whole_lines.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [outcome, key, amount, currency] = words[..] else { continue };
        let (Some((_, order)), Ok(amount)) = (key.split_once(':'), amount.parse()) else { continue };
        let entry =
            entries.entry(order.parse().context("an order's id in the gateway's ledger")?).or_default();
        match outcome {
            "captured" => entry.captures.push((amount, currency.to_owned())),
            "refunded" => entry.refunds.push((amount, currency.to_owned())),
            _ => {}
        }
    }
    Ok(entries)
}
