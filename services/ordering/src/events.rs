//! Public events to messages, and facts to public events.

pub use contracts::events::ordering::GracePeriodElapsed;
use contracts::{
    Currency, Envelope, Event, Money, OrderId, ServiceName, Timestamp, UnreadableEvent,
    events::{
        cart::{CartCheckedOut, OrderLine},
        fulfilment::{
            Delivered, DeliveryStarted, DeliveryStatusUpdated, DeliveryStopRefused, DeliveryStopped,
        },
        identity::{CustomerDeleted, CustomerEmailVerified},
        inventory::{OrderConfirmed, OrderRejected},
        ordering::{
            CancelReason, GracePeriodConfirmed, OrderAwaitingValidation, OrderCancelRequested,
            OrderCancelled, OrderClaimed, OrderDelivered, OrderPaid, OrderShipped, OrderStockConfirmed,
            OrderSubmitted, OrderUpdated, StockLine,
        },
        payment::{PaymentCompleted, PaymentFailed, PaymentRefunded},
    },
};
use engine::{Field, Publication, Subscription, Value};

use serde::Serialize;

use crate::domain::{Fact, Line, Message, Reason, Status, Submission};

/// Whose events are handled.
pub const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription { source: ServiceName::Cart, types: &[CartCheckedOut::TYPE] },
    Subscription { source: ServiceName::Inventory, types: &[OrderConfirmed::TYPE, OrderRejected::TYPE] },
    Subscription { source: ServiceName::Payment, types: &[PaymentCompleted::TYPE, PaymentFailed::TYPE] },
    Subscription {
        source: ServiceName::Identity,
        types: &[CustomerEmailVerified::TYPE, CustomerDeleted::TYPE],
    },
    Subscription {
        source: ServiceName::Fulfilment,
        types: &[
            DeliveryStatusUpdated::TYPE,
            DeliveryStarted::TYPE,
            Delivered::TYPE,
            DeliveryStopped::TYPE,
            DeliveryStopRefused::TYPE,
        ],
    },
];

/// What the timeline is made from: everything that services publish on an order's way.
pub const OF_ORDERS: &[Subscription] = &[
    Subscription { source: ServiceName::Cart, types: &[CartCheckedOut::TYPE] },
    Subscription { source: ServiceName::Ordering, types: &[] },
    Subscription { source: ServiceName::Inventory, types: &[OrderConfirmed::TYPE, OrderRejected::TYPE] },
    Subscription {
        source: ServiceName::Payment,
        types: &[PaymentCompleted::TYPE, PaymentFailed::TYPE, PaymentRefunded::TYPE],
    },
    Subscription { source: ServiceName::Fulfilment, types: &[] },
];

/// Translates an event.
pub fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    Ok(Some(match event.kind.as_str() {
        CartCheckedOut::TYPE => Message::Submit(Box::new(submission(event.read()?, event))),
        OrderConfirmed::TYPE => Message::ConfirmStock(event.read::<OrderConfirmed>()?.order_id),
        OrderRejected::TYPE => Message::RejectStock(event.read::<OrderRejected>()?.order_id),
        PaymentCompleted::TYPE => Message::ConfirmPayment(event.read::<PaymentCompleted>()?.order_id),
        PaymentFailed::TYPE => Message::FailPayment(event.read::<PaymentFailed>()?.order_id),
        DeliveryStatusUpdated::TYPE => Message::Pack(event.read::<DeliveryStatusUpdated>()?.order_id),
        DeliveryStarted::TYPE => Message::Ship(event.read::<DeliveryStarted>()?.order_id),
        Delivered::TYPE => Message::Deliver(event.read::<Delivered>()?.order_id),
        DeliveryStopped::TYPE => Message::ParcelStopped(event.read::<DeliveryStopped>()?.order_id),
        DeliveryStopRefused::TYPE => Message::ParcelNotStopped(event.read::<DeliveryStopRefused>()?.order_id),
        CustomerEmailVerified::TYPE => {
            let CustomerEmailVerified { customer_id, email } = event.read()?;
            Message::VerifyEmail { customer_id, email, sequence: event.sequence }
        }
        CustomerDeleted::TYPE => {
            let CustomerDeleted { customer_id } = event.read()?;
            Message::ForgetCustomer { customer_id, sequence: event.sequence }
        }
        _ => return Ok(None),
    }))
}

/// A scheduler's word, which comes over HTTP.
pub fn grace_period_elapsed(event: GracePeriodElapsed) -> Message {
    Message::ConfirmGracePeriod(event.order_id)
}

fn submission(checkout: CartCheckedOut, event: &Envelope) -> Submission {
    Submission {
        order_id: checkout.order_id,
        cart_id: checkout.cart_id,
        customer_id: checkout.customer_id,
        email: checkout.email,
        shipping_address: checkout.shipping_address,
        shipping_method: checkout.shipping_method,
        shipping_price: checkout.shipping_price.amount,
        payment_method: checkout.payment_method,
        lines: checkout.lines.into_iter().map(line).collect(),
        tax: checkout.tax.amount,
        prices_include_tax: checkout.prices_include_tax,
        total: checkout.total.amount,
        currency: checkout.total.currency,
        checked_out: event.time,
    }
}

fn line(line: OrderLine) -> Line {
    Line {
        product_id: line.product_id,
        name: line.name,
        quantity: line.quantity,
        unit_price: line.unit_price.amount,
        line_total: line.line_total.amount,
        tax_rate_bp: line.tax_rate_bp,
        stocked: line.stocked,
    }
}

