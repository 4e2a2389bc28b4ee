//! Accounts of both kinds, and the addresses that belong to them.

use contracts::{CustomerId, Refusal, StaffId};
use engine::Rows;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Of which kind an account is. The same address may have one of each: they know nothing of one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Somebody who buys.
    Customer,
    /// Somebody who works for the shop or sells through it.
    Staff,
}

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Of somebody who buys.
    Customer(CustomerId),
    /// Of somebody who works for the shop or sells through it.
    Staff(StaffId),
}

impl Account {
    /// The account of a kind and an id.
    pub fn of(kind: AccountKind, id: Uuid) -> Self {
        match kind {
            AccountKind::Customer => Self::Customer(id.into()),
            AccountKind::Staff => Self::Staff(id.into()),
        }
    }

    /// Its kind.
    pub fn kind(self) -> AccountKind {
        match self {
            Self::Customer(_) => AccountKind::Customer,
            Self::Staff(_) => AccountKind::Staff,
        }
    }

    /// Its id.
    pub fn id(self) -> Uuid {
        match self {
            Self::Customer(id) => id.0,
            Self::Staff(id) => id.0,
        }
    }
}

/// An address that an account has: what makes addresses unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailClaim {
    /// See [`claim_key`].
    pub key: String,
    /// Whose it is.
    pub account_id: Uuid,
}

/// An address as it is compared: without spaces around it, in small letters.
pub fn normalised(email: &str) -> String {
    email.trim().to_lowercase()
}

/// What an address is claimed under: accounts of the two kinds do not share.
pub fn claim_key(kind: AccountKind, email: &str) -> String {
    match kind {
        AccountKind::Customer => format!("customer:{email}"),
        AccountKind::Staff => format!("staff:{email}"),
    }
}

/// Claims an address for an account, unless another has it.
pub fn claim(kind: AccountKind, email: &str, account_id: Uuid, rows: &mut Rows) -> Result<(), Refusal> {
    let key = claim_key(kind, email);
    if rows.get::<EmailClaim>(key.as_str()).is_some_and(|claim| claim.account_id != account_id) {
        return Err(email_taken());
    }
    rows.put(EmailClaim { key, account_id });
    Ok(())
}

/// Another account has the address.
pub fn email_taken() -> Refusal {
    Refusal::conflict("email_taken", "There is an account with this e-mail address already.")
}

#[cfg(test)]
mod tests {
    use super::{AccountKind, claim_key, normalised};

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        assert_eq!(normalised("  Ada@Example.COM "), "ada@example.com");
        assert_eq!(normalised("ÄDA@example.com"), "äda@example.com");
        let keys = [AccountKind::Customer, AccountKind::Staff].map(|kind| claim_key(kind, "a@b.c"));
        assert_ne!(keys[0], keys[1]);
    }
}
