//! The services of the shop, by name.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A service. Its name is its database, its event source and its configuration section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceName {
    /// Products and prices.
    Catalog,
    /// Stock, holds and allocations.
    Inventory,
    /// Shopping carts.
    Cart,
    /// Orders: the saga.
    Ordering,
    /// Charges and refunds.
    Payment,
    /// Shipments and carriers.
    Fulfilment,
    /// Customers and staff: accounts, sessions, tokens.
    Identity,
    /// Messages to customers and staff.
    Notification,
}

impl ServiceName {
    /// Every service, in the order in which they start.
    pub const ALL: [Self; 8] = [
        Self::Catalog,
        Self::Inventory,
        Self::Cart,
        Self::Ordering,
        Self::Payment,
        Self::Fulfilment,
        Self::Identity,
        Self::Notification,
    ];

    /// The name as it stands in configuration, files and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Inventory => "inventory",
            Self::Cart => "cart",
            Self::Ordering => "ordering",
            Self::Payment => "payment",
            Self::Fulfilment => "fulfilment",
            Self::Identity => "identity",
            Self::Notification => "notification",
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no service; says which there are.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no service `{0}`; the services are catalog, inventory, cart, ordering, payment, fulfilment, identity, notification"
)]
pub struct UnknownService(String);

impl FromStr for ServiceName {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, UnknownService> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .ok_or_else(|| UnknownService(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceName;

    #[test]
    fn an_unknown_name_is_told_every_choice() {
        let error = "warehouse".parse::<ServiceName>().expect_err("no such service").to_string();
        for name in ServiceName::ALL {
            assert!(error.contains(name.as_str()), "{error}");
        }
    }
}
