//! `Idempotency-Key`: a request that comes again under its key is answered as it was answered first.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode},
};
use engine::CommandKey;
use garde::Validate;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    input::{json, parsed},
    principal::Principal,
    problem::Problem,
    tokens::Bearer,
};

/// The longest key that is taken, in bytes.
const KEY_LENGTH_MAX: usize = 255;

/// The shortest key of a guest on a route that names nothing of the guest's own.
const GUEST_KEY_LENGTH_MIN: usize = 22;

/// How long an order's token is: 32 bytes as base64url. What is shorter tells one guest from another no more than nothing does: many send
/// `Bearer null`.
const ORDER_TOKEN_LENGTH: usize = 43;

/// A validated JSON body with the command key of its request; `key` is `None` when the caller sent no `Idempotency-Key`.
pub struct Keyed<T> {
    /// The body.
    pub body: T,
    /// Of caller, route and `Idempotency-Key`.
    pub key: Option<CommandKey>,
}

impl<T, S> FromRequest<S> for Keyed<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (body, key) = keyed(request, state, <[u8]>::to_vec).await?;
        Ok(Self { body, key })
    }
}

/// A body with fields that no fast hash may be made of, such as a password: the hash of a request is kept, and a word that people
/// choose is soon found from its hash.
pub trait HasSecrets {
    /// The fields, of the body's outermost object.
    const SECRETS: &'static [&'static str];
}

/// [`Keyed`] for a body with secrets. They do not count when a repeat is compared with the first request: the route compares them,
/// with what it knows of them.
pub struct KeyedSecret<T> {
    /// The body.
    pub body: T,
    /// Of caller, route and `Idempotency-Key`.
    pub key: Option<CommandKey>,
}

impl<T, S> FromRequest<S> for KeyedSecret<T>
where
    T: DeserializeOwned + Validate<Context = ()> + HasSecrets,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (body, key) = keyed(request, state, |json| without(json, T::SECRETS)).await?;
        Ok(Self { body, key })
    }
}

/// A JSON object without some of its fields, in one order of the fields.
fn without(json: &[u8], fields: &[&str]) -> Vec<u8> {
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json);
    let kept: std::collections::BTreeMap<_, _> =
        object.unwrap_or_default().into_iter().filter(|(name, _)| !fields.contains(&name.as_str())).collect();
    serde_json::to_vec(&kept).unwrap_or_default()
}

/// Reads a body, and makes the command key of its request from what `hashed` leaves of it.
async fn keyed<T, S>(
    request: Request,
    state: &S,
    hashed: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<(T, Option<CommandKey>), Problem>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    let headers = request.headers().clone();
    let route = format!("{} {}", request.method(), request.uri().path());
    let Sender { principal, is_known } = Sender::of(&request);
    let idempotency_key = idempotency_key(&headers, is_known, request.uri().path())?;
    let json = json(request, state).await?;
    let body = parsed(&json)?;
    let key = idempotency_key.map(|key| command_key(principal.as_deref(), &route, &key, &hashed(&json)));
    Ok((body, key))
}

/// Who sends a request, where it says so.
#[derive(Debug, PartialEq, Eq)]
struct Sender {
    /// The account, which outlasts its tokens, or what came as a token.
    principal: Option<String>,
    /// Whether nobody else sends the same: an account, or what may be an order's token.
    is_known: bool,
}

impl Sender {
    fn of(request: &Request) -> Self {
        if let Some(account) = request.extensions().get::<Principal>().and_then(Principal::lasting_name) {
            return Self { principal: Some(account), is_known: true };
        }
        let token = Bearer::of(request.headers());
        let is_known = token.is_some_and(|token| token.len() >= ORDER_TOKEN_LENGTH);
        Self { principal: token.map(str::to_owned), is_known }
    }
}

/// Whether the path names something by an id, which only those know who may use it.
fn names_something(path: &str) -> bool {
    path.split('/').any(|segment| segment.parse::<Uuid>().is_ok())
}

