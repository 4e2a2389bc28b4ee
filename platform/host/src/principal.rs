//! Who sends a request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath, OriginalUri, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use contracts::{CustomerId, Role, StaffId};
use engine::Actor;
use uuid::Uuid;

use crate::{
    access::is_past_the_access_token,
    access_tokens::{AccessTokens, TokenError},
    problem::Problem,
    tokens::{AdminToken, Bearer},
    validity::Validity,
};

/// Who sends a request, as its token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Principal {
    /// Nobody that the shop knows.
    #[default]
    Guest,
    /// A customer.
    Customer {
        /// Its account.
        customer_id: CustomerId,
        /// The session it is logged in with.
        session_id: Uuid,
    },
    /// Somebody who works for the shop or sells through it.
    Staff {
        /// The account.
        staff_id: StaffId,
        /// What it may do.
        role: Role,
        /// What the audit log calls it.
        name: Arc<str>,
        /// The session it is logged in with.
        session_id: Uuid,
        /// The session may do nothing yet but what completes it.
        limited: bool,
    },
    /// Whoever holds the installation's admin token: the command line, and an installation's first visitor.
    Operator,
}

impl Principal {
    /// What the principal may do; guests may do nothing that needs a role, and no more may staff before their session is complete.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Guest => None,
            Self::Customer { .. } => Some(Role::Customer),
            Self::Staff { limited: true, .. } => None,
            Self::Staff { role, .. } => Some(*role),
            Self::Operator => Some(Role::Admin),
        }
    }

    /// Whether it has a staff account, of any role, also where its session may do nothing yet.
    pub fn has_staff_account(&self) -> bool {
        matches!(self, Self::Staff { .. })
    }

    /// Whether it works for the shop.
    pub fn is_staff(&self) -> bool {
        matches!(self.role(), Some(Role::Staff | Role::Admin))
    }

    /// The customer, where it is one.
    pub fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { customer_id, .. } => Some(*customer_id),
            _ => None,
        }
    }

    /// A name that stays the same as long as the account does, whatever token it comes with.
    pub(crate) fn lasting_name(&self) -> Option<String> {
        match self {
            Self::Guest => None,
            Self::Customer { customer_id, .. } => Some(format!("customer {customer_id}")),
            Self::Staff { staff_id, .. } => Some(format!("staff {staff_id}")),
            Self::Operator => Some("operator".to_owned()),
        }
    }

    /// Who sends a request, and how long that goes on being so.
    fn of(
        headers: &HeaderMap,
        tokens: &AccessTokens,
        admin: &AdminToken,
        is_past_the_access_token: bool,
    ) -> Result<(Self, Validity), Problem> {
        if headers.contains_key("x-admin-token") {
            admin.check(headers)?;
            return Ok((Self::Operator, Validity::without_end()));
        }
        // A token of another kind, such as an order's, is for the route to read.
        let Some(token) = Bearer::of(headers).filter(|token| is_access_token(token)) else {
            return Ok((Self::Guest, Validity::without_end()));
        };
        let claims = match tokens.verify(token) {
            Ok(claims) => claims,
            Err(_) if is_past_the_access_token => return Ok((Self::Guest, Validity::without_end())),
            Err(TokenError::Expired) => {
                return Err(unauthorised("token_expired", "The access token has expired. Refresh it."));
            }
            Err(TokenError::Invalid) => {
                return Err(unauthorised("invalid_token", "The access token is not valid. Log in."));
            }
        };
        let principal = match claims.role {
            Role::Customer => Self::Customer { customer_id: claims.sub.into(), session_id: claims.sid },
            role => Self::Staff {
                staff_id: claims.sub.into(),
                role,
                name: claims.name.as_deref().unwrap_or_default().into(),
                session_id: claims.sid,
                limited: claims.limited,
            },
        };
        Ok((principal, Validity::of(tokens, token)))
    }
}

/// Access tokens have three parts; the tokens of orders have one.
fn is_access_token(token: &str) -> bool {
    token.split('.').count() == 3
}

/// A 401: who sends the request is not known, and might be.
fn unauthorised(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
}

/// The request needs somebody who is logged in.
pub(crate) fn login_required() -> Problem {
    unauthorised("login_required", "This route needs an access token: Authorization: Bearer ...")
}

/// Whoever sends the request is known, and may not.
pub(crate) fn forbidden() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "This account may not do that.")
}

/// What is said to whom a route does not let in.
pub(crate) fn refused(principal: &Principal) -> Problem {
    match principal {
        Principal::Guest => login_required(),
        Principal::Staff { limited: true, .. } => Problem::new(
            StatusCode::FORBIDDEN,
            "second_factor_missing",
            "This account must set up a second factor first, with POST /staff/me/totp, and then refresh its access token.",
        ),
        _ => forbidden(),
    }
}

/// What tells who sends a request.
#[derive(Clone)]
pub struct Authentication {
    /// Checks customers' and staff's tokens.
    pub tokens: AccessTokens,
    /// The installation's own.
    pub admin: AdminToken,
}

