//! How long what a request's access token says goes on being true: an answer that does not end by itself may outlast it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::access_tokens::AccessTokens;

/// How often a token is looked at that nothing was said of. The time is the shop's clock, which no timer follows: it may be set, and
/// a machine may sleep.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// Until when whoever sent a request may be told more. Routes that stream take it as an argument, and end their answer when it ends.
#[derive(Clone, Default)]
pub struct Validity(Option<Held>);

/// A token that a request came with.
#[derive(Clone)]
struct Held {
    tokens: AccessTokens,
    token: Arc<str>,
}

impl Validity {
    /// Of those who come without an access token: guests, whoever has an order's token, the installation's own token.
    pub fn without_end() -> Self {
        Self(None)
    }

    /// As long as a token is good.
    pub(crate) fn of(tokens: &AccessTokens, token: &str) -> Self {
        Self(Some(Held { tokens: tokens.clone(), token: token.into() }))
    }

    /// Waits until the token's time is over, its session has ended, or the key that signed it is trusted no more. At once where that
    /// is so already, and never for those who came without one. It may be dropped, and waited for again.
    pub async fn ended(&self) {
        let Some(Held { tokens, token }) = &self.0 else { return std::future::pending().await };
        let mut changes = tokens.changes();
        // What changes after this look is in `changes`.
        while tokens.verify(token).is_ok() {
            // Either way it is looked at again; whoever names the changes is held by this.
            let _ = tokio::time::timeout(LOOKED_AT_EVERY, changes.changed()).await;
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Validity {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Arc};

    use axum::{Router, body::Body, http::Request, middleware::from_fn_with_state, routing::get};
    use contracts::Timestamp;
    use engine::ManualClock;
    use futures_util::FutureExt;
    use tower::ServiceExt;

    use super::Validity;
    use crate::{
        access_tokens::{
            AccessTokens,
            tests::{Issuer, claims, tokens_at},
        },
        principal::{Authentication, authenticate},
        tokens::Secrets,
    };

    struct World {
        issuer: Issuer,
        tokens: AccessTokens,
        clock: Arc<ManualClock>,
    }

    impl World {
        fn new() -> Self {
            let (issuer, (tokens, clock)) = (Issuer::new(), tokens_at(1_000));
            tokens.trust([("a".to_owned(), issuer.public.clone())]);
            Self { issuer, tokens, clock }
        }

        fn validity(&self) -> Validity {
            Validity::of(&self.tokens, &self.issuer.token("a", &claims()))
        }
    }

    #[tokio::test]
    async fn it_ends_with_the_session_and_not_with_another() {
        let world = World::new();
        let validity = world.validity();
        let mut ended = pin!(validity.ended());
        assert!(ended.as_mut().now_or_never().is_none());
        world.tokens.end_session(uuid::Uuid::from_u128(99), Timestamp(1_900_000_000));
        assert!(ended.as_mut().now_or_never().is_none(), "another session");
        world.tokens.end_session(claims().sid, Timestamp(1_900_000_000));
        assert!(ended.now_or_never().is_some(), "told at once, without a look at the time");
        assert!(world.validity().ended().now_or_never().is_some(), "it had ended before");
    }

    #[tokio::test]
    async fn it_ends_with_the_key() {
        let world = World::new();
        let validity = world.validity();
        let mut ended = pin!(validity.ended());
        assert!(ended.as_mut().now_or_never().is_none());
        let other = Issuer::new();
        let both = [("a".to_owned(), world.issuer.public.clone()), ("b".to_owned(), other.public.clone())];
        world.tokens.trust(both);
        assert!(ended.as_mut().now_or_never().is_none(), "another key beside it");
        world.tokens.trust([("b".to_owned(), other.public.clone())]);
        assert!(ended.now_or_never().is_some());
    }

    #[tokio::test]
    async fn it_ends_with_the_tokens_time() {
        let world = World::new();
        let validity = world.validity();
        assert!(validity.ended().now_or_never().is_none());
        world.clock.advance_to(Timestamp(1_899_999_999));
        assert!(validity.ended().now_or_never().is_none());
        let mut ended = pin!(validity.ended());
        assert!(ended.as_mut().now_or_never().is_none());
        world.clock.advance_to(Timestamp(1_900_000_000));
        ended.await;
    }

    #[tokio::test]
    async fn a_route_gets_that_of_its_caller() {
        let world = World::new();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let admin = Secrets::load(directory.path()).expect("new secrets").admin_token();
        let by = Authentication { tokens: world.tokens.clone(), admin: admin.clone() };
        // Whether the session's end, which comes while the answer is being made, ends it.
        let tokens = world.tokens.clone();
        let route = async move |validity: Validity| {
            tokens.end_session(claims().sid, Timestamp(1_900_000_000));
            validity.ended().now_or_never().is_some().to_string()
        };
        let routes = Router::new().route("/", get(route)).layer(from_fn_with_state(by, authenticate));
        let access = format!("Bearer {}", world.issuer.token("a", &claims()));
        for (name, value, ends) in [
            ("authorization", access.as_str(), "true"),
            ("authorization", "Bearer a-token-of-an-order", "false"),
            ("x-admin-token", admin.as_str(), "false"),
            ("accept", "*/*", "false"),
        ] {
            let request = Request::get("/").header(name, value).body(Body::empty()).expect("a request");
            let response = routes.clone().oneshot(request).await.expect("routes always answer");
            let body = axum::body::to_bytes(response.into_body(), 100).await.expect("a body");
            assert_eq!(body, ends.as_bytes(), "{name}: {value}");
        }
    }
}
