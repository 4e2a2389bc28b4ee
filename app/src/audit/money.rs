//! Money is conserved: at most one capture per order, and what the gateway and the customers' wallets have given and not got
//! back is what orders are paid.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use anyhow::Context as _;
use contracts::ServiceName;
use uuid::Uuid;

use super::{
    Look,
    books::Books,
    wallets::{self, Moved},
};

/// What the gateway has done for an order or a top-up.
#[derive(Default)]
pub(super) struct Entry {
    /// Minor units and currency of each capture.
    pub captures: Vec<(i64, String)>,
    /// The same of each refund.
    pub refunds: Vec<(i64, String)>,
}

/// The mock gateway's own ledger.
#[derive(Default)]
struct Ledger {
    orders: HashMap<Uuid, Entry>,
    top_ups: HashMap<Uuid, Entry>,
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
    method: String,
    /// What is paid back, or is to be.
    refunded: i64,
}

impl Payment {
    /// What has been paid back, by what payment says.
    fn paid_back(&self) -> i64 {
        if self.status == "refunded" { self.amount } else { self.refunded }
    }

    fn is_captured(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "refunding" | "refunded" | "refund_declined")
    }

    fn is_of_wallet(&self) -> bool {
        self.method == "wallet"
    }
}

pub(super) async fn check(books: &Books, data: &Path, look: &mut Look) -> anyhow::Result<()> {
    let orders = orders(books).await?;
    let payments = payments(books).await?;
    let ledger = ledger(&data.join("mock-gateway.ledger"))?;
    let moved = wallets::moved_for_orders(books).await?;
    let under_way = refunds_under_way(books).await?;
    wallets::check(books, &ledger.top_ups, look).await?;
    for entry in ledger.top_ups.values() {
        look.counted.captures += entry.captures.len() as u64;
    }
    check_payments(&payments, &ledger, &moved, &orders, look);
    for (order, entry) in &ledger.orders {
        look.counted.captures += entry.captures.len() as u64;
        look.counted.refunds += entry.refunds.len() as u64;
        check_entry(*order, entry, orders.get(order), payments.get(order), look);
    }
    // By currency: what the shop keeps of paid orders, at the gateway and from wallets, and what these cost.
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (id, order) in orders.iter().filter(|(_, order)| is_paid(&order.status)) {
        let at_gateway = ledger.orders.get(id).map_or(0, |entry| sum(&entry.captures) - sum(&entry.refunds));
        let kept = at_gateway + moved.get(id).map_or(0, Moved::kept);
        let refunded = payments.get(id).map_or(0, |payment| payment.refunded);
        // A refund that the gateway is being asked for may have left already, or not.
        let left = kept + refunded - order.total;
        let is_explained = (0..=under_way.get(id).copied().unwrap_or(0)).contains(&left);
        if !is_explained {
            look.found(
                "paid_in_full",
                id.to_string(),
                format!("it costs {}, the shop keeps {kept}, and {refunded} are paid back", order.total),
            );
        }
        let sums = sums.entry(&order.currency).or_default();
        let settled = if is_explained { order.total } else { kept + refunded };
        *sums = (sums.0 + settled, sums.1 + order.total);
    }
    for (currency, (kept, owed)) in sums {
        if kept != owed {
            let detail = format!("payments less refunds of paid orders are {kept}; these cost {owed}");
            look.found("money_conserved", currency, detail);
        }
    }
    Ok(())
}

