//! Payments, wallets and their rules.

mod adjustment;
mod ledger;
mod payment;
mod refund;
mod top_up;

use contracts::{CustomerId, Money, OrderId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use adjustment::{Adjusted, Adjustment, adjust, name_adjustments};
pub use ledger::{Account, AccountKind, Entry, EntryKind, Wallet, wallet_account};
pub use payment::{
    Payment, Status, cancel_order, captured, charge, declined, name_cancellation, name_capture, name_charge,
};
pub use refund::{Refund, RefundStatus, name_refund, refund, refund_answered};
pub use top_up::{
    TopUp, TopUpStatus, name_top_up, name_top_up_captured, top_up, top_up_captured, top_up_declined,
};

/// The payment method of an order that its customer's wallet pays.
pub const WALLET: &str = "wallet";

/// The most minor units that one top-up or adjustment moves.
pub const AMOUNT_MAX: i64 = 100_000_000_000;

/// What happened to a payment or a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It was captured, or paid from the wallet.
    Completed(Payment),
    /// It was declined, or the wallet has too little.
    Failed(Payment),
    /// It was paid back, in part or as a whole.
    PaidBack {
        /// The order.
        order_id: OrderId,
        /// How much.
        amount: Money,
    },
    /// A customer's money is in the wallet.
    ToppedUp {
        /// Whose wallet.
        customer_id: CustomerId,
        /// How much.
        amount: Money,
    },
}

/// What a gateway is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Take an order's money.
    Capture {
        /// For which order.
        order_id: OrderId,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: contracts::Currency,
        /// By which payment method.
        method: String,
    },
    /// Give an order's money back.
    Refund {
        /// For which order.
        order_id: OrderId,
        /// How much, in minor units.
        amount: i64,
        /// Its currency.
        currency: contracts::Currency,
        /// The gateway's reference of the capture.
        reference: String,
        /// Which refund it is.
        refund_id: Uuid,
    },
    /// Take money for a wallet.
    TopUp {
        /// For which top-up.
        top_up_id: Uuid,
        /// How much.
        amount: Money,
        /// By which payment method.
        method: String,
    },
}

/// What a gateway answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// The money is taken.
    Captured {
        /// The gateway's reference.
        reference: String,
    },
    /// It is not, and will not be.
    Declined {
        /// Why, as the gateway's code.
        code: String,
    },
    /// The money is given back.
    Refunded,
}
