//! Links that are sent by mail: verifying an address, choosing another password.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use garde::Validate;
use host::{Body, ClientAddress, Customer, LinkKind, Problem};
use serde::Deserialize;

use super::{Api, failure::Failure, fields};
use crate::{
    domain::{AttemptKey, Link, normalised},
    message::{Message, Reply},
};

impl Api {
    /// The link of a token that somebody brings. A token that was made up counts as a failed attempt.
    pub(super) async fn link(
        self: &Arc<Self>,
        client: &ClientAddress,
        token: &str,
        kind: LinkKind,
    ) -> Result<Link, Failure> {
        let attempts = self.claim_attempt(self.address_key(client).into_iter().collect()).await?;
        let link = match self.links.read(token, kind) {
            Some(link_id) => self.engine.reads().get::<Link>(link_id).await?,
            None => None,
        };
        let link = link.ok_or_else(|| Problem::from(crate::domain::link::link_invalid()))?;
        self.refund_attempt(attempts).await?;
        Ok(link)
    }
}

/// A link's token.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyEmailInput {
    /// The token.
    #[garde(length(bytes, max = 200))]
    #[schema(max_length = 200)]
    token: String,
}

/// Verifies an address by the link that was sent there: it is good once, for three days, until another is asked for.
#[utoipa::path(post, path = "/auth/verify-email", tag = "auth", request_body = VerifyEmailInput,
    responses((status = 204, description = "The address is verified."), (status = 409, body = Problem, description = "`email_taken`: another account has the address by now."),
        (status = 422, body = Problem, description = "`link_invalid`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn verify_email(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    Body(VerifyEmailInput { token }): Body<VerifyEmailInput>,
) -> Result<StatusCode, Failure> {
    let link_id = api.link(&client, &token, LinkKind::VerifyEmail).await?.link_id;
    api.command(None, None, Message::VerifyEmail { link_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends the link that verifies the customer's address again. The one before is void.
#[utoipa::path(post, path = "/me/verify-email", tag = "me",
    responses((status = 202, description = "It is on its way."), (status = 409, body = Problem, description = "`email_verified`: there is nothing to verify."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn verify_email_again(
    State(api): State<Arc<Api>>,
    address: ClientAddress,
    customer: Customer,
) -> Result<StatusCode, Failure> {
    let (link_id, client) = (api.new_id(), api.address_key(&address));
    let message = Message::VerifyEmailAgain { customer_id: customer.id, link_id, client };
    match api.command(None, None, message).await? {
        Reply::Wait(wait) if wait.is_zero() => Ok(StatusCode::ACCEPTED),
        Reply::Wait(wait) => Err(Failure::too_many_attempts(wait)),
        _ => Err(Problem::internal().into()),
    }
}

/// Whose password is forgotten.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgotPasswordInput {
    /// The account's address.
    #[garde(custom(fields::email))]
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
}

/// Sends a link with which a customer chooses another password, within an hour. The answer is the same whether there is such an account
/// or not, and whether too many were asked for: then none is sent.
#[utoipa::path(post, path = "/auth/forgot-password", tag = "auth", request_body = ForgotPasswordInput,
    responses((status = 202, description = "Where there is such an account, the link is on its way."), (status = 422, body = Problem)))]
pub(super) async fn forgot_password(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    Body(ForgotPasswordInput { email }): Body<ForgotPasswordInput>,
) -> Result<StatusCode, Failure> {
    let email = normalised(&email);
    let attempts = AttemptKey::mail_for(&email, api.address_key(&client).as_ref());
    let message = Message::ForgotPassword { email, link_id: api.new_id(), attempts };
    api.command(None, None, message).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A link's token, and the password that is chosen with it.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetPasswordInput {
    /// The token.
    #[garde(length(bytes, max = 200))]
    #[schema(max_length = 200)]
    token: String,
    /// Eight characters at least, and none of the words that are guessed first.
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
}

/// Sets another password by the link that was sent. All sessions end, and the address is verified with it.
#[utoipa::path(post, path = "/auth/reset-password", tag = "auth", request_body = ResetPasswordInput,
    responses((status = 204, description = "The password is set. Log in with it."), (status = 422, body = Problem, description = "`link_invalid`, or a field breaks a rule."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn reset_password(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    Body(ResetPasswordInput { token, password }): Body<ResetPasswordInput>,
) -> Result<StatusCode, Failure> {
    let Link { link_id, email, .. } = api.link(&client, &token, LinkKind::ResetPassword).await?;
    api.check_choice("password", &password, &email)?;
    let password = api.passwords.hash(password).await?;
    api.command(None, None, Message::ResetPassword { link_id, password }).await?;
    Ok(StatusCode::NO_CONTENT)
}
