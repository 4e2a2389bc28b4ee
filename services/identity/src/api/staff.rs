//! Staff: the log-in of their own, the invitation that they begin with, and what they change about their accounts.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap, http::StatusCode};
use engine::Actor;
use garde::Validate;
use host::{Body, ClientAddress, LinkKind, Problem, StaffAccount};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Api,
    failure::Failure,
    fields,
    sessions::{SessionView, SessionsView},
    totp::shown_factor,
    views::{StaffLoggedInView, StaffView, TokensView},
};
use crate::{
    domain::{Account, AccountKind, Link, LogIn, Staff, TotpState, normalised, own_staff::OwnChange},
    message::{Message, Reply},
    store,
};

/// Who logs in.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffLogInInput {
    /// The account's address.
    #[garde(custom(fields::email))]
    #[schema(example = "grace@example.com", max_length = 254)]
    email: String,
    /// Its password.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    password: String,
    /// The code of the second factor, or a recovery code, where the account has one.
    #[serde(default)]
    #[garde(inner(length(bytes, max = 40)))]
    #[schema(max_length = 40)]
    code: Option<String>,
}

/// Logs somebody of staff in. An account with a second factor is asked for its code once the password is right.
#[utoipa::path(post, path = "/staff/login", tag = "auth", operation_id = "log_in_staff", request_body = StaffLogInInput,
    responses((status = 200, body = StaffLoggedInView),
        (status = 401, body = Problem, description = "`invalid_credentials`; `second_factor_required`: send the request again with `code`; `invalid_code`."),
        (status = 403, body = Problem, description = "`account_disabled`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn log_in(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    headers: HeaderMap,
    Body(input): Body<StaffLogInInput>,
) -> Result<Json<StaffLoggedInView>, Failure> {
    let email = normalised(&input.email);
    let attempts = api.attempt_to_log_in(AccountKind::Staff, &email, &client).await?;
    let reads = api.engine.reads();
    let account = store::account_of(reads, AccountKind::Staff, &email).await?;
    // As many reads where there is no account.
    let staff = reads.get::<Staff>(account.map_or(Uuid::nil(), Account::id)).await?;
    let known = staff.as_ref().and_then(|staff| staff.password.clone());
    let verified = api.passwords.verify(input.password, known).await?;
    let (Some(staff), Some(verified)) = (staff, verified) else {
        return Err(Failure::invalid_credentials());
    };
    let second_factor = match (staff.totp_state, input.code.filter(|code| !code.is_empty())) {
        (TotpState::On, Some(code)) => Some(shown_factor(&api, &staff, &code)?),
        (TotpState::On, None) => {
            // No code was guessed. What failed before stays counted, or codes could be guessed for ever.
            api.refund_attempt(attempts).await?;
            return Err(Failure::unauthorised(
                "second_factor_required",
                "This account has a second factor. Send its code with the request.",
            ));
        }
        _ => None,
    };
    let (session, refresh_token) = api.new_session(&headers)?;
    let log_in = LogIn {
        account: Account::Staff(staff.staff_id),
        password_version: staff.password_version,
        rehashed: verified.rehashed,
        session,
        cart_id: None,
        attempts,
        second_factor,
    };
    let Reply::LoggedIn(logged_in) = api.command(None, None, Message::LogIn(Box::new(log_in))).await? else {
        return Err(Problem::internal().into());
    };
    let session = TokensView::of(&api, &logged_in.grant, refresh_token)?;
    Ok(Json(StaffLoggedInView { staff: staff.into(), session }))
}

/// An invitation, and the password that is chosen with it.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptInput {
    /// The invitation's token.
    #[garde(length(bytes, max = 200))]
    #[schema(max_length = 200)]
    token: String,
    /// Eight characters at least, and none of the words that are guessed first.
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
}