/// Each payment by what it says itself: a wallet has paid it once, or a gateway has.
fn check_payments(
    payments: &HashMap<Uuid, Payment>,
    ledger: &Ledger,
    moved: &HashMap<Uuid, Moved>,
    orders: &HashMap<Uuid, Order>,
    look: &mut Look,
) {
    let nothing = Moved::default();
    for (id, payment) in payments {
        let moved = moved.get(id).unwrap_or(&nothing);
        let amount = payment.amount;
        let (payments, paid_back): (&[i64], i64) = match payment.status.as_str() {
            "completed" | "refunded" if payment.is_of_wallet() => (&[-amount], payment.paid_back()),
            _ => (&[], 0),
        };
        if (payments, paid_back) != (&moved.payments, moved.refunds.iter().sum()) {
            let detail = format!(
                "payment says {} of {amount} by {}; wallets paid {:?} and got back {:?}",
                payment.status, payment.method, moved.payments, moved.refunds
            );
            look.found("wallet_payment", id.to_string(), detail);
        }
        let captured = ledger.orders.get(id).is_some_and(|entry| !entry.captures.is_empty());
        if payment.is_captured() && captured == payment.is_of_wallet() {
            let check = if captured { "captured_beside_wallet" } else { "payment_without_capture" };
            look.found(check, id.to_string(), format!("payment says {}", payment.status));
        }
        let order = orders.get(id).filter(|_| payment.is_of_wallet());
        if order.is_some_and(|order| order.status == "cancelled")
            && payment.status == "completed"
            && !look.unread_by_payment.contains(&id.to_string())
        {
            look.found(
                "cancelled_without_refund",
                id.to_string(),
                "the order is cancelled, and its money is kept",
            );
        }
    }
    for id in moved.keys().filter(|id| !payments.contains_key(id)) {
        look.found(
            "wallet_payment",
            id.to_string(),
            "a wallet has paid, and payment does not know the order",
        );
    }
}

fn check_entry(id: Uuid, entry: &Entry, order: Option<&Order>, payment: Option<&Payment>, look: &mut Look) {
    let subject = id.to_string();
    if entry.captures.len() > 1 {
        look.found("one_capture", &subject, format!("{} captures", entry.captures.len()));
    }
    if sum(&entry.refunds) > sum(&entry.captures) {
        let detail = format!("{} paid back of {}", sum(&entry.refunds), sum(&entry.captures));
        look.found("refund_without_capture", &subject, detail);
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
    if payment.status == "refunded" && sum(&entry.refunds) < payment.amount && !payment.is_of_wallet() {
        let detail = format!("payment says refunded; {} of {} are", sum(&entry.refunds), payment.amount);
        look.found("payment_without_refund", &subject, detail);
    }
    let Some(order) = order else { return };
    if payment.is_captured() && payment.amount != order.total {
        look.found(
            "charged_amount",
            &subject,
            format!("charged {}, ordered {}", payment.amount, order.total),
        );
    }
    let money_kept = sum(&entry.captures) > sum(&entry.refunds);
    if order.status == "cancelled"
        && money_kept
        && matches!(payment.status.as_str(), "completed" | "refund_declined")
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
    let rows = books
        .query(ServiceName::Payment, "SELECT order_id, status, amount, method, refunded FROM payment")
        .await?;
    rows.into_iter()
        .map(|row| {
            let payment = Payment {
                status: row.try_get_by_index(1)?,
                amount: row.try_get_by_index(2)?,
                method: row.try_get_by_index(3)?,
                refunded: row.try_get_by_index(4)?,
            };
            Ok((row.try_get_by_index(0)?, payment))
        })
        .collect()
}

/// What staff's refunds come to that the gateway has not answered yet, by order.
async fn refunds_under_way(books: &Books) -> anyhow::Result<HashMap<Uuid, i64>> {
    let sql =
        "SELECT order_id, CAST(SUM(amount) AS BIGINT) FROM refund WHERE status = 'pending' GROUP BY order_id";
    let rows = books.query(ServiceName::Payment, sql).await?;
    rows.into_iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Reads the mock gateway's ledger: `outcome kind:id minor-units currency`, a line each; the id is an order's, or a top-up's
/// where the kind is `topup`.
fn ledger(path: &Path) -> anyhow::Result<Ledger> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let mut ledger = Ledger::default();
    // What follows the last line's end was cut short by a crash, and never answered.
    let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    for line in whole_lines.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [outcome, key, amount, currency] = words[..] else { continue };
        let (Some((kind, id)), Ok(amount)) = (key.split_once(':'), amount.parse()) else { continue };
        // A refund has an id of its own after the order's.
        let id = id.split_once(':').map_or(id, |(order, _)| order);
        let entries = if kind == "topup" { &mut ledger.top_ups } else { &mut ledger.orders };
        let entry = entries.entry(id.parse().context("an id in the gateway's ledger")?).or_default();
        match outcome {
            "captured" => entry.captures.push((amount, currency.to_owned())),
            "refunded" => entry.refunds.push((amount, currency.to_owned())),
            _ => {}
        }
    }
    Ok(ledger)
}
