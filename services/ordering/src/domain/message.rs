//! All that an order can be told, and all that can happen to one.

use contracts::{CustomerId, OrderId};
use serde::{Deserialize, Serialize};

use super::{Order, Purchase, Reason, Submission};

/// All that can be asked or told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A customer has checked out.
    Submit(Box<Submission>),
    /// The grace period is over: its timer says so.
    EndGracePeriod(OrderId),
    /// A task or a message says that the grace period is over.
    ConfirmGracePeriod(OrderId),
    /// A timer is to end the grace period from now on.
    LeaveGracePeriodToTimer(OrderId),
    /// Inventory has the stock.
    ConfirmStock(OrderId),
    /// Inventory has not.
    RejectStock(OrderId),
    /// Payment has captured the total.
    ConfirmPayment(OrderId),
    /// Payment has captured nothing and will not.
    FailPayment(OrderId),
    /// The parcel is packed.
    Pack(OrderId),
    /// The carrier has the parcel.
    Ship(OrderId),
    /// The parcel has arrived.
    Deliver(OrderId),
    /// Fulfilment has stopped the parcel.
    ParcelStopped(OrderId),
    /// Fulfilment could not stop it any more.
    ParcelNotStopped(OrderId),
    /// The customer wants to cancel.
    Cancel(OrderId),
    /// Staff want to cancel.
    CancelByStaff(OrderId),
    /// A customer has shown that an address is its own: what was and will be ordered with it as a guest is the customer's.
    VerifyEmail {
        /// The customer.
        customer_id: CustomerId,
        /// The address.
        email: String,
        /// The event's number among the customer's.
        sequence: i64,
    },
    /// More orders of an address are to be claimed, where it is still the customer's.
    ClaimOrders {
        /// The customer.
        customer_id: CustomerId,
        /// The address.
        email: String,
        /// The last order that was looked at already.
        after: Option<OrderId>,
    },
    /// A customer has no account any more.
    ForgetCustomer {
        /// The customer.
        customer_id: CustomerId,
        /// The event's number among the customer's.
        sequence: i64,
    },
}

impl Message {
    /// The order that it is about; none for what is about a customer.
    pub fn order_id(&self) -> Option<OrderId> {
        Some(match self {
            Self::VerifyEmail { .. } | Self::ClaimOrders { .. } | Self::ForgetCustomer { .. } => {
                return None;
            }
            Self::Submit(submission) => submission.order_id,
            Self::EndGracePeriod(id)
            | Self::ConfirmGracePeriod(id)
            | Self::LeaveGracePeriodToTimer(id)
            | Self::ConfirmStock(id)
            | Self::RejectStock(id)
            | Self::ConfirmPayment(id)
            | Self::FailPayment(id)
            | Self::Pack(id)
            | Self::Ship(id)
            | Self::Deliver(id)
            | Self::ParcelStopped(id)
            | Self::ParcelNotStopped(id)
            | Self::Cancel(id)
            | Self::CancelByStaff(id) => *id,
        })
    }
}

/// What happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It exists.
    Submitted(Order, Purchase),
    /// Its grace period is over.
    GracePeriodEnded(OrderId),
    /// Inventory is asked for its stock.
    AwaitingValidation(Order, Purchase),
    /// Its stock is certain.
    StockConfirmed(Order),
    /// It is paid.
    Paid(Order, Purchase),
    /// Fulfilment is asked to stop its parcel.
    CancelRequested(OrderId),
    /// It changed in a way that is no status of the saga.
    Updated(OrderId, &'static str),
    /// Its parcel is on the way.
    Shipped(OrderId),
    /// Its parcel has arrived.
    Delivered(OrderId),
    /// It is a customer's from now on.
    Claimed(OrderId, CustomerId),
    /// It ended early.
    Cancelled {
        /// The order.
        order: Order,
        /// Why.
        reason: Reason,
        /// Whether it had been paid.
        was_paid: bool,
    },
}
