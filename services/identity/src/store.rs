//! The tables of accounts, sessions and keys, and how they are read.

use contracts::{CustomerId, Role, StaffId, Timestamp};
use engine::{ColumnKind, Field, Reads, StoreError, Table, UnreadableValue, Value};
use uuid::Uuid;

use crate::domain::{
    Account, AccountKind, AddressBook, Attempts, Customer, CustomerStatus, EmailClaim, Ended, Link,
    LinkPurpose, PasswordHash, SavedAddress, Sealed, Session, SigningKey, Staff, TokenHash, TokenHashes,
    TotpState, claim_key,
};

engine::text_field!(AccountKind);
engine::text_field!(CustomerStatus);
engine::text_field!(LinkPurpose);
engine::text_field!(TotpState);

macro_rules! secret_fields {
    ($($type:ident),*) => {$(
        impl Field for $type {
            const KIND: ColumnKind = ColumnKind::Text;

            fn to_value(&self) -> Value {
                Value::Text(self.0.clone())
            }

            fn from_value(value: Value) -> Result<Self, UnreadableValue> {
                String::from_value(value).map($type)
            }
        }
    )*};
}
secret_fields!(PasswordHash, TokenHash, Sealed);

impl Field for TokenHashes {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        let hashes: Vec<&str> = self.0.iter().map(|hash| hash.0.as_str()).collect();
        Value::Text(hashes.join(" "))
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        let text = String::from_value(value)?;
        Ok(Self(text.split_whitespace().map(|hash| TokenHash(hash.to_owned())).collect()))
    }
}

engine::record! {
    Customer => "customer" {
        key customer_id: CustomerId,
        field email: String,
        field pending_email: Option<String>,
        field name: String,
        field name_order: String,
        field phone: Option<String>,
        secret password: PasswordHash,
        field password_version: u32,
        field verified_us: Option<Timestamp>,
        field status: CustomerStatus,
        field created_us: Timestamp,
        field updated_us: Timestamp,
    }
    index ["email"]
}

engine::record! {
    AddressBook => "address_book" {
        key customer_id: CustomerId,
        json addresses: Vec<SavedAddress>,
    }
}

engine::record! {
    EmailClaim => "email_claim" {
        key key: String,
        field account_id: Uuid,
    }
}

engine::record! {
    Staff => "staff" {
        key staff_id: StaffId,
        field email: String,
        field name: String,
        field role: Role,
        field disabled: bool,
        secret password: Option<PasswordHash>,
        field password_version: u32,
        field totp_state: TotpState,
        secret totp_secret: Option<Sealed>,
        field totp_step: i64,
        secret recovery_codes: TokenHashes,
        field revision: u32,
        field created_us: Timestamp,
        field updated_us: Timestamp,
    }
    index ["role"]
}

engine::record! {
    Session => "session" {
        key session_id: Uuid,
        field account_id: Uuid,
        field kind: AccountKind,
        field live_of: Option<Uuid>,
        secret tokens: TokenHashes,
        secret used_token: Option<TokenHash>,
        field refreshed_us: Timestamp,
        field agent: String,
        field second_factor: bool,
        field created_us: Timestamp,
        field expires_us: Timestamp,
        field ends_us: Timestamp,
        field access_until_us: Timestamp,
    }
    sparse ["live_of"]
    index ["access_until_us"]
}

engine::record! {
    Link => "link" {
        key link_id: Uuid,
        field purpose: LinkPurpose,
        field account_id: Uuid,
        field email: String,
        field expires_us: Timestamp,
    }
    index ["account_id"]
}

engine::record! {
    Attempts => "attempt" {
        key key: String,
        field failures: u32,
        field forgiven_us: Timestamp,
        field blocked_until_us: Timestamp,
        field hour: i64,
    }
    index ["hour"]
}

engine::record! {
    SigningKey => "signing_key" {
        key key_id: Uuid,
        field ring: String,
        secret sealed: Sealed,
        field public: String,
        field signs_from_us: Timestamp,
    }
    index ["ring"]
}

/// All of them.
pub fn tables() -> Vec<&'static Table> {
    vec![
        engine::table_of::<Customer>(),
        engine::table_of::<AddressBook>(),
        engine::table_of::<EmailClaim>(),
        engine::table_of::<Staff>(),
        engine::table_of::<Session>(),
        engine::table_of::<Link>(),
        engine::table_of::<Attempts>(),
        engine::table_of::<SigningKey>(),
    ]
}

