//! Routes of wallets, for staff.

use std::str::FromStr;

use axum::{Json, extract::State, http::StatusCode, response::Response};
use contracts::{CustomerId, Money};
use garde::Validate;
use host::{Keyed, ListAddress, Page, PageQuery, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Api;
use crate::{
    domain::{AMOUNT_MAX, Account, Adjusted, Adjustment, Entry, EntryKind, TopUp, TopUpStatus},
    message::{Message, Reply},
    store::{self, Place},
};

/// The longest token of a payment method, in bytes.
const PAYMENT_METHOD_LENGTH_MAX: usize = 200;

/// A customer's money.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct WalletView {
    customer_id: CustomerId,
    /// One per currency; none where the customer never had any.
    balances: Vec<Money>,
}

/// What a customer's wallet holds, by currency.
#[utoipa::path(get, path = "/admin/customers/{customer_id}/wallet", tag = "admin",
    params(("customer_id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, body = WalletView), (status = 404, body = Problem)))]
pub(super) async fn get_wallet(
    State(api): State<Api>,
    _: Staff,
    Segment(customer_id): Segment<CustomerId>,
) -> Result<Json<WalletView>, Problem> {
    wallet(&api, customer_id).await
}

/// A customer's wallet, for the customer and for staff.
pub(super) async fn wallet(api: &Api, customer_id: CustomerId) -> Result<Json<WalletView>, Problem> {
    let accounts = store::accounts_of(api.engine.reads(), customer_id).await?;
    let balance = |Account { balance, currency, .. }| Money::new(balance, currency);
    Ok(Json(WalletView { customer_id, balances: accounts.into_iter().map(balance).collect() }))
}

/// A line of a wallet's statement.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EntryView {
    id: Uuid,
    /// The movement of money that it is one side of.
    transaction_id: Uuid,
    at: String,
    #[schema(inline)]
    kind: EntryKind,
    /// What came in; what went out, where it is negative.
    amount: Money,
    /// What the wallet held then, in this currency.
    balance_after: Money,
    /// The order, the gateway's reference, or the adjustment's id.
    reference: String,
    /// What staff say about an adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.entry_id,
            transaction_id: entry.transaction_id,
            at: entry.created_us.to_rfc3339(),
            kind: entry.kind,
            amount: Money::new(entry.amount, entry.currency),
            balance_after: Money::new(entry.balance_after.unwrap_or_default(), entry.currency),
            reference: entry.reference,
            reason: entry.reason,
        }
    }
}

impl Place {
    fn of(entry: &Entry) -> Self {
        let number = entry.number.unwrap_or_default();
        Self { created_us: entry.created_us.0, number, entry_id: entry.entry_id }
    }

