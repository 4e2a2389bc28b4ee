//! Customers log in. Whether there is an account shows neither in the words nor in the time of an answer.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use contracts::CartId;
use garde::Validate;
use host::{Body, ClientAddress, Problem};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Api,
    failure::Failure,
    fields,
    views::{LoggedInView, TokensView},
};
use crate::{
    domain::{Account, AccountKind, Customer, CustomerStatus, LogIn, normalised},
    message::{Message, Reply},
    store,
};

/// Who logs in.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogInInput {
    /// The account's address.
    #[garde(custom(fields::email))]
    #[schema(example = "ada@example.com", max_length = 254)]
    pub email: String,
    /// Its password.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    pub password: String,
    /// A cart that was filled before: it is the customer's from now on.
    #[serde(default)]
    #[garde(skip)]
    pub cart_id: Option<CartId>,
}

/// Logs a customer in. After five failures one waits before the next attempt, longer each time, up to 15 minutes.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LogInInput,
    responses((status = 200, body = LoggedInView),
        (status = 401, body = Problem, description = "`invalid_credentials`: there is no such account, or the password is another."),
        (status = 403, body = Problem, description = "`account_disabled`: the shop has closed the account."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn log_in(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    headers: HeaderMap,
    Body(input): Body<LogInInput>,
) -> Result<Json<LoggedInView>, Failure> {
    with_password(&api, &client, &headers, input).await.map(Json)
}

/// Logs in with a password.
pub(super) async fn with_password(
    api: &Arc<Api>,
    client: &ClientAddress,
    headers: &HeaderMap,
    input: LogInInput,
) -> Result<LoggedInView, Failure> {
    let email = normalised(&input.email);
    let attempts = api.attempt_to_log_in(AccountKind::Customer, &email, client).await?;
    let reads = api.engine.reads();
    let account = store::account_of(reads, AccountKind::Customer, &email).await?;
    // As many reads where there is no account.
    let customer = reads.get::<Customer>(account.map_or(Uuid::nil(), Account::id)).await?;
    let customer = customer.filter(|customer| customer.status != CustomerStatus::Deleted);
    let known = customer.as_ref().map(|customer| customer.password.clone());
    let verified = api.passwords.verify(input.password, known).await?;
    let (Some(customer), Some(verified)) = (customer, verified) else {
        return Err(Failure::invalid_credentials());
    };
    let (session, refresh_token) = api.new_session(headers)?;
    let log_in = LogIn {
        account: Account::Customer(customer.customer_id),
        password_version: customer.password_version,
        rehashed: verified.rehashed,
        session,
        cart_id: input.cart_id,
        attempts,
        second_factor: None,
    };
    let Reply::LoggedIn(logged_in) = api.command(None, None, Message::LogIn(Box::new(log_in))).await? else {
        return Err(Problem::internal().into());
    };
    let session = TokensView::of(api, &logged_in.grant, refresh_token)?;
    Ok(LoggedInView { customer: customer.into(), session })
}
