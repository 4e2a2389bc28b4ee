//! The order and its rules.

mod grace_period;

use std::time::Duration;

use contracts::{Address, CartId, Currency, CustomerId, OrderId, ProductId, Refusal, Timestamp};
use engine::{Cx, Key, Needs, Rows};
use serde::{Deserialize, Serialize};

mod claiming;
mod message;

pub use claiming::{CustomerHeard, VerifiedEmail, email_key};
pub use message::{Fact, Message};

use crate::Ordering;

pub use grace_period::{GracePeriod, GracePeriodManager, OVER};

/// Where an order stands. The order of the variants is the order's way.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It exists, and can be cancelled freely until the grace period ends.
    Submitted,
    /// Inventory is asked for its stock.
    AwaitingValidation,
    /// Its stock is certain; payment is under way.
    StockConfirmed,
    /// It is paid; fulfilment has it.
    Paid,
    /// Its parcel is packed.
    Packed,
    /// The carrier has its parcel.
    Shipped,
    /// Its parcel has arrived.
    Delivered,
    /// It will not be fulfilled; what was done is undone.
    Cancelled,
}

/// Why an order was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The customer asked.
    Customer,
    /// The shop's staff decided.
    Staff,
    /// There was not enough stock.
    OutOfStock,
    /// The payment was declined.
    PaymentFailed,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product_id: ProductId,
    /// Its name at checkout.
    pub name: String,
    /// Units ordered.
    pub quantity: u32,
    /// What one unit cost, in minor units of the order's currency.
    pub unit_price: i64,
    /// What the line costs.
    pub line_total: i64,
    /// The tax rate, in hundredths of a percent.
    pub tax_rate_bp: u32,
    /// Whether its units are counted in stock.
    pub stocked: bool,
}

/// What a checkout asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The order's id.
    pub order_id: OrderId,
    /// The cart it came from.
    pub cart_id: CartId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about it goes.
    pub email: String,
    /// Where the parcel goes.
    pub shipping_address: Address,
    /// The shipping option.
    pub shipping_method: String,
    /// What shipping costs.
    pub shipping_price: i64,
    /// A gateway's token for the payment method.
    pub payment_method: String,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// The tax of lines and shipping.
    pub tax: i64,
    /// Whether the prices have the tax in them.
    pub prices_include_tax: bool,
    /// What it costs.
    pub total: i64,
    /// The currency of all amounts.
    pub currency: Currency,
    /// When the customer checked out.
    pub checked_out: Timestamp,
}

/// An order: what its way changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The cart it came from.
    pub cart_id: CartId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where it stands.
    pub status: Status,
    /// What it costs, shipping included, in minor units.
    pub total: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// A gateway's token for the payment method.
    pub payment_method: String,
    /// Why it was cancelled, or is to be.
    pub cancel_reason: Option<Reason>,
    /// Whether cancelling was asked for after it was paid, and fulfilment has not decided.
    pub cancel_requested: bool,
    /// When the customer checked out.
    pub created_us: Timestamp,
    /// When it was paid.
    pub paid_us: Option<Timestamp>,
    /// When its status changed last.
    pub updated_us: Timestamp,
}

impl Order {
    /// Whether it has come to an end, and fulfilment has no wish to cancel it left to decide.
    pub fn is_settled(&self) -> bool {
        matches!(self.status, Status::Delivered | Status::Cancelled) && !self.cancel_requested
    }
}

/// What was ordered, for whom: written once. An order changes six times on its way, and this, most of its bytes, never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The order.
    pub order_id: OrderId,
    /// The customer, where it has an account, as the order has it: what lists are made by.
    pub customer_id: Option<CustomerId>,
    /// Where mail about it goes.
    pub email: String,
    /// The same in the one form by which addresses are compared. Orders of earlier versions have none.
    pub email_key: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The shipping option.
    pub shipping_method: String,
    /// What shipping costs.
    pub shipping_price: i64,
    /// Where the parcel goes.
    pub shipping_address: Address,
    /// The tax of lines and shipping.
    pub tax: i64,
    /// Whether the prices have the tax in them.
    pub prices_include_tax: bool,
}

/// The timer that ends an order's grace period.
pub const GRACE_PERIOD_TIMER: &str = "grace_period";

