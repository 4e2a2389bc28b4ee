//! `Idempotency-Key`: a request that comes again under its key is answered as it was answered first.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use engine::CommandKey;
use garde::Validate;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    input::{check, unreadable_body},
    problem::Problem,
};

/// The longest key that is taken, in bytes.
const KEY_LENGTH_MAX: usize = 255;

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
        let headers = request.headers().clone();
        let route = format!("{} {}", request.method(), request.uri().path());
        let idempotency_key = idempotency_key(&headers)?;
        // An empty body stands for an empty object, so that a POST without input needs no JSON.
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unreadable_body(rejection.into()))?;
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let Json(body) = Json::<T>::from_bytes(json).map_err(unreadable_body)?;
        check(&body)?;
        let key = idempotency_key.map(|key| command_key(&headers, &route, &key, json));
        Ok(Self { body, key })
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= KEY_LENGTH_MAX => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_idempotency_key",
            format!("An Idempotency-Key is 1 to {KEY_LENGTH_MAX} visible ASCII characters."),
        )),
    }
}

fn command_key(headers: &HeaderMap, route: &str, key: &str, body: &[u8]) -> CommandKey {
    let principal = headers.get(header::AUTHORIZATION).map_or(&b"guest"[..], |value| value.as_bytes());
    CommandKey { id: digest(&[principal, route.as_bytes(), key.as_bytes()]), request_hash: digest(&[body]) }
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
    use super::digest;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
    }
}
