//! What happened to customers that others hear of.

use contracts::{CartId, CustomerId, Timestamp};
use uuid::Uuid;

use super::LinkPurpose;

/// A fact about a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It has an account.
    Created {
        /// The customer.
        customer_id: CustomerId,
        /// Its address.
        email: String,
        /// What it is called.
        name: String,
    },
    /// It is called otherwise, or has another address.
    Updated {
        /// The customer.
        customer_id: CustomerId,
        /// Its address.
        email: String,
        /// What it is called.
        name: String,
    },
    /// Mail reaches it.
    EmailVerified {
        /// The customer.
        customer_id: CustomerId,
        /// Its address.
        email: String,
    },
    /// It has no account any more.
    Deleted {
        /// The customer.
        customer_id: CustomerId,
    },
    /// It has brought a cart.
    CartClaimed {
        /// The customer.
        customer_id: CustomerId,
        /// The cart.
        cart_id: CartId,
    },
    /// It is to be sent a link.
    LinkRequested {
        /// The link.
        link_id: Uuid,
        /// What for.
        purpose: LinkPurpose,
        /// The customer.
        customer_id: CustomerId,
        /// Where it goes.
        email: String,
        /// What it is called.
        name: String,
        /// Until when it is good.
        expires_us: Timestamp,
    },
}
