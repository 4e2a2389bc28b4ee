//! Facts about customers. Topic `identity`; the subject is the customer's id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event;
use crate::{CartId, CustomerId, Timestamp};

/// A customer has an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerCreated {
    /// The customer.
    pub customer_id: CustomerId,
    /// Its address, which nobody has confirmed yet.
    pub email: String,
    /// What it is called.
    pub name: String,
}
event!(CustomerCreated = "customer.created.v1", also "customer.created");

/// A customer is called otherwise, or has another address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerUpdated {
    /// The customer.
    pub customer_id: CustomerId,
    /// Its address.
    pub email: String,
    /// What it is called.
    pub name: String,
}
event!(CustomerUpdated = "customer.updated.v1", also "customer.updated");

/// A customer has shown that mail to its address reaches it. Orders that it placed as a guest with this address are its own from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerEmailVerified {
    /// The customer.
    pub customer_id: CustomerId,
    /// The address.
    pub email: String,
}
event!(CustomerEmailVerified = "customer.email_verified.v1");

/// A customer has no account any more, and what was kept about it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerDeleted {
    /// The customer.
    pub customer_id: CustomerId,
}
event!(CustomerDeleted = "customer.deleted.v1");

/// A customer has logged in, or has signed up, with a cart that it filled as a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CustomerCartClaimed {
    /// The customer.
    pub customer_id: CustomerId,
    /// The cart.
    pub cart_id: CartId,
}
event!(CustomerCartClaimed = "customer.cart_claimed.v1");

/// What a link that is sent by mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// It shows that mail to an address arrives.
    VerifyEmail,
    /// It lets its reader choose a new password.
    ResetPassword,
}

/// Somebody is to be sent a link. The event names the link and does not hold it: whoever sends it makes it, from the id and the
/// installation's secret, so that the log opens nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkRequested {
    /// The link, which is good once.
    pub link_id: Uuid,
    /// What for.
    pub purpose: LinkPurpose,
    /// The customer, where the account is one's.
    pub customer_id: Option<CustomerId>,
    /// Where it goes.
    pub email: String,
    /// What its reader is called.
    pub name: String,
    /// Until when it is good, in microseconds since 1970.
    #[schema(value_type = i64)]
    pub expires_us: Timestamp,
}
event!(LinkRequested = "customer.link_requested.v1");