/// Somebody of staff who was invited chooses a password, and may log in with it.
#[utoipa::path(post, path = "/staff/accept-invitation", tag = "auth", request_body = AcceptInput,
    responses((status = 204, description = "The password is set."), (status = 422, body = Problem, description = "`link_invalid`, or a field breaks a rule."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn accept_invitation(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    Body(AcceptInput { token, password }): Body<AcceptInput>,
) -> Result<StatusCode, Failure> {
    let Link { link_id, account_id, email, .. } =
        api.link(&client, &token, LinkKind::AcceptInvitation).await?;
    api.check_choice("password", &password, &email)?;
    let password = api.passwords.hash(password).await?;
    let staff = api.engine.reads().get::<Staff>(account_id).await?;
    let actor = staff.map(|staff| actor(&staff, "POST /api/v1/staff/accept-invitation"));
    api.command(actor, None, Message::AcceptInvitation { link_id, password }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody of staff, as the audit log names who changes the own account.
pub(super) fn actor(staff: &Staff, action: &str) -> Actor {
    Actor { id: Some(staff.staff_id.0), name: staff.name.clone(), action: action.to_owned() }
}

impl Api {
    /// Somebody's own account of staff.
    pub(super) async fn own_staff(&self, account: StaffAccount) -> Result<Staff, Failure> {
        let staff = self.engine.reads().get::<Staff>(account.id).await?.filter(Staff::is_at_work);
        staff.ok_or_else(|| Problem::not_found("account").into())
    }

    /// Changes somebody's own account of staff.
    pub(super) async fn change_own(
        self: &Arc<Self>,
        account: StaffAccount,
        staff: &Staff,
        change: OwnChange,
        attempts: Vec<crate::domain::AttemptKey>,
        action: &str,
    ) -> Result<Reply, Failure> {
        let (staff_id, session_id) = (account.id, account.session_id);
        self.command(
            Some(actor(staff, action)),
            None,
            Message::ChangeOwnStaff { staff_id, session_id, change, attempts },
        )
        .await
    }
}

/// The account that asks.
#[utoipa::path(get, path = "/staff/me", tag = "auth", operation_id = "get_own_staff_account",
    responses((status = 200, body = StaffView)))]
pub(super) async fn get_own(
    State(api): State<Arc<Api>>,
    account: StaffAccount,
) -> Result<Json<StaffView>, Failure> {
    Ok(Json(api.own_staff(account).await?.into()))
}

/// Another password.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordInput {
    /// The password until now.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    current_password: String,
    /// Eight characters at least, and none of the words that are guessed first.
    #[garde(length(chars, min = 8, max = 128))]
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: String,
}

/// Changes the password of the account that asks. Its other sessions end.
#[utoipa::path(post, path = "/staff/me/password", tag = "auth", operation_id = "change_own_staff_password", request_body = PasswordInput,
    responses((status = 204, description = "The password is changed."), (status = 401, body = Problem, description = "`invalid_credentials`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn change_password(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    account: StaffAccount,
    Body(PasswordInput { current_password, password }): Body<PasswordInput>,
) -> Result<StatusCode, Failure> {
    let staff = api.own_staff(account).await?;
    api.check_choice("password", &password, &staff.email)?;
    let attempts = api.confirm_staff(&staff, current_password, &client).await?;
    let change = OwnChange::Password {
        version: staff.password_version,
        password: api.passwords.hash(password).await?,
    };
    api.change_own(account, &staff, change, attempts, "POST /api/v1/staff/me/password").await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// Lets somebody of staff confirm the password. Answers the attempts that have succeeded.
    pub(super) async fn confirm_staff(
        self: &Arc<Self>,
        staff: &Staff,
        password: String,
        client: &ClientAddress,
    ) -> Result<Vec<crate::domain::AttemptKey>, Failure> {
        let attempts = self.attempt_to_confirm(staff.staff_id.0, client).await?;
        let known = staff.password.clone().ok_or_else(Failure::invalid_credentials)?;
        self.confirm(password, known).await?;
        Ok(attempts)
    }
}

/// The sessions of the account that asks.
#[utoipa::path(get, path = "/staff/me/sessions", tag = "auth", operation_id = "list_own_staff_sessions",
    responses((status = 200, body = SessionsView)))]
pub(super) async fn list_sessions(
    State(api): State<Arc<Api>>,
    account: StaffAccount,
) -> Result<Json<SessionsView>, Failure> {
    let sessions = store::live_sessions(api.engine.reads(), account.id.0, api.clock.now()).await?;
    let items = sessions.into_iter().map(|session| SessionView::of(session, account.session_id)).collect();
    Ok(Json(SessionsView { items }))
}

/// Ends the other sessions of the account that asks.
#[utoipa::path(delete, path = "/staff/me/sessions", tag = "auth", operation_id = "end_other_staff_sessions",
    responses((status = 204, description = "The others have ended.")))]
pub(super) async fn end_other_sessions(
    State(api): State<Arc<Api>>,
    account: StaffAccount,
) -> Result<StatusCode, Failure> {
    let actor = actor(&api.own_staff(account).await?, "DELETE /api/v1/staff/me/sessions");
    let message =
        Message::EndOtherSessions { account: Account::Staff(account.id), session_id: account.session_id };
    api.command(Some(actor), None, message).await?;
    Ok(StatusCode::NO_CONTENT)
}