    fn cursor(self) -> String {
        format!("{}.{}.{}", self.created_us, self.number, self.entry_id)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(cursor: &str) -> Result<Self, ()> {
        let mut parts = cursor.split('.');
        let mut next = || parts.next().ok_or(());
        let (time, number, id) = (next()?, next()?, next()?);
        let place = Self {
            created_us: time.parse().map_err(drop)?,
            number: number.parse().map_err(drop)?,
            entry_id: id.parse().map_err(drop)?,
        };
        if parts.next().is_none() { Ok(place) } else { Err(()) }
    }
}

/// All that moved in and out of a customer's wallet, newest first.
#[utoipa::path(get, path = "/admin/customers/{customer_id}/wallet/entries", tag = "admin",
    params(("customer_id" = CustomerId, Path, description = "The customer."), PageQuery),
    responses((status = 200, body = Page<EntryView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_entries(
    State(api): State<Api>,
    _: Staff,
    address: ListAddress,
    Segment(customer_id): Segment<CustomerId>,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Response, Problem> {
    statement(&api, customer_id, limit, cursor, &address).await
}

/// A page of a wallet's statement.
pub(super) async fn statement(
    api: &Api,
    customer_id: CustomerId,
    limit: u32,
    cursor: Option<String>,
    address: &ListAddress,
) -> Result<Response, Problem> {
    let before: Option<Place> = host::cursor(cursor.as_deref())?;
    // One more than is shown tells whether there is a next page.
    let found = store::entries_of(api.engine.reads(), customer_id, before, limit + 1).await?;
    let cursor = |last: &Entry| Place::of(last).cursor();
    Ok(address.page(Page::cut(found, limit, cursor, EntryView::from), limit))
}

/// Money for a wallet, from a gateway.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TopUpWallet {
    #[garde(custom(top_up_amount))]
    amount: Money,
    /// A gateway's token for the payment method.
    #[garde(custom(token))]
    #[schema(min_length = 1, max_length = 200, example = "pm_mock_approve")]
    payment_method: String,
}

fn top_up_amount(money: &Money, _: &()) -> garde::Result {
    match money.amount {
        ..=0 => Err(garde::Error::new("not more than 0")),
        _ => known_amount(money),
    }
}

fn adjusted_amount(money: &Money, _: &()) -> garde::Result {
    match money.amount {
        0 => Err(garde::Error::new("moves nothing")),
        _ => known_amount(money),
    }
}

fn known_amount(money: &Money) -> garde::Result {
    if !(-AMOUNT_MAX..=AMOUNT_MAX).contains(&money.amount) {
        return Err(garde::Error::new(format!("more than {AMOUNT_MAX} minor units")));
    }
    // Codes such as XXX and XAU are in ISO 4217, and nobody pays with them.
    if money.currency.exponent().is_none() {
        return Err(garde::Error::new("not a currency that can be paid in"));
    }
    Ok(())
}

fn token(token: &str, _: &()) -> garde::Result {
    let is_token = token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token && (1..=PAYMENT_METHOD_LENGTH_MAX).contains(&token.len()) {
        return Ok(());
    }
    Err(garde::Error::new("not a gateway's token"))
}

/// A top-up and where it stands.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TopUpView {
    id: Uuid,
    customer_id: CustomerId,
    #[schema(inline)]
    status: TopUpStatus,
    amount: Money,
    /// The gateway's code of a declined top-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<String>,
    created_at: String,
    updated_at: String,
}

impl From<TopUp> for TopUpView {
    fn from(top_up: TopUp) -> Self {
        Self {
            id: top_up.top_up_id,
            customer_id: top_up.customer_id,
            status: top_up.status,
            amount: Money::new(top_up.amount, top_up.currency),
            decline_code: top_up.decline_code,
            created_at: top_up.created_us.to_rfc3339(),
            updated_at: top_up.updated_us.to_rfc3339(),
        }
    }
}

/// Asks a gateway for money for a customer's wallet. It is in the wallet once the gateway has captured it.
#[utoipa::path(post, path = "/admin/customers/{customer_id}/wallet/top-ups", tag = "admin", request_body = TopUpWallet,
    params(("customer_id" = CustomerId, Path, description = "The customer.")),
    responses((status = 202, body = TopUpView, description = "The gateway is asked."), (status = 404, body = Problem),
        (status = 422, body = Problem, description = "Also `balance_out_of_range`: a wallet cannot hold that much.")))]
pub(super) async fn top_up(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(customer_id): Segment<CustomerId>,
    request: Keyed<TopUpWallet>,
) -> Result<(StatusCode, Json<TopUpView>), Problem> {
    let message = request.body.into_message(&api, customer_id);
    accepted(api.engine.command_by(actor, request.key, message).await?)
}

impl TopUpWallet {
    pub(super) fn into_message(self, api: &Api, customer_id: CustomerId) -> Message {
        let Self { amount, payment_method } = self;
        Message::TopUp { top_up_id: api.new_id(), customer_id, amount, method: payment_method }
    }
}

/// A top-up that a gateway is being asked for.
pub(super) fn accepted(reply: Reply) -> Result<(StatusCode, Json<TopUpView>), Problem> {
    match reply {
        Reply::TopUp(top_up) => Ok((StatusCode::ACCEPTED, Json(top_up.into()))),
        Reply::Done | Reply::Adjusted(_) | Reply::Refund(_) => Err(Problem::internal()),
    }
}

/// A top-up and where it stands.
#[utoipa::path(get, path = "/admin/customers/{customer_id}/wallet/top-ups/{id}", tag = "admin",
    params(("customer_id" = CustomerId, Path, description = "The customer."), ("id" = Uuid, Path, description = "The top-up.")),
    responses((status = 200, body = TopUpView), (status = 404, body = Problem)))]
pub(super) async fn get_top_up(
    State(api): State<Api>,
    _: Staff,
    Segment((customer_id, id)): Segment<(CustomerId, Uuid)>,
) -> Result<Json<TopUpView>, Problem> {
    top_up_of(&api, customer_id, id).await
}

/// A customer's top-up; another's is not there.
pub(super) async fn top_up_of(
    api: &Api,
    customer_id: CustomerId,
    id: Uuid,
) -> Result<Json<TopUpView>, Problem> {
    let top_up = api.engine.reads().get::<TopUp>(id).await?;
    let own = top_up.filter(|top_up| top_up.customer_id == customer_id);
    own.map(|top_up| Json(top_up.into())).ok_or_else(|| Problem::not_found("top-up"))
}

