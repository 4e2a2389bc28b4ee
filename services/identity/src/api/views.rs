//! What is answered about accounts and sessions.

use contracts::{CustomerId, Role, StaffId};
use serde::Serialize;
use uuid::Uuid;

use super::Api;
use crate::domain::{Customer, CustomerStatus, Grant, Staff, TotpState};
use host::Problem;
use std::sync::Arc;

/// A customer, as it sees itself.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CustomerView {
    /// The account.
    pub id: CustomerId,
    /// Its address.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// Whether it has shown that mail to the address reaches it.
    pub email_verified: bool,
    /// The address that it wants to have, until it has followed the link that was sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<String>,
    /// What it is called.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Where it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When it signed up, as RFC 3339.
    pub created_at: String,
}

impl From<Customer> for CustomerView {
    fn from(customer: Customer) -> Self {
        Self {
            id: customer.customer_id,
            email: customer.email,
            email_verified: customer.verified_us.is_some(),
            pending_email: customer.pending_email,
            name: customer.name,
            phone: customer.phone,
            created_at: customer.created_us.to_rfc3339(),
        }
    }
}

/// A customer, as staff see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StaffCustomerView {
    #[serde(flatten)]
    pub customer: CustomerView,
    /// What the account is at.
    #[schema(inline)]
    pub status: CustomerStatus,
    /// When it was changed last, as RFC 3339.
    pub updated_at: String,
}

impl From<Customer> for StaffCustomerView {
    fn from(customer: Customer) -> Self {
        let (status, updated_at) = (customer.status, customer.updated_us.to_rfc3339());
        Self { customer: customer.into(), status, updated_at }
    }
}

/// Somebody of staff.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StaffView {
    /// The account.
    pub id: StaffId,
    /// Its address.
    #[schema(example = "grace@example.com")]
    pub email: String,
    /// What the audit log calls it.
    #[schema(example = "Grace Hopper")]
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether it may do nothing any more.
    pub disabled: bool,
    /// Whether it has yet to accept its invitation.
    pub invited: bool,
    /// Whether it shows a second factor.
    pub second_factor: bool,
    /// When the account was made, as RFC 3339.
    pub created_at: String,
    /// When it was changed last, as RFC 3339.
    pub updated_at: String,
}

impl From<Staff> for StaffView {
    fn from(staff: Staff) -> Self {
        Self {
            id: staff.staff_id,
            invited: staff.password.is_none(),
            email: staff.email,
            name: staff.name,
            role: staff.role,
            disabled: staff.disabled,
            second_factor: staff.totp_state == TotpState::On,
            created_at: staff.created_us.to_rfc3339(),
            updated_at: staff.updated_us.to_rfc3339(),
        }
    }
}

/// A session, as its holder gets it. Both tokens open the account: keep them where nobody else reads them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TokensView {
    /// The session.
    pub session_id: Uuid,
    /// What requests are sent with: `Authorization: Bearer ...`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// How long the access token lasts, in seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Good once, for the next access token: `POST /auth/refresh`.
    pub refresh_token: String,
    /// Until when the refresh token lasts, as RFC 3339.
    pub refresh_expires_at: String,
    /// Nothing may be done but to set up a second factor, which the shop wants of its staff.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub second_factor_missing: bool,
}

impl TokensView {
    /// The tokens of what a session's holder may be given.
    pub fn of(api: &Arc<Api>, grant: &Grant, refresh_token: String) -> Result<Self, Problem> {
        Ok(Self {
            session_id: grant.session_id,
            access_token: api.keys.sign(grant)?,
            token_type: "Bearer",
            expires_in: grant.access_until_us.micros_since(grant.issued_us) / 1_000_000,
            refresh_token,
            refresh_expires_at: grant.refresh_until_us.to_rfc3339(),
            second_factor_missing: grant.limited,
        })
    }
}

/// A customer who has logged in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LoggedInView {
    /// Who.
    pub customer: CustomerView,
    /// The session.
    pub session: TokensView,
}

/// Somebody of staff who has logged in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StaffLoggedInView {
    /// Who.
    pub staff: StaffView,
    /// The session.
    pub session: TokensView,
}
