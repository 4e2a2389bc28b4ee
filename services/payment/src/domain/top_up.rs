//! Money that a customer puts into the wallet, by way of a gateway.

use contracts::{Currency, CustomerId, Money, Refusal, Timestamp};
use engine::{Cx, EffectPolicy, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Fact, Request, WALLET,
    ledger::{
        self, Account, EntryKind, Transaction, Wallet, balance, check_room, post, transaction_of,
        wallet_account,
    },
};
use crate::Payments;

/// Where a top-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopUpStatus {
    /// The gateway is asked to capture.
    Capturing,
    /// Captured, and in the wallet.
    Completed,
    /// Declined; nothing was captured.
    Failed,
}

/// Money on its way into a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUp {
    /// Given by whoever asked.
    pub top_up_id: Uuid,
    /// Whose wallet.
    pub customer_id: CustomerId,
    /// Where it stands.
    pub status: TopUpStatus,
    /// Minor units.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// A gateway's token for the payment method.
    pub method: String,
    /// The gateway's reference of the capture.
    pub reference: Option<String>,
    /// The gateway's code of a declined top-up.
    pub decline_code: Option<String>,
    /// When it was asked for.
    pub created_us: Timestamp,
    /// When it changed last.
    pub updated_us: Timestamp,
}

fn transaction(top_up_id: Uuid) -> Uuid {
    transaction_of(top_up_id, "top_up")
}

/// Asks for the rows of a new top-up.
pub fn name_top_up(top_up_id: Uuid, customer_id: CustomerId, currency: Currency, needs: &mut Needs<'_>) {
    needs.write::<TopUp>(top_up_id);
    needs.write::<Wallet>(customer_id);
    needs.read::<Account>(wallet_account(customer_id, currency));
}

/// Asks for the rows of a top-up that the gateway has captured.
pub fn name_top_up_captured(top_up_id: Uuid, needs: &mut Needs<'_>) {
    let top_up = needs.write::<TopUp>(top_up_id);
    let capturing = top_up.filter(|top_up| top_up.status == TopUpStatus::Capturing);
    if let Some((customer_id, currency)) = capturing.map(|top_up| (top_up.customer_id, top_up.currency)) {
        needs.write::<Wallet>(customer_id);
        ledger::name(transaction(top_up_id), customer_id, currency, needs);
    }
}

/// Asks the gateway for the money. Nothing is in the wallet before the gateway has it.
///
/// # Errors
/// `payment_method_invalid` for a top-up from the wallet itself; `balance_out_of_range`.
pub fn top_up(
    top_up_id: Uuid,
    customer_id: CustomerId,
    amount: Money,
    method: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<TopUp, Refusal> {
    if let Some(known) = rows.get::<TopUp>(top_up_id) {
        return Ok(known.clone());
    }
    if method == WALLET {
        let detail = "A wallet is topped up by a gateway's payment method.";
        return Err(Refusal::invalid("payment_method_invalid", detail));
    }
    check_room(balance(customer_id, amount.currency, rows), amount.amount)?;
    let now = cx.now();
    if rows.get::<Wallet>(customer_id).is_none() {
        rows.put(Wallet { customer_id, created_us: now });
    }
    let top_up = TopUp {
        top_up_id,
        customer_id,
        status: TopUpStatus::Capturing,
        amount: amount.amount,
        currency: amount.currency,
        method: method.to_owned(),
        reference: None,
        decline_code: None,
        created_us: now,
        updated_us: now,
    };
    rows.put(top_up.clone());
    cx.correlate(top_up_id);
    let request = Request::TopUp { top_up_id, amount, method: method.to_owned() };
    cx.effect(format!("topup:{top_up_id}"), EffectPolicy::Ask, request);
    Ok(top_up)
}

/// The gateway has the money: it is in the wallet, once.
///
/// # Errors
/// There is no such top-up.
pub fn top_up_captured(
    top_up_id: Uuid,
    reference: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    let now = cx.now();
    let top_up = known(top_up_id, rows)?;
    if top_up.status != TopUpStatus::Capturing {
        // A second word about the same capture.
        return Ok(());
    }
    top_up.status = TopUpStatus::Completed;
    top_up.reference = Some(reference.to_owned());
    top_up.updated_us = now;
    let (customer_id, amount) = (top_up.customer_id, Money::new(top_up.amount, top_up.currency));
    let transaction = Transaction {
        id: transaction(top_up_id),
        kind: EntryKind::TopUp,
        customer_id,
        amount,
        reference: reference.to_owned(),
        reason: None,
    };
    post(transaction, rows, now)?;
    cx.correlate(top_up_id);
    cx.publish::<Wallet>(customer_id, Fact::ToppedUp { customer_id, amount });
    Ok(())
}

/// The gateway refuses.
///
/// # Errors
/// There is no such top-up.
pub fn top_up_declined(
    top_up_id: Uuid,
    code: &str,
    rows: &mut Rows,
    cx: &mut Cx<'_, Payments>,
) -> Result<(), Refusal> {
    let now = cx.now();
    let top_up = known(top_up_id, rows)?;
    if top_up.status == TopUpStatus::Capturing {
        top_up.status = TopUpStatus::Failed;
        top_up.decline_code = Some(code.to_owned());
        top_up.updated_us = now;
    }
    Ok(())
}

fn known(top_up_id: Uuid, rows: &mut Rows) -> Result<&mut TopUp, Refusal> {
    let unknown = || Refusal::not_found("top_up_not_found", "There is no such top-up.");
    rows.get_mut::<TopUp>(top_up_id).ok_or_else(unknown)
}