/// Middleware that finds out who sends a request. A token that is not good is refused on every route but those that are asked when it
/// is over: whoever sends one believes to be somebody, and would be taken for a guest.
pub async fn authenticate(State(by): State<Authentication>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let is_past_the_access_token = path.is_some_and(|path| is_past_the_access_token(path.as_str()));
    match Principal::of(request.headers(), &by.tokens, &by.admin, is_past_the_access_token) {
        Ok((principal, validity)) => {
            request.extensions_mut().insert(principal);
            request.extensions_mut().insert(validity);
            next.run(request).await
        }
        Err(problem) => with_challenge(problem),
    }
}

/// A 401 says how to come in.
pub(crate) fn with_challenge(problem: Problem) -> Response {
    let challenge = problem.status == StatusCode::UNAUTHORIZED.as_u16();
    let mut response = problem.into_response();
    if challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

fn principal_of(parts: &Parts) -> Principal {
    parts.extensions.get::<Principal>().cloned().unwrap_or_default()
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(principal_of(parts))
    }
}

/// A customer who is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The account.
    pub id: CustomerId,
    /// The session.
    pub session_id: Uuid,
}

impl<S: Send + Sync> FromRequestParts<S> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match principal_of(parts) {
            Principal::Customer { customer_id, session_id } => Ok(Self { id: customer_id, session_id }),
            Principal::Guest => Err(login_required()),
            _ => Err(forbidden()),
        }
    }
}

/// Somebody with a staff account, about that account itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffAccount {
    /// The account.
    pub id: StaffId,
    /// The session.
    pub session_id: Uuid,
}

impl<S: Send + Sync> FromRequestParts<S> for StaffAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match principal_of(parts) {
            Principal::Staff { staff_id, session_id, .. } => Ok(Self { id: staff_id, session_id }),
            Principal::Guest => Err(login_required()),
            _ => Err(forbidden()),
        }
    }
}

/// Somebody who works for the shop, as the audit log names whoever does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = principal_of(parts);
        let (id, name) = match &principal {
            Principal::Guest => return Err(login_required()),
            _ if !principal.is_staff() => return Err(refused(&principal)),
            Principal::Staff { staff_id, name, .. } => (Some(staff_id.0), name.to_string()),
            _ => (None, "operator".to_owned()),
        };
        // A nested router sees only what is left of the path.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        Ok(Self(Actor { id, name, action: format!("{} {}", parts.method, uri.path()) }))
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::Body,
        http::{Request, StatusCode},
        middleware::from_fn_with_state,
        routing::post,
    };
    use contracts::Timestamp;
    use tower::ServiceExt;

    use super::{Authentication, Principal, authenticate};
    use crate::{
        access_tokens::{
            Claims,
            tests::{Issuer, claims, tokens_at},
        },
        tokens::Secrets,
    };

    #[tokio::test]
    async fn a_token_that_is_over_hinders_nobody_from_refreshing_or_logging_out() {
        let (issuer, revoked, (tokens, _)) = (Issuer::new(), Issuer::new(), tokens_at(1_000));
        tokens.trust([("a".to_owned(), issuer.public.clone())]);
        let directory = tempfile::tempdir().expect("a temporary directory");
        let admin = Secrets::load(directory.path()).expect("new secrets").admin_token();
        let by = Authentication { tokens: tokens.clone(), admin };
        let who = async |principal: Principal| match principal {
            Principal::Guest => "guest",
            _ => "somebody",
        };
        let auth = Router::new()
            .route("/auth/login", post(who))
            .route("/auth/logout", post(who))
            .route("/auth/refresh", post(who));
        let routes = Router::new().nest("/api/v1", auth).layer(from_fn_with_state(by, authenticate));
        let ended = Claims { sid: uuid::Uuid::from_u128(3), ..claims() };
        tokens.end_session(ended.sid, Timestamp(1_900_000_000));
        let answer = async |path: &str, name: &str, value: &str| {
            let request = Request::post(format!("/api/v1/auth/{path}")).header(name, value);
            let request = request.body(Body::empty()).expect("a request");
            let response = routes.clone().oneshot(request).await.expect("routes always answer");
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
            (status, String::from_utf8_lossy(&body).into_owned())
        };
        for (over, why) in [
            (issuer.token("a", &Claims { exp: 999, ..claims() }), "token_expired"),
            (issuer.token("a", &ended), "invalid_token"),
            (revoked.token("b", &claims()), "invalid_token"),
        ] {
            let bearer = format!("Bearer {over}");
            for path in ["refresh", "logout"] {
                let guest = (StatusCode::OK, "guest".to_owned());
                assert_eq!(answer(path, "authorization", &bearer).await, guest, "{path}: {why}");
            }
            let (status, body) = answer("login", "authorization", &bearer).await;
            assert_eq!((status, body.contains(why)), (StatusCode::UNAUTHORIZED, true), "{body}");
        }
        let good = format!("Bearer {}", issuer.token("a", &claims()));
        assert_eq!(answer("logout", "authorization", &good).await.1, "somebody");
        assert_eq!(answer("logout", "x-admin-token", "wrong").await.0, StatusCode::UNAUTHORIZED);
    }
}