/// The account that has an address.
pub async fn account_of(
    reads: &Reads,
    kind: AccountKind,
    email: &str,
) -> Result<Option<Account>, StoreError> {
    let claim = reads.get::<EmailClaim>(claim_key(kind, email)).await?;
    Ok(claim.map(|claim| Account::of(kind, claim.account_id)))
}

/// The keys that sign, by the time from which they do.
pub async fn signing_keys(reads: &Reads) -> Result<Vec<SigningKey>, StoreError> {
    reads.select("ORDER BY signs_from_us, key_id", Vec::new()).await
}

/// The sessions that have ended before their access tokens are over.
pub async fn ended_sessions(reads: &Reads, now: Timestamp) -> Result<Vec<Ended>, StoreError> {
    let sql = format!(
        "SELECT session_id, access_until_us FROM session WHERE access_until_us > {} AND live_of IS NULL",
        reads.parameter(1)
    );
    let rows = reads.query(sql, vec![now.to_value()]).await?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in &rows {
        let until_us = Timestamp(row.try_get_by_index(1)?);
        ended.push(Ended { session_id: row.try_get_by_index(0)?, until_us });
    }
    Ok(ended)
}

/// The sessions of an account that live, newest first.
pub async fn live_sessions(
    reads: &Reads,
    account_id: Uuid,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let (account, time) = (reads.parameter(1), reads.parameter(2));
    let condition =
        format!("WHERE live_of = {account} AND expires_us > {time} ORDER BY refreshed_us DESC, session_id");
    reads.select(&condition, vec![Value::Id(account_id), now.to_value()]).await
}

/// The accounts of staff past one, the oldest first.
pub async fn staff_after(
    reads: &Reads,
    after: Option<StaffId>,
    limit: u32,
) -> Result<Vec<Staff>, StoreError> {
    let (filter, parameters) = match after {
        Some(after) => (format!("WHERE staff_id > {} ", reads.parameter(1)), vec![after.to_value()]),
        None => (String::new(), Vec::new()),
    };
    reads.select(&format!("{filter}ORDER BY staff_id LIMIT {limit}"), parameters).await
}

/// Which customers a list shows.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The one with this address, normalised.
    pub email: Option<String>,
    /// Those with these letters in their names, in small letters.
    pub name: Option<String>,
    /// Those whose address is verified, or is not.
    pub verified: Option<bool>,
    /// Those who signed up at this time or later.
    pub created_from: Option<Timestamp>,
    /// Those who signed up before this time.
    pub created_before: Option<Timestamp>,
    /// Those older than this one: where a page begins.
    pub before: Option<CustomerId>,
}

/// Customers with an account, newest first.
pub async fn customers(reads: &Reads, wanted: &Wanted, limit: u32) -> Result<Vec<Customer>, StoreError> {
    let mut parameters = vec![CustomerStatus::Deleted.to_value()];
    let mut conditions = vec![format!("status <> {}", reads.parameter(1))];
    let mut add = |value: Value, condition: fn(&str) -> String| {
        parameters.push(value);
        conditions.push(condition(&reads.parameter(parameters.len())));
    };
    if let Some(email) = &wanted.email {
        add(Value::Text(email.clone()), |email| format!("email = {email}"));
    }
    if let Some(name) = &wanted.name {
        // Letters that mean something to LIKE stand for themselves.
        let letters = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        add(Value::Text(format!("%{letters}%")), |name| format!("name_order LIKE {name} ESCAPE '\\'"));
    }
    if let Some(from) = wanted.created_from {
        add(from.to_value(), |time| format!("created_us >= {time}"));
    }
    if let Some(before) = wanted.created_before {
        add(before.to_value(), |time| format!("created_us < {time}"));
    }
    // Ids sort by the time of the sign-up.
    if let Some(before) = wanted.before {
        add(before.to_value(), |id| format!("customer_id < {id}"));
    }
    if let Some(verified) = wanted.verified {
        conditions.push(format!("verified_us IS {}NULL", if verified { "NOT " } else { "" }));
    }
    let filter = conditions.join(" AND ");
    reads.select(&format!("WHERE {filter} ORDER BY customer_id DESC LIMIT {limit}"), parameters).await
}