/// Translates a fact.
pub fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Submitted(order, purchase) => Publication::of(&OrderSubmitted {
            order_id: order.id,
            cart_id: order.cart_id,
            customer_id: order.customer_id,
            total: Money::new(order.total, order.currency),
            tax: Money::new(purchase.tax, order.currency),
            email: Some(purchase.email),
            lines: purchase.lines.into_iter().map(|line| order_line(line, order.currency)).collect(),
        }),
        Fact::GracePeriodEnded(order_id) => Publication::of(&GracePeriodConfirmed { order_id }),
        Fact::AwaitingValidation(order, purchase) => Publication::of(&OrderAwaitingValidation {
            order_id: order.id,
            cart_id: order.cart_id,
            lines: stock_lines(&purchase.lines),
        }),
        Fact::StockConfirmed(order) => Publication::of(&OrderStockConfirmed {
            order_id: order.id,
            customer_id: order.customer_id,
            total: Money::new(order.total, order.currency),
            payment_method: order.payment_method,
        }),
        Fact::Paid(order, purchase) => Publication::of(&OrderPaid {
            order_id: order.id,
            total: Money::new(order.total, order.currency),
            lines: stock_lines(&purchase.lines),
            shipping_address: purchase.shipping_address,
            shipping_method: purchase.shipping_method,
        }),
        Fact::CancelRequested(order_id) => Publication::of(&OrderCancelRequested { order_id }),
        Fact::Updated(order_id, change) => {
            Publication::of(&OrderUpdated { order_id, change: change.to_owned() })
        }
        Fact::Shipped(order_id) => Publication::of(&OrderShipped { order_id }),
        Fact::Delivered(order_id) => Publication::of(&OrderDelivered { order_id }),
        Fact::Claimed(order_id, customer_id) => Publication::of(&OrderClaimed { order_id, customer_id }),
        Fact::Cancelled { order, reason, was_paid } => Publication::of(&OrderCancelled {
            order_id: order.id,
            cart_id: order.cart_id,
            reason: match reason {
                Reason::Customer => CancelReason::Customer,
                Reason::Staff => CancelReason::Staff,
                Reason::OutOfStock => CancelReason::OutOfStock,
                Reason::PaymentFailed => CancelReason::PaymentFailed,
            },
            was_paid,
        }),
    }
}

fn order_line(line: Line, currency: Currency) -> OrderLine {
    OrderLine {
        product_id: line.product_id,
        name: line.name,
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price, currency),
        line_total: Money::new(line.line_total, currency),
        tax_rate_bp: line.tax_rate_bp,
        stocked: line.stocked,
    }
}

/// The stocked lines, one per product: a real invoice names a product more than once.
fn stock_lines(ordered: &[Line]) -> Vec<StockLine> {
    let mut lines: Vec<StockLine> = Vec::with_capacity(ordered.len());
    let mut places = std::collections::HashMap::new();
    for line in ordered.iter().filter(|line| line.stocked) {
        let place = *places.entry(line.product_id).or_insert_with(|| {
            lines.push(StockLine { product_id: line.product_id, quantity: 0 });
            lines.len() - 1
        });
        lines[place].quantity += line.quantity;
    }
    lines
}

/// An order's event, as its customer sees it: nothing of it opens or pays anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OrderEvent {
    /// The order.
    pub order_id: String,
    /// The event's number in the order's way, from 1.
    pub sequence: i64,
    /// When it happened.
    pub at: String,
    /// Where the order stands since then, where the event has changed that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Reason>,
    /// What else has changed, such as `cancel_refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

impl OrderEvent {
    /// What an event of a type says, with the detail that [`detail`] has found in it.
    pub fn of(order: OrderId, sequence: i64, at: Timestamp, kind: &str, detail: Option<String>) -> Self {
        let (mut cancel_reason, mut change) = (None, None);
        let status = match kind {
            OrderSubmitted::TYPE => Some(Status::Submitted),
            OrderAwaitingValidation::TYPE => Some(Status::AwaitingValidation),
            OrderStockConfirmed::TYPE => Some(Status::StockConfirmed),
            OrderPaid::TYPE => Some(Status::Paid),
            OrderShipped::TYPE => Some(Status::Shipped),
            OrderDelivered::TYPE => Some(Status::Delivered),
            OrderCancelRequested::TYPE => {
                change = Some("cancel_requested".to_owned());
                None
            }
            OrderUpdated::TYPE => {
                change = detail;
                change.as_deref().filter(|change| *change == "packed").map(|_| Status::Packed)
            }
            OrderCancelled::TYPE => {
                cancel_reason = detail.and_then(|reason| Reason::from_value(Value::Text(reason)).ok());
                Some(Status::Cancelled)
            }
            _ => None,
        };
        Self { order_id: order.to_string(), sequence, at: at.to_rfc3339(), status, cancel_reason, change }
    }
}

/// What an order's event says beside its type, as far as its customer sees it: why it was cancelled, or what has changed.
pub fn detail(event: &Envelope) -> Option<String> {
    match event.kind.as_str() {
        OrderUpdated::TYPE => Some(event.read::<OrderUpdated>().ok()?.change),
        OrderCancelled::TYPE => {
            String::from_value(reason(event.read::<OrderCancelled>().ok()?.reason).to_value()).ok()
        }
        _ => None,
    }
}

fn reason(reason: CancelReason) -> Reason {
    match reason {
        CancelReason::Customer => Reason::Customer,
        CancelReason::Staff => Reason::Staff,
        CancelReason::OutOfStock => Reason::OutOfStock,
        CancelReason::PaymentFailed => Reason::PaymentFailed,
    }
}
