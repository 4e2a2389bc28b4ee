//! The ledger of wallets: double entry, append-only. What a wallet gets, another account gives.
//!
//! Only wallets have a row with a balance. The accounts on the other side (what gateways took, what orders were paid, what
//! staff gave) are the sums of their entries: one row of theirs would be in the way of every lane that pays an order.

use contracts::{Currency, CustomerId, Money, Refusal, Timestamp};
use engine::{Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most minor units that a wallet may hold after a top-up or an adjustment.
pub const BALANCE_MAX: i64 = 10_000_000_000_000;

/// A customer who has a wallet: the subject of the wallet's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Whose it is.
    pub customer_id: CustomerId,
    /// When its first top-up was asked for.
    pub created_us: Timestamp,
}

/// A customer's money in one currency.
///
/// Invariants: `balance` is the sum of its entries, and is never below 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// [`wallet_account`] of customer and currency.
    pub account_id: Uuid,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Its currency.
    pub currency: Currency,
    /// Minor units.
    pub balance: i64,
    /// How many entries it has; counts up with each.
    pub version: i64,
    /// When its last entry was made.
    pub updated_us: Timestamp,
}

/// What kind of account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A customer's money.
    Wallet,
    /// What gateways took for wallets.
    GatewayClearing,
    /// What orders were paid from wallets.
    Sales,
    /// What staff gave to wallets and took from them.
    Adjustments,
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The customer put it in.
    TopUp,
    /// It paid an order.
    Payment,
    /// A paid order was cancelled.
    Refund,
    /// Staff gave or took it.
    Adjustment,
}

impl EntryKind {
    /// The account on the other side of the wallet.
    fn counter_account(self) -> AccountKind {
        match self {
            Self::TopUp => AccountKind::GatewayClearing,
            Self::Payment | Self::Refund => AccountKind::Sales,
            Self::Adjustment => AccountKind::Adjustments,
        }
    }
}

/// One side of a transaction. Never changed; the entries of a transaction sum to 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Derived from transaction and side.
    pub entry_id: Uuid,
    /// Both sides have the same.
    pub transaction_id: Uuid,
    /// Whose money it is, in short.
    pub account: AccountKind,
    /// The account.
    pub account_id: Uuid,
    /// Whose wallet, on the wallet's side.
    pub customer_id: Option<CustomerId>,
    /// Its currency.
    pub currency: Currency,
    /// Minor units more; fewer where it is negative.
    pub amount: i64,
    /// On the wallet's side, what was in it then.
    pub balance_after: Option<i64>,
    /// On the wallet's side, the wallet's how many-th entry it is, from 1 without gaps.
    pub number: Option<i64>,
    /// Why.
    pub kind: EntryKind,
    /// The order, the gateway's reference, or the adjustment's id.
    pub reference: String,
    /// What staff say about it.
    pub reason: Option<String>,
    /// When. Entries of a wallet never go back in time.
    pub created_us: Timestamp,
}

/// A movement of money between a wallet and the account that its kind says.
pub struct Transaction {
    /// Derived from what it is made for, so that it is made once.
    pub id: Uuid,
    /// Why.
    pub kind: EntryKind,
    /// Whose wallet.
    pub customer_id: CustomerId,
    /// What the wallet gets; what it gives, where it is negative.
    pub amount: Money,
    /// The order, the gateway's reference, or the adjustment's id.
    pub reference: String,
    /// What staff say about it.
    pub reason: Option<String>,
}

/// A side of a transaction.
#[derive(Clone, Copy)]
enum Side {
    Wallet,
    Counter,
}

/// The account of a customer's money in a currency.
pub fn wallet_account(customer_id: CustomerId, currency: Currency) -> Uuid {
    derived(customer_id.0, currency.code())
}

/// The transaction of a purpose, made for what `base` identifies.
pub fn transaction_of(base: Uuid, purpose: &str) -> Uuid {
    derived(base, purpose)
}

/// The transaction of an adjustment, whose id is any text.
pub fn transaction_of_text(id: &str) -> Uuid {
    Uuid::new_v5(&Uuid::nil(), format!("adjustment {id}").as_bytes())
}

fn entry_id(transaction: Uuid, side: Side) -> Uuid {
    derived(transaction, if matches!(side, Side::Wallet) { "wallet" } else { "counter" })
}

