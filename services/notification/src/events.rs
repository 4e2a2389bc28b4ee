//! Public events to messages.

use contracts::{
    Envelope, Event, OrderId, ServiceName, UnreadableEvent,
    events::{
        cart::OrderLine,
        fulfilment::DeliveryStarted,
        identity::{CustomerCreated, CustomerDeleted, CustomerUpdated, LinkPurpose, LinkRequested},
        inventory::StockLow,
        ordering::{
            self, OrderCancelled, OrderClaimed, OrderDelivered, OrderPaid, OrderShipped, OrderSubmitted,
        },
        payment::PaymentRefunded,
    },
};
use engine::Subscription;

use crate::{
    domain::{CancelReason, EventRef, Line, Link, Parcel, one_line},
    message::{Change, LinkUse, Message, NewLink, NewOrder},
};

/// Whose events are handled.
pub(crate) const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription {
        source: ServiceName::Ordering,
        types: &[
            OrderSubmitted::TYPE,
            OrderPaid::TYPE,
            OrderShipped::TYPE,
            OrderDelivered::TYPE,
            OrderCancelled::TYPE,
            OrderClaimed::TYPE,
        ],
    },
    Subscription { source: ServiceName::Fulfilment, types: &[DeliveryStarted::TYPE] },
    Subscription { source: ServiceName::Payment, types: &[PaymentRefunded::TYPE] },
    Subscription { source: ServiceName::Inventory, types: &[StockLow::TYPE] },
    Subscription {
        source: ServiceName::Identity,
        types: &[CustomerCreated::TYPE, CustomerUpdated::TYPE, LinkRequested::TYPE, CustomerDeleted::TYPE],
    },
];

/// Translates an event.
pub(crate) fn receive(envelope: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    let event = EventRef { id: envelope.id, at: envelope.time };
    let order = |order_id: OrderId, change| Message::Order { event, order_id, change };
    Ok(Some(match envelope.kind.as_str() {
        OrderSubmitted::TYPE => Message::Submitted { event, order: new_order(envelope.read()?) },
        OrderPaid::TYPE => {
            let paid: OrderPaid = envelope.read()?;
            let name = one_line(&paid.shipping_address.name);
            order(paid.order_id, Change::Paid { amount: paid.total, name })
        }
        OrderShipped::TYPE => order(envelope.read::<OrderShipped>()?.order_id, Change::Shipped),
        OrderDelivered::TYPE => order(envelope.read::<OrderDelivered>()?.order_id, Change::Delivered),
        OrderCancelled::TYPE => {
            let cancelled: OrderCancelled = envelope.read()?;
            let (reason, was_paid) = (reason(cancelled.reason), cancelled.was_paid);
            order(cancelled.order_id, Change::Cancelled { reason, was_paid })
        }
        OrderClaimed::TYPE => {
            let claimed: OrderClaimed = envelope.read()?;
            order(claimed.order_id, Change::Claimed(claimed.customer_id))
        }
        DeliveryStarted::TYPE => {
            let started: DeliveryStarted = envelope.read()?;
            let carrier = one_line(&started.carrier);
            let tracking_number = one_line(&started.tracking_number);
            order(started.order_id, Change::HandedOver(Parcel { carrier, tracking_number }))
        }
        PaymentRefunded::TYPE => {
            let refunded: PaymentRefunded = envelope.read()?;
            order(refunded.order_id, Change::Refunded(refunded.amount))
        }
        StockLow::TYPE => {
            let StockLow { product_id, available, threshold } = envelope.read()?;
            Message::LowStock { event, product_id, available, threshold }
        }
        CustomerCreated::TYPE => {
            let created: CustomerCreated = envelope.read()?;
            renamed(envelope, created.customer_id, &created.name)
        }
        CustomerUpdated::TYPE => {
            let updated: CustomerUpdated = envelope.read()?;
            renamed(envelope, updated.customer_id, &updated.name)
        }
        CustomerDeleted::TYPE => {
            Message::Left { customer_id: envelope.read::<CustomerDeleted>()?.customer_id }
        }
        LinkRequested::TYPE => Message::Link { event, link: new_link(envelope.read()?) },
        _ => return Ok(None),
    }))
}

fn renamed(envelope: &Envelope, customer_id: contracts::CustomerId, name: &str) -> Message {
    Message::Renamed { customer_id, name: one_line(name), sequence: envelope.sequence }
}

fn new_order(submitted: OrderSubmitted) -> NewOrder {
    let line = |line: OrderLine| Line {
        name: one_line(&line.name),
        quantity: line.quantity,
        total: line.line_total,
    };
    NewOrder {
        order_id: submitted.order_id,
        customer_id: submitted.customer_id,
        email: submitted.email,
        total: submitted.total,
        lines: submitted.lines.into_iter().map(line).collect(),
    }
}

fn new_link(requested: LinkRequested) -> NewLink {
    NewLink {
        link: Link { id: requested.link_id, expires_us: requested.expires_us },
        link_use: match requested.purpose {
            LinkPurpose::VerifyEmail => LinkUse::VerifyEmail,
            LinkPurpose::ResetPassword => LinkUse::ResetPassword,
        },
        customer_id: requested.customer_id,
        email: requested.email,
        name: one_line(&requested.name),
    }
}

fn reason(reason: ordering::CancelReason) -> CancelReason {
    match reason {
        ordering::CancelReason::Customer => CancelReason::Customer,
        ordering::CancelReason::Staff => CancelReason::Staff,
        ordering::CancelReason::OutOfStock => CancelReason::OutOfStock,
        ordering::CancelReason::PaymentFailed => CancelReason::PaymentFailed,
    }
}