/// The aggregate that a message goes to.
pub fn key(message: &Message) -> Key {
    match message {
        Message::VerifyEmail { customer_id, .. }
        | Message::ClaimOrders { customer_id, .. }
        | Message::ForgetCustomer { customer_id, .. } => (*customer_id).into(),
        about_an_order => about_an_order.order_id().map_or_else(|| Key::from(""), Key::from),
    }
}

/// Most messages are about one order. What was ordered is read where another service must be told of it.
pub fn needs(rules: &Ordering, message: &Message, needs: &mut Needs<'_>) {
    let Some(id) = message.order_id() else { return claiming::needs(message, needs) };
    needs.write::<Order>(id);
    grace_period::needs(rules, message, needs);
    match message {
        Message::Submit(submission) => {
            needs.write::<Purchase>(id);
            if submission.customer_id.is_none() {
                needs.read::<VerifiedEmail>(email_key(&submission.email));
            }
        }
        Message::EndGracePeriod(_) | Message::ConfirmGracePeriod(_) | Message::ConfirmPayment(_) => {
            needs.read::<Purchase>(id);
        }
        _ => {}
    }
}

/// Decides what a message does to its order. Answers the order's status afterwards.
///
/// # Errors
/// A command that the order's state does not allow; any message that came before its order did.
pub fn handle(
    rules: &Ordering,
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Ordering>,
) -> Result<Status, Refusal> {
    let Some(id) = message.order_id() else { return claiming::handle(message, rows, cx) };
    cx.correlate(id);
    if let Message::Submit(submission) = message {
        return Ok(submit(rules, submission, rows, cx));
    }
    let Some(mut order) = rows.get::<Order>(id).cloned() else { return Err(unknown(message)) };
    match message {
        Message::Submit(_) => {}
        Message::EndGracePeriod(_) if order.status == Status::Submitted => {
            end_grace_period(&mut order, purchase(rows, id), cx);
        }
        Message::ConfirmGracePeriod(_) => grace_period::confirm(&mut order, rows, cx)?,
        Message::LeaveGracePeriodToTimer(_) => grace_period::leave_to_timer(&order, rows, cx),
        Message::ConfirmStock(_) if order.status == Status::AwaitingValidation => {
            enter(&mut order, Status::StockConfirmed, cx);
            cx.publish::<Order>(id, Fact::StockConfirmed(order.clone()));
        }
        Message::RejectStock(_) if order.status == Status::AwaitingValidation => {
            cancel(&mut order, Reason::OutOfStock, cx);
        }
        Message::ConfirmPayment(_) if order.status == Status::StockConfirmed => {
            enter(&mut order, Status::Paid, cx);
            order.paid_us = Some(cx.now());
            cx.publish::<Order>(id, Fact::Paid(order.clone(), purchase(rows, id)));
        }
        Message::FailPayment(_) if order.status == Status::StockConfirmed => {
            cancel(&mut order, Reason::PaymentFailed, cx);
        }
        Message::Pack(_) if order.status == Status::Paid => {
            enter(&mut order, Status::Packed, cx);
            cx.publish::<Order>(id, Fact::Updated(id, "packed"));
        }
        Message::Ship(_) if matches!(order.status, Status::Paid | Status::Packed) => {
            enter(&mut order, Status::Shipped, cx);
            cx.publish::<Order>(id, Fact::Shipped(id));
        }
        Message::Deliver(_) if matches!(order.status, Status::Paid | Status::Packed | Status::Shipped) => {
            enter(&mut order, Status::Delivered, cx);
            cx.publish::<Order>(id, Fact::Delivered(id));
        }
        Message::ParcelStopped(_) if matches!(order.status, Status::Paid | Status::Packed) => {
            let reason = order.cancel_reason.unwrap_or(Reason::Customer);
            cancel(&mut order, reason, cx);
        }
        Message::ParcelNotStopped(_) if order.cancel_requested => {
            order.cancel_requested = false;
            order.cancel_reason = None;
            cx.publish::<Order>(id, Fact::Updated(id, "cancel_refused"));
        }
        Message::Cancel(_) | Message::CancelByStaff(_) => {
            let by_staff = matches!(message, Message::CancelByStaff(_));
            ask_to_cancel(&mut order, if by_staff { Reason::Staff } else { Reason::Customer }, cx)?;
            grace_period::forget(id, rows);
        }
        late => {
            tracing::debug!(order = %id, status = ?order.status, ?late, "a late message changes nothing");
            return Ok(order.status);
        }
    }
    let status = order.status;
    rows.put(order);
    Ok(status)
}

