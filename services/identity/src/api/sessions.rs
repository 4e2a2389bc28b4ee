//! Sessions: the next access token, their end, and what a customer sees of them.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use engine::Actor;
use garde::Validate;
use host::{Body, Customer, Principal, Problem, Segment};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Api, failure::Failure, views::TokensView};
use crate::{
    domain::{Account, Refreshed, Session, Staff, TokenHash},
    message::{Message, Reply},
    refresh_tokens::Presented,
    store,
};

/// A refresh token.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshInput {
    /// The token that came last.
    #[garde(length(bytes, max = 200))]
    #[schema(max_length = 200)]
    refresh_token: String,
}

fn invalid_refresh_token() -> Failure {
    Failure::unauthorised(
        "invalid_refresh_token",
        "The refresh token is not valid, or its session has ended. Log in.",
    )
}

/// Gives the next access token, and the next refresh token: each is good once. For customers and staff. One that comes again after
/// its successor was used has been copied, and ends the session; within ten seconds, the last one may come again.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshInput,
    responses((status = 200, body = TokensView),
        (status = 401, body = Problem, description = "`invalid_refresh_token`.")))]
pub(super) async fn refresh(
    State(api): State<Arc<Api>>,
    Body(input): Body<RefreshInput>,
) -> Result<Json<TokensView>, Failure> {
    let presented = api.refresh_tokens.read(&input.refresh_token).ok_or_else(invalid_refresh_token)?;
    let Presented { session_id, hash: presented } = presented;
    let (refresh_token, successor) = api.refresh_tokens.issue(session_id).map_err(super::no_randomness)?;
    let reply = api.command(None, None, Message::Refresh { session_id, presented, successor }).await?;
    let Reply::Refreshed(refreshed) = reply else { return Err(Problem::internal().into()) };
    match *refreshed {
        Refreshed::Granted(grant) => Ok(Json(TokensView::of(&api, &grant, refresh_token)?)),
        Refreshed::Reused(ended) => {
            tracing::warn!(session = %ended.session_id, "a refresh token was used twice; its session has ended");
            Err(invalid_refresh_token())
        }
    }
}

/// What the audit log calls it when somebody of staff logs out.
const LOG_OUT: &str = "POST /api/v1/auth/logout";

impl Api {
    /// Whoever of staff a refresh token is of that still opens its session, as the audit log names it.
    async fn staff_of(&self, session_id: Uuid, presented: &TokenHash) -> Result<Option<Actor>, Failure> {
        let reads = self.engine.reads();
        let session = reads.get::<Session>(session_id).await?.filter(|session| session.is_held_by(presented));
        let Some(Account::Staff(id)) = session.map(|session| Account::of(session.kind, session.account_id))
        else {
            return Ok(None);
        };
        Ok(reads.get::<Staff>(id).await?.map(|staff| super::staff::actor(&staff, LOG_OUT)))
    }
}

/// What is given back at the end.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogOutInput {
    /// The refresh token, where there is no access token any more.
    #[serde(default)]
    #[garde(inner(length(bytes, max = 200)))]
    #[schema(max_length = 200)]
    refresh_token: Option<String>,
}

/// Ends the session of the access token, or that of the refresh token. For customers and staff.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = LogOutInput,
    responses((status = 204, description = "The session has ended."), (status = 422, body = Problem)))]
pub(super) async fn log_out(
    State(api): State<Arc<Api>>,
    principal: Principal,
    host::Keyed { body: LogOutInput { refresh_token }, .. }: host::Keyed<LogOutInput>,
) -> Result<StatusCode, Failure> {
    if let Some(token) = &refresh_token
        && let Some(Presented { session_id, hash: presented }) = api.refresh_tokens.read(token)
    {
        let actor = api.staff_of(session_id, &presented).await?;
        api.command(actor, None, Message::LogOut { session_id, presented }).await?;
    }
    let own = match principal {
        Principal::Customer { customer_id, session_id } => Some((Account::Customer(customer_id), session_id)),
        Principal::Staff { staff_id, session_id, .. } => Some((Account::Staff(staff_id), session_id)),
        Principal::Guest | Principal::Operator => None,
    };
    let Some((account, session_id)) = own else {
        return match refresh_token {
            Some(_) => Ok(StatusCode::NO_CONTENT),
            None => Err(Failure::invalid("refresh_token", "needed where no access token comes")),
        };
    };
    let actor = match account {
        Account::Staff(id) => api.engine.reads().get::<Staff>(id).await?,
        Account::Customer(_) => None,
    };
    let actor = actor.map(|staff| super::staff::actor(&staff, LOG_OUT));
    match api.command(actor, None, Message::EndSession { account, session_id }).await {
        // It has ended already: so it is as it was asked to be.
        Err(failure) if failure.problem.status != StatusCode::NOT_FOUND.as_u16() => Err(failure),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// A session, as its account sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionView {
    /// The session.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the client calls itself.
    pub agent: String,
    /// When it began, as RFC 3339.
    pub created_at: String,
    /// When it was used last for another access token, as RFC 3339.
    pub used_at: String,
    /// When it ends unless it is used, as RFC 3339.
    pub expires_at: String,
}

impl SessionView {
    pub fn of(session: Session, current: Uuid) -> Self {
        Self {
            id: session.session_id,
            current: session.session_id == current,
            agent: session.agent,
            created_at: session.created_us.to_rfc3339(),
            used_at: session.refreshed_us.to_rfc3339(),
            expires_at: session.expires_us.to_rfc3339(),
        }
    }
}

/// The sessions of an account.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionsView {
    /// Those that live, the one that was used last first.
    pub items: Vec<SessionView>,
}

/// The customer's sessions: at most 50 live at once.
#[utoipa::path(get, path = "/me/sessions", tag = "me", responses((status = 200, body = SessionsView)))]
pub(super) async fn list_sessions(
    State(api): State<Arc<Api>>,
    customer: Customer,
) -> Result<Json<SessionsView>, Failure> {
    let sessions = store::live_sessions(api.engine.reads(), customer.id.0, api.clock.now()).await?;
    let items = sessions.into_iter().map(|session| SessionView::of(session, customer.session_id)).collect();
    Ok(Json(SessionsView { items }))
}

/// Ends the customer's other sessions: logs it out everywhere else.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", responses((status = 204, description = "The others have ended.")))]
pub(super) async fn end_other_sessions(
    State(api): State<Arc<Api>>,
    customer: Customer,
) -> Result<StatusCode, Failure> {
    let account = Account::Customer(customer.id);
    api.command(None, None, Message::EndOtherSessions { account, session_id: customer.session_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the customer's sessions.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me",
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = 204, description = "It has ended."), (status = 404, body = Problem)))]
pub(super) async fn end_session(
    State(api): State<Arc<Api>>,
    customer: Customer,
    Segment(session_id): Segment<Uuid>,
) -> Result<StatusCode, Failure> {
    let account = Account::Customer(customer.id);
    api.command(None, None, Message::EndSession { account, session_id }).await?;
    Ok(StatusCode::NO_CONTENT)
}
