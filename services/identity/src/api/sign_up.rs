//! Customers sign up, and are logged in with it.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use contracts::{CartId, CustomerId};
use garde::Validate;
use host::{ClientAddress, HasSecrets, KeyedSecret, Problem};
use serde::Deserialize;

use super::{
    Api,
    failure::Failure,
    fields,
    log_in::{self, LogInInput},
    views::{LoggedInView, TokensView},
};
use crate::{
    domain::{Customer, SignUp, normalised},
    message::{Message, Reply},
};

/// Who signs up.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpInput {
    /// An address that no other account has. A link is sent there, which verifies it; unless too much mail was asked for already, and
    /// then it is sent when it is asked for later: `POST /me/verify-email`.
    #[garde(custom(fields::email))]
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// Eight characters at least, and none of the words that are guessed first.
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
    /// What the customer is called.
    #[garde(length(chars, max = 200), custom(fields::shown))]
    #[schema(example = "Ada Lovelace", min_length = 1, max_length = 200)]
    name: String,
    /// A cart that was filled before: it is the customer's from now on.
    #[serde(default)]
    #[garde(skip)]
    cart_id: Option<CartId>,
}

impl HasSecrets for SignUpInput {
    const SECRETS: &'static [&'static str] = &["password"];
}

/// Signs a customer up, and logs it in. Under an `Idempotency-Key` it happens once; a repeat, with the same password, gets a session of
/// its own.
#[utoipa::path(post, path = "/customers", tag = "auth", request_body = SignUpInput,
    responses((status = 201, body = LoggedInView), (status = 409, body = Problem, description = "`email_taken`."), (status = 422, body = Problem),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn sign_up(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    headers: HeaderMap,
    request: KeyedSecret<SignUpInput>,
) -> Result<(StatusCode, Json<LoggedInView>), Failure> {
    let SignUpInput { email, password, name, cart_id } = request.body;
    let email = normalised(&email);
    api.check_choice("password", &password, &email)?;
    // Each answer tells whether an address has an account, and a link is sent to what may be anybody's: a client that signs up many is
    // slowed down, also where it succeeds.
    let attempts = api.claim_attempt(api.address_key(&client).into_iter().collect()).await?;
    let hash = api.passwords.hash(password.clone()).await?;
    let (session, refresh_token) = api.new_session(&headers)?;
    let customer_id = CustomerId(api.new_id());
    let message = Message::SignUp(Box::new(SignUp {
        customer_id,
        email: email.clone(),
        name: name.trim().to_owned(),
        password: hash,
        session,
        cart_id,
        link_id: api.new_id(),
    }));
    let reply = api.command(None, request.key, message).await?;
    let Reply::SignedUp { customer_id: signed_up, logged_in } = reply else {
        return Err(Problem::internal().into());
    };
    if signed_up != customer_id {
        // The first request has been counted.
        api.refund_attempt(attempts).await?;
        return repeated(&api, &client, &headers, email, password).await;
    }
    let customer = api.engine.reads().get::<Customer>(customer_id).await?;
    let customer = customer.ok_or_else(Problem::unavailable)?.into();
    let session = TokensView::of(&api, &logged_in.grant, refresh_token)?;
    Ok((StatusCode::CREATED, Json(LoggedInView { customer, session })))
}

/// The request came before. Tokens are kept nowhere, so that the first ones cannot be answered again: whoever has the password gets others.
async fn repeated(
    api: &Arc<Api>,
    client: &ClientAddress,
    headers: &HeaderMap,
    email: String,
    password: String,
) -> Result<(StatusCode, Json<LoggedInView>), Failure> {
    let input = LogInInput { email, password, cart_id: None };
    match log_in::with_password(api, client, headers, input).await {
        Ok(logged_in) => Ok((StatusCode::CREATED, Json(logged_in))),
        Err(failure) if failure.problem.code == "invalid_credentials" => {
            let detail =
                "This Idempotency-Key came before with another request. Use a new key for a new request.";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail).into())
        }
        Err(failure) => Err(failure),
    }
}
