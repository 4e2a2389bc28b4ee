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
    index ["live_of"]
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
        field last_us: Timestamp,
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
    let condition = format!("WHERE access_until_us > {} AND live_of IS NULL", reads.parameter(1));
    let sessions: Vec<Session> = reads.select(&condition, vec![now.to_value()]).await?;
    let ended =
        |session: Session| Ended { session_id: session.session_id, until_us: session.access_until_us };
    Ok(sessions.into_iter().map(ended).collect())
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
