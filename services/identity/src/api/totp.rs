//! The second factor of staff: set up, confirmed, given up.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use garde::Validate;
use host::{Body, ClientAddress, Problem, StaffAccount};
use serde::{Deserialize, Serialize};

use super::{Api, failure::Failure};
use crate::{
    domain::{SecondFactor, Staff, TokenHashes, TotpState, own_staff::OwnChange},
    refresh_tokens::hash,
    totp,
};

/// Whose a sealed secret is.
fn owner(staff: &Staff) -> String {
    format!("second factor of {}", staff.staff_id)
}

fn invalid_code() -> Failure {
    Failure::unauthorised("invalid_code", "The code is not right, or was used before.")
}

/// The code that somebody shows: a time step's, or a recovery code. Whether it was used before, the command tells.
pub(super) fn shown_factor(api: &Api, staff: &Staff, code: &str) -> Result<SecondFactor, Failure> {
    let code = totp::normalised(code);
    if let Some(step) = opened(api, staff).and_then(|secret| totp::step_of(&secret, &code, api.clock.now())) {
        return Ok(SecondFactor::Step(step));
    }
    let recovery = hash(code.as_bytes());
    match staff.recovery_codes.contains(&recovery) {
        true => Ok(SecondFactor::Recovery(recovery)),
        false => Err(invalid_code()),
    }
}

fn opened(api: &Api, staff: &Staff) -> Option<Vec<u8>> {
    let opened = api.seal.open(&owner(staff), staff.totp_secret.as_ref()?);
    if opened.is_none() {
        tracing::error!(staff = %staff.staff_id, "a second factor was sealed with another identity.key; an admin must reset the account");
    }
    opened
}

/// The password, to confirm who asks.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginTotpInput {
    /// The account's password.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    password: String,
}

/// What an authenticator app is told.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TotpView {
    /// The secret in base 32, to be typed in.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same as an address, to be shown as a picture.
    otpauth_uri: String,
}

/// Begins a second factor (TOTP, RFC 6238) for the account that asks. It counts once a code of it has come.
#[utoipa::path(post, path = "/staff/me/totp", tag = "auth", request_body = BeginTotpInput,
    responses((status = 200, body = TotpView), (status = 401, body = Problem, description = "`invalid_credentials`."),
        (status = 409, body = Problem, description = "`second_factor_set`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn begin_totp(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    account: StaffAccount,
    Body(BeginTotpInput { password }): Body<BeginTotpInput>,
) -> Result<Json<TotpView>, Failure> {
    let staff = api.own_staff(account).await?;
    let attempts = api.confirm_staff(&staff, password, &client).await?;
    let secret = totp::new_secret().map_err(super::no_randomness)?;
    let sealed = api.seal.seal(&owner(&staff), &secret).map_err(super::no_randomness)?;
    let change = OwnChange::BeginTotp { version: staff.password_version, secret: sealed };
    api.change_own(account, &staff, change, attempts, "POST /api/v1/staff/me/totp").await?;
    Ok(Json(TotpView { secret: totp::base32(&secret), otpauth_uri: totp::uri(&secret, &staff.email) }))
}

/// A code.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeInput {
    /// What the authenticator app shows.
    #[garde(length(bytes, max = 40))]
    #[schema(example = "123456", max_length = 40)]
    code: String,
}

/// Codes for when the second factor is lost.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RecoveryCodesView {
    /// Each is good once. They are not shown again.
    recovery_codes: Vec<String>,
}

/// Confirms the second factor with its first code. It is asked for from now on; other sessions end. Where the shop wants a second factor of
/// its staff, the next access token of this session may do all that the account may.
#[utoipa::path(post, path = "/staff/me/totp/confirm", tag = "auth", request_body = CodeInput,
    responses((status = 200, body = RecoveryCodesView), (status = 401, body = Problem, description = "`invalid_code`."),
        (status = 409, body = Problem, description = "`second_factor_not_begun`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn confirm_totp(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    account: StaffAccount,
    Body(CodeInput { code }): Body<CodeInput>,
) -> Result<Json<RecoveryCodesView>, Failure> {
    let staff = api.own_staff(account).await?;
    let attempts = api.attempt_to_confirm(staff.staff_id.0, &client).await?;
    let Some(secret) = staff.totp_secret.clone().filter(|_| staff.totp_state == TotpState::Unconfirmed)
    else {
        api.refund_attempt(attempts).await?;
        let detail = "No second factor waits for its first code.";
        return Err(Problem::new(StatusCode::CONFLICT, "second_factor_not_begun", detail).into());
    };
    let plain = opened(&api, &staff).ok_or_else(invalid_code)?;
    let step = totp::step_of(&plain, &totp::normalised(&code), api.clock.now()).ok_or_else(invalid_code)?;
    let codes = totp::new_recovery_codes().map_err(super::no_randomness)?;
    let hashes = codes.iter().map(|code| hash(totp::normalised(code).as_bytes())).collect();
    let change = OwnChange::ConfirmTotp { secret, step, recovery_codes: TokenHashes(hashes) };
    api.change_own(account, &staff, change, attempts, "POST /api/v1/staff/me/totp/confirm").await?;
    Ok(Json(RecoveryCodesView { recovery_codes: codes }))
}

/// The password and a code, to confirm who asks.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveTotpInput {
    /// The account's password.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    password: String,
    /// What the authenticator app shows, or a recovery code.
    #[garde(length(bytes, max = 40))]
    #[schema(example = "123456", max_length = 40)]
    code: String,
}

/// Gives the second factor of the account that asks up. Its other sessions end, and where the shop wants a second factor of its staff this
/// one as well: the next may do nothing but set another one up.
#[utoipa::path(delete, path = "/staff/me/totp", tag = "auth", request_body = RemoveTotpInput,
    responses((status = 204, description = "There is none any more."), (status = 401, body = Problem, description = "`invalid_credentials`, `invalid_code`."),
        (status = 409, body = Problem, description = "`second_factor_not_set`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn remove_totp(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    account: StaffAccount,
    Body(RemoveTotpInput { password, code }): Body<RemoveTotpInput>,
) -> Result<StatusCode, Failure> {
    let staff = api.own_staff(account).await?;
    let attempts = api.confirm_staff(&staff, password, &client).await?;
    let factor = match staff.totp_state {
        TotpState::On => shown_factor(&api, &staff, &code)?,
        TotpState::Off | TotpState::Unconfirmed => {
            api.refund_attempt(attempts).await?;
            let detail = "There is no second factor.";
            return Err(Problem::new(StatusCode::CONFLICT, "second_factor_not_set", detail).into());
        }
    };
    let change = OwnChange::RemoveTotp { version: staff.password_version, factor };
    api.change_own(account, &staff, change, attempts, "DELETE /api/v1/staff/me/totp").await?;
    Ok(StatusCode::NO_CONTENT)
}