/// A message about an order that is not here: a command names nothing; an event has overtaken the checkout.
fn unknown(message: &Message) -> Refusal {
    match message {
        Message::Cancel(_)
        | Message::CancelByStaff(_)
        | Message::ConfirmGracePeriod(_)
        | Message::LeaveGracePeriodToTimer(_) => {
            Refusal::not_found("order_not_found", "There is no such order.")
        }
        _ => Refusal::early("the order's checkout has not come yet"),
    }
}

fn submit(rules: &Ordering, submission: &Submission, rows: &mut Rows, cx: &mut Cx<'_, Ordering>) -> Status {
    let id = submission.order_id;
    if let Some(order) = rows.get::<Order>(id) {
        return order.status;
    }
    // A guest whose address is a customer's orders for that customer.
    let known = || rows.get::<VerifiedEmail>(email_key(&submission.email)).map(|known| known.customer_id);
    let customer_id = submission.customer_id.or_else(known);
    let mut order = Order {
        id,
        cart_id: submission.cart_id,
        customer_id,
        status: Status::Submitted,
        total: submission.total,
        currency: submission.currency,
        payment_method: submission.payment_method.clone(),
        cancel_reason: None,
        cancel_requested: false,
        created_us: submission.checked_out,
        paid_us: None,
        updated_us: cx.now(),
    };
    let purchase = Purchase {
        order_id: id,
        customer_id,
        email: submission.email.clone(),
        email_key: Some(email_key(&submission.email)),
        lines: submission.lines.clone(),
        shipping_method: submission.shipping_method.clone(),
        shipping_price: submission.shipping_price,
        shipping_address: submission.shipping_address.clone(),
        tax: submission.tax,
        prices_include_tax: submission.prices_include_tax,
    };
    cx.publish::<Order>(id, Fact::Submitted(order.clone(), purchase.clone()));
    if rules.grace_period == Duration::ZERO {
        end_grace_period(&mut order, purchase.clone(), cx);
    } else {
        grace_period::begin(rules, id, rows, cx);
    }
    rows.put(purchase);
    let status = order.status;
    rows.put(order);
    status
}

/// What the order is about; it came with the order.
#[allow(clippy::expect_used)] // Both rows are written in one decision.
fn purchase(rows: &Rows, id: OrderId) -> Purchase {
    rows.get::<Purchase>(id).cloned().expect("an order has its purchase")
}

fn end_grace_period(order: &mut Order, purchase: Purchase, cx: &mut Cx<'_, Ordering>) {
    cx.publish::<Order>(order.id, Fact::GracePeriodEnded(order.id));
    enter(order, Status::AwaitingValidation, cx);
    cx.publish::<Order>(order.id, Fact::AwaitingValidation(order.clone(), purchase));
}

fn enter(order: &mut Order, status: Status, cx: &Cx<'_, Ordering>) {
    order.status = status;
    order.updated_us = cx.now();
}

fn cancel(order: &mut Order, reason: Reason, cx: &mut Cx<'_, Ordering>) {
    let was_paid = order.paid_us.is_some();
    enter(order, Status::Cancelled, cx);
    order.cancel_reason = Some(reason);
    order.cancel_requested = false;
    cx.cancel(order.id, GRACE_PERIOD_TIMER);
    cx.publish::<Order>(order.id, Fact::Cancelled { order: order.clone(), reason, was_paid });
}

/// Until it is paid an order is cancelled here and now; after that fulfilment is asked.
fn ask_to_cancel(order: &mut Order, reason: Reason, cx: &mut Cx<'_, Ordering>) -> Result<(), Refusal> {
    match order.status {
        Status::Submitted | Status::AwaitingValidation | Status::StockConfirmed => {
            cancel(order, reason, cx);
        }
        Status::Paid | Status::Packed if order.cancel_requested => {}
        Status::Paid | Status::Packed => {
            order.cancel_requested = true;
            order.cancel_reason = Some(reason);
            cx.publish::<Order>(order.id, Fact::CancelRequested(order.id));
        }
        Status::Cancelled => {}
        Status::Shipped | Status::Delivered => {
            return Err(Refusal::conflict(
                "order_already_shipped",
                "The order has left and can no longer be cancelled.",
            ));
        }
    }
    Ok(())
}