/// Money that staff give to a wallet or take from it.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustWallet {
    /// What the wallet gets; what it gives, where it is negative.
    #[garde(custom(adjusted_amount))]
    amount: Money,
    /// What the statement says about it.
    #[garde(length(chars, min = 1, max = 200), custom(host::words))]
    #[schema(min_length = 1, max_length = 200, example = "Goodwill for a late parcel")]
    reason: String,
}

/// An adjustment of one of many wallets.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustmentInput {
    /// Chosen by the caller: an adjustment of the same id is made once, whenever and however often it comes.
    #[garde(length(chars, min = 1, max = 100), custom(visible))]
    #[schema(min_length = 1, max_length = 100, example = "opening-balance-17850")]
    id: String,
    #[garde(skip)]
    customer_id: CustomerId,
    /// What the wallet gets; what it gives, where it is negative.
    #[garde(custom(adjusted_amount))]
    amount: Money,
    /// What the statement says about it.
    #[garde(length(chars, min = 1, max = 200), custom(host::words))]
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

fn visible(text: &str, _: &()) -> garde::Result {
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(garde::Error::new("not visible ASCII characters")),
    }
}

/// Adjustments of many wallets.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustWallets {
    /// 1 to 500, made in this order. All of them are made, or none where one cannot be.
    #[garde(length(min = 1, max = 500), dive)]
    #[schema(min_items = 1, max_items = 500)]
    adjustments: Vec<AdjustmentInput>,
}

/// What an adjustment came to.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AdjustedView {
    id: String,
    transaction_id: Uuid,
    /// Whether it was made now; false where it had been made before.
    applied: bool,
    /// What the wallet held after it.
    balance: Money,
}

impl From<Adjusted> for AdjustedView {
    fn from(Adjusted { id, transaction_id, applied, balance }: Adjusted) -> Self {
        Self { id, transaction_id, applied, balance }
    }
}

/// What the adjustments came to, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AdjustedWallets {
    adjustments: Vec<AdjustedView>,
}

/// Gives money to a customer's wallet or takes it, without a gateway.
#[utoipa::path(post, path = "/admin/customers/{customer_id}/wallet/adjustments", tag = "admin", request_body = AdjustWallet,
    params(("customer_id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, body = AdjustedView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`insufficient_funds`: the wallet has too little."), (status = 422, body = Problem)))]
pub(super) async fn adjust(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(customer_id): Segment<CustomerId>,
    request: Keyed<AdjustWallet>,
) -> Result<Json<AdjustedView>, Problem> {
    let AdjustWallet { amount, reason } = request.body;
    let id = api.new_id().to_string();
    let message = Message::Adjust(vec![Adjustment { id, customer_id, amount, reason }]);
    match api.engine.command_by(actor, request.key, message).await? {
        Reply::Adjusted(mut adjusted) => match adjusted.pop() {
            Some(adjusted) => Ok(Json(adjusted.into())),
            None => Err(Problem::internal()),
        },
        Reply::Done | Reply::TopUp(_) | Reply::Refund(_) => Err(Problem::internal()),
    }
}

/// Gives money to many wallets or takes it, without a gateway. An adjustment that was made before changes nothing.
#[utoipa::path(post, path = "/admin/wallets/adjustments", tag = "admin", request_body = AdjustWallets,
    responses((status = 200, body = AdjustedWallets), (status = 409, body = Problem, description = "`insufficient_funds`: a wallet has too little. `adjustment_id_reused`: an id was used for another wallet or amount."),
        (status = 422, body = Problem)))]
pub(super) async fn adjust_many(
    State(api): State<Api>,
    Staff(actor): Staff,
    request: Keyed<AdjustWallets>,
) -> Result<Json<AdjustedWallets>, Problem> {
    let adjustment =
        |AdjustmentInput { id, customer_id, amount, reason }| Adjustment { id, customer_id, amount, reason };
    let message = Message::Adjust(request.body.adjustments.into_iter().map(adjustment).collect());
    match api.engine.command_by(actor, request.key, message).await? {
        Reply::Adjusted(adjusted) => {
            Ok(Json(AdjustedWallets { adjustments: adjusted.into_iter().map(AdjustedView::from).collect() }))
        }
        Reply::Done | Reply::TopUp(_) | Reply::Refund(_) => Err(Problem::internal()),
    }
}