fn idempotency_key(headers: &HeaderMap, is_known: bool, path: &str) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let refused = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", detail);
    let key = match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_LENGTH_MAX => key,
        _ => {
            return Err(refused(format!(
                "An Idempotency-Key is 1 to {KEY_LENGTH_MAX} visible ASCII characters."
            )));
        }
    };
    // Guests share these routes: a key that another guest may hit upon would answer with that guest's cart or order.
    if key.len() < GUEST_KEY_LENGTH_MIN && !is_known && !names_something(path) {
        return Err(refused(format!(
            "On this route an Idempotency-Key is at least {GUEST_KEY_LENGTH_MIN} characters that nobody can guess, such as a random UUID."
        )));
    }
    Ok(Some(key.to_owned()))
}

fn command_key(principal: Option<&str>, route: &str, key: &str, body: &[u8]) -> CommandKey {
    let principal = principal.unwrap_or("guest");
    CommandKey {
        id: digest(&[principal.as_bytes(), route.as_bytes(), key.as_bytes()]),
        request_hash: digest(&[body]),
    }
}

/// The key of a command that is the same whenever its parts are: an imported order, by its number.
pub fn command_key_of(parts: &[&[u8]]) -> CommandKey {
    let id = digest(parts);
    CommandKey { id, request_hash: id }
}

/// The first 16 bytes of the SHA-256 of the parts, each with its length so that they cannot run together.
fn digest(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use axum::{body::Body, extract::Request};
    use contracts::OrderId;
    use uuid::Uuid;

    use super::{Sender, digest, idempotency_key, without};
    use crate::{principal::Principal, tokens::Secrets};

    #[test]
    fn a_secret_does_not_count_and_all_else_does() {
        let hashed = |json: &str| without(json.as_bytes(), &["password"]);
        let first = hashed(r#"{"email":"ada@example.com","password":"one"}"#);
        assert!(!String::from_utf8_lossy(&first).contains("one"));
        assert_eq!(hashed(r#"{"password":"two", "email":"ada@example.com"}"#), first);
        assert_ne!(hashed(r#"{"email":"eve@example.com","password":"one"}"#), first);
    }

    #[test]
    fn a_guest_cannot_hit_upon_another_guests_key() {
        let with = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
                .collect()
        };
        let cart = "/api/v1/carts/0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11/checkout";
        let refused = idempotency_key(&with(&[("idempotency-key", "1")]), false, "/api/v1/carts")
            .expect_err("too short");
        assert_eq!((refused.status, refused.code.as_str()), (400, "invalid_idempotency_key"));
        for (key, is_known, path) in [
            ("0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11", false, "/api/v1/carts"),
            ("1", true, "/api/v1/admin/products"),
            ("1", false, cart),
        ] {
            let headers = with(&[("idempotency-key", key)]);
            assert!(idempotency_key(&headers, is_known, path).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_token_that_many_send_makes_nobody_known() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let tokens = Secrets::load(directory.path()).expect("new secrets").order_tokens();
        let of_order = format!("Bearer {}", tokens.issue(OrderId(Uuid::from_u128(7))));
        for (value, is_known) in [
            ("Bearer null", false),
            ("Bearer undefined", false),
            ("Bearer ", false),
            ("Basic YWRhOmxvdmVsYWNlLWFuZC1hLWxvbmctcGFzc3dvcmQtMTIzNDU2", false),
            (&of_order, true),
        ] {
            let request = Request::post("/api/v1/carts").header("authorization", value);
            let sender = Sender::of(&request.body(Body::empty()).expect("a request"));
            assert_eq!(sender.is_known, is_known, "{value}");
        }
        let mut request = Request::new(Body::empty());
        assert_eq!(Sender::of(&request), Sender { principal: None, is_known: false });
        request.extensions_mut().insert(Principal::Operator);
        assert!(Sender::of(&request).is_known);
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
    }
}
