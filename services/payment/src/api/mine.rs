//! A customer's own wallet.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use host::{Customer, Keyed, ListAddress, Page, PageQuery, Params, Problem, Segment};
use uuid::Uuid;

use super::{
    Api,
    wallets::{self, EntryView, TopUpView, TopUpWallet, WalletView},
};

/// What the customer's wallet holds, by currency.
#[utoipa::path(get, path = "/me/wallet", tag = "me", responses((status = 200, body = WalletView)))]
pub(super) async fn my_wallet(
    State(api): State<Api>,
    customer: Customer,
) -> Result<Json<WalletView>, Problem> {
    wallets::wallet(&api, customer.id).await
}

/// All that moved in and out of the customer's wallet, newest first.
#[utoipa::path(get, path = "/me/wallet/entries", tag = "me", params(PageQuery),
    responses((status = 200, body = Page<EntryView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn my_entries(
    State(api): State<Api>,
    customer: Customer,
    address: ListAddress,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Response, Problem> {
    wallets::statement(&api, customer.id, limit, cursor, &address).await
}

/// Asks a gateway for money for the customer's wallet. It is in the wallet once the gateway has captured it.
#[utoipa::path(post, path = "/me/wallet/top-ups", tag = "me", request_body = TopUpWallet,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body make one top-up.")),
    responses((status = 202, body = TopUpView, description = "The gateway is asked."),
        (status = 422, body = Problem, description = "Also `balance_out_of_range`: a wallet cannot hold that much.")))]
pub(super) async fn my_top_up(
    State(api): State<Api>,
    customer: Customer,
    request: Keyed<TopUpWallet>,
) -> Result<(StatusCode, Json<TopUpView>), Problem> {
    let message = request.body.into_message(&api, customer.id);
    wallets::accepted(api.engine.command(request.key, message).await?)
}

/// A top-up of the customer's, and where it stands.
#[utoipa::path(get, path = "/me/wallet/top-ups/{id}", tag = "me", params(("id" = Uuid, Path, description = "The top-up.")),
    responses((status = 200, body = TopUpView), (status = 404, body = Problem)))]
pub(super) async fn get_my_top_up(
    State(api): State<Api>,
    customer: Customer,
    Segment(id): Segment<Uuid>,
) -> Result<Json<TopUpView>, Problem> {
    wallets::top_up_of(&api, customer.id, id).await
}
