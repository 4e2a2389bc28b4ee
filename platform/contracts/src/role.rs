//! Who may do what is said by role.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What an account may do. Customers have the first; the others are of staff accounts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys, and sees what is its own.
    Customer,
    /// Sells through the shop, and sees what is its own.
    Vendor,
    /// Works for the shop: catalogue, stock, orders, customers.
    Staff,
    /// Runs the shop: all that staff may, the system, and staff's accounts.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Vendor, Self::Staff, Self::Admin];

    /// The name as it stands in tokens and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Vendor => "vendor",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, thiserror::Error)]
#[error("there is no role `{0}`; the roles are customer, vendor, staff, admin")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