/// The same id for the same parts, beginning with the time of `base`, so that rows made together lie together.
fn derived(base: Uuid, part: &str) -> Uuid {
    let mut bytes = *Uuid::new_v5(&base, part.as_bytes()).as_bytes();
    bytes[..6].copy_from_slice(&base.as_bytes()[..6]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Asks for what [`post`] touches.
pub fn name(transaction: Uuid, customer_id: CustomerId, currency: Currency, needs: &mut Needs<'_>) {
    needs.write::<Account>(wallet_account(customer_id, currency));
    needs.write::<Entry>(entry_id(transaction, Side::Wallet));
    needs.write::<Entry>(entry_id(transaction, Side::Counter));
}

/// The wallet's side of a transaction, where it was made.
pub fn posted(transaction: Uuid, rows: &Rows) -> Option<&Entry> {
    rows.get::<Entry>(entry_id(transaction, Side::Wallet))
}

/// What is in a wallet; 0 where there is none.
pub fn balance(customer_id: CustomerId, currency: Currency, rows: &Rows) -> i64 {
    rows.get::<Account>(wallet_account(customer_id, currency)).map_or(0, |account| account.balance)
}

/// Moves the money: both entries and the wallet's balance. Answers the balance.
///
/// # Errors
/// `insufficient_funds` where the wallet has too little; `balance_out_of_range` past the range of the counter.
pub fn post(transaction: Transaction, rows: &mut Rows, now: Timestamp) -> Result<i64, Refusal> {
    let Transaction { id, kind, customer_id, amount: Money { amount, currency }, reference, reason } =
        transaction;
    let account_id = wallet_account(customer_id, currency);
    let fresh = || Account { account_id, customer_id, currency, balance: 0, version: 0, updated_us: now };
    let mut account = rows.get::<Account>(account_id).cloned().unwrap_or_else(fresh);
    let balance = account.balance.checked_add(amount);
    // An account holds what can be counted on the other side as well.
    let (Some(balance), Some(counter_amount)) = (balance, amount.checked_neg()) else {
        return Err(out_of_range());
    };
    if balance < 0 {
        return Err(Refusal::conflict("insufficient_funds", "There is not enough money in the wallet."));
    }
    account.balance = balance;
    account.version += 1;
    // Lanes decide at their own time, and the wallet's lock says who was first.
    account.updated_us = account.updated_us.max(now);
    let wallets_side = Entry {
        entry_id: entry_id(id, Side::Wallet),
        transaction_id: id,
        account: AccountKind::Wallet,
        account_id,
        customer_id: Some(customer_id),
        currency,
        amount,
        balance_after: Some(balance),
        number: Some(account.version),
        kind,
        reference,
        reason,
        created_us: account.updated_us,
    };
    let counter = kind.counter_account();
    let other_side = Entry {
        entry_id: entry_id(id, Side::Counter),
        account: counter,
        account_id: house_account(counter, currency),
        customer_id: None,
        amount: counter_amount,
        balance_after: None,
        number: None,
        ..wallets_side.clone()
    };
    rows.put(account);
    rows.put(wallets_side);
    rows.put(other_side);
    Ok(balance)
}

/// Refuses what would put more into a wallet than it may hold.
///
/// # Errors
/// `balance_out_of_range`.
pub fn check_room(balance: i64, amount: i64) -> Result<(), Refusal> {
    match balance.checked_add(amount) {
        Some(sum) if sum <= BALANCE_MAX => Ok(()),
        _ => Err(out_of_range()),
    }
}

fn out_of_range() -> Refusal {
    Refusal::invalid("balance_out_of_range", "A wallet cannot hold that much.")
}

/// The account of all that is on the other side of wallets, one per kind and currency.
fn house_account(kind: AccountKind, currency: Currency) -> Uuid {
    let name = match kind {
        AccountKind::Wallet => "wallet",
        AccountKind::GatewayClearing => "gateway_clearing",
        AccountKind::Sales => "sales",
        AccountKind::Adjustments => "adjustments",
    };
    Uuid::new_v5(&Uuid::nil(), format!("{name} {}", currency.code()).as_bytes())
}

#[cfg(test)]
mod tests {
    use contracts::{Currency, CustomerId};
    use uuid::Uuid;

    use super::{Side, entry_id, wallet_account};

    /// A change here would part every wallet from its entries.
    #[test]
    fn derived_ids_never_change() {
        let customer = CustomerId(Uuid::from_u128(0x0193_f5c2_7c1e_7d3a_9b51_5f1d_3f6f_0a11));
        let euro = wallet_account(customer, Currency::EUR);
        assert_eq!(euro.to_string(), "0193f5c2-7c1e-832a-95ca-a77cfc18f4ba");
        assert_ne!(euro, wallet_account(customer, Currency::GBP));
        assert_ne!(entry_id(euro, Side::Wallet), entry_id(euro, Side::Counter));
    }
}
