//! What staff give to wallets and take from them, without a gateway.

use contracts::{CustomerId, Money, Refusal};
use engine::{Cx, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::{
    self, EntryKind, Transaction, balance, check_room, post, transaction_of_text, wallet_account,
};
use crate::Payments;

/// Money that staff give to a wallet or take from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Given by whoever asks; the same id again changes nothing.
    pub id: String,
    /// Whose wallet.
    pub customer_id: CustomerId,
    /// What the wallet gets; what it gives, where it is negative.
    pub amount: Money,
    /// What staff say about it.
    pub reason: String,
}

/// What an adjustment came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    /// Which one.
    pub id: String,
    /// Its transaction.
    pub transaction_id: Uuid,
    /// Whether it was made now; false where it had been before.
    pub applied: bool,
    /// What the wallet held after it.
    pub balance: Money,
}

/// Asks for the rows of all of them.
pub fn name_adjustments(adjustments: &[Adjustment], needs: &mut Needs<'_>) {
    for Adjustment { id, customer_id, amount, .. } in adjustments {
        ledger::name(transaction_of_text(id), *customer_id, amount.currency, needs);
    }
}

/// Makes those that were not made before: all of them, or none.
///
/// # Errors
/// `insufficient_funds`, `balance_out_of_range`, or `adjustment_id_reused` where an id was used for something else.
pub fn adjust(
    adjustments: &[Adjustment],
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<Vec<Adjusted>, Refusal> {
    adjustments.iter().map(|adjustment| adjust_one(adjustment, rows, cx)).collect()
}

fn adjust_one(
    adjustment: &Adjustment,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<Adjusted, Refusal> {
    let Adjustment { id, customer_id, amount, reason } = adjustment;
    let transaction_id = transaction_of_text(id);
    let adjusted = |applied, balance| Adjusted {
        id: id.clone(),
        transaction_id,
        applied,
        balance: Money::new(balance, amount.currency),
    };
    if let Some(entry) = ledger::posted(transaction_id, rows) {
        let account_id = wallet_account(*customer_id, amount.currency);
        if (entry.account_id, entry.amount) != (account_id, amount.amount) {
            let detail = format!("The adjustment `{id}` was made before, for another wallet or amount.");
            return Err(Refusal::conflict("adjustment_id_reused", detail));
        }
        return Ok(adjusted(false, entry.balance_after.unwrap_or_default()));
    }
    check_room(balance(*customer_id, amount.currency, rows), amount.amount)?;
    let transaction = Transaction {
        id: transaction_id,
        kind: EntryKind::Adjustment,
        customer_id: *customer_id,
        amount: *amount,
        reference: id.clone(),
        reason: Some(reason.clone()),
    };
    let balance = post(transaction, rows, cx.now())?;
    Ok(adjusted(true, balance))
}
