//! What templates are given: texts, ready to be shown.

use contracts::Money;
use serde_json::{Map, Value, json};

use super::format::{moment, money};
use crate::domain::{CancelReason, Letter, Line, Link, Order, Subject};

/// The values of a letter, by their names.
pub(super) fn values(shop_name: &str, base_url: &str, letter: &Letter, token: Option<&str>) -> Value {
    let mut values = Map::new();
    let mut set = |name: &str, value: Value| {
        values.insert(name.to_owned(), value);
    };
    set("shop", json!({ "name": shop_name, "url": base_url }));
    set("name", json!(letter.name));
    if let Some(order) = letter.subject.order() {
        set("order", order_view(base_url, order));
    }
    match &letter.subject {
        Subject::OrderSubmitted { .. } | Subject::OrderDelivered { .. } => {}
        Subject::OrderPaid { amount, .. } | Subject::OrderRefunded { amount, .. } => {
            set("amount", json!(money(*amount)));
        }
        Subject::OrderShipped { parcel, .. } => {
            set("carrier", json!(parcel.carrier));
            set("tracking_number", json!(parcel.tracking_number));
        }
        Subject::OrderCancelled { reason, was_paid, .. } => {
            set("reason", json!(reason_word(*reason)));
            set("was_paid", json!(was_paid));
        }
        Subject::VerifyEmail { link } => set_link(&mut set, base_url, "verify-email", link, token),
        Subject::ResetPassword { link } => set_link(&mut set, base_url, "reset-password", link, token),
        Subject::LowStock { product_id, available, threshold } => {
            set("product_id", json!(product_id));
            set("available", json!(available));
            set("threshold", json!(threshold));
        }
    }
    Value::Object(values)
}

fn set_link(set: &mut impl FnMut(&str, Value), base_url: &str, page: &str, link: &Link, token: Option<&str>) {
    set("link", json!(format!("{base_url}/{page}?token={}", token.unwrap_or_default())));
    set("expires", json!(moment(link.expires_us)));
}

fn order_view(base_url: &str, order: &Order) -> Value {
    let line =
        |line: &Line| json!({ "name": line.name, "quantity": line.quantity, "total": money(line.total) });
    // What the lines do not add up to is what it costs to send the parcel, and tax where prices have none in them.
    let of_lines =
        order.lines.iter().try_fold(Money::zero(order.total.currency), |sum, line| sum.plus(line.total));
    let rest = of_lines.map(|sum| order.total.amount - sum.amount).filter(|rest| *rest > 0);
    json!({
        "reference": order.reference(),
        "url": format!("{base_url}/orders/{}", order.id),
        "lines": order.lines.iter().map(line).collect::<Vec<_>>(),
        "extra": rest.map(|rest| money(Money::new(rest, order.total.currency))),
        "total": money(order.total),
    })
}

fn reason_word(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Customer => "customer",
        CancelReason::Staff => "staff",
        CancelReason::OutOfStock => "out_of_stock",
        CancelReason::PaymentFailed => "payment_failed",
    }
}
