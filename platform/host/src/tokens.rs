//! Secrets of an installation, and the tokens made from them.

use std::{io::Write, path::Path, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::{OrderId, events::identity::LinkPurpose};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::problem::Problem;

/// The secrets cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[error("the secrets in {path} cannot be read or made")]
pub struct SecretsError {
    path: String,
    source: std::io::Error,
}

/// What only this installation knows. Kept in files that only their owner may read, never in a log.
#[derive(Clone)]
pub struct Secrets {
    order_key: Arc<[u8]>,
    identity_key: Arc<[u8]>,
    admin_token: Arc<str>,
}

impl Secrets {
    /// Reads the secrets of a data directory, and draws those that are not there yet.
    ///
    /// # Errors
    /// A file cannot be read or written, or the machine gives no randomness.
    pub fn load(directory: &Path) -> Result<Self, SecretsError> {
        let order_key = secret(&directory.join("order.key"))?;
        let identity_key = secret(&directory.join("identity.key"))?;
        let admin_token = secret(&directory.join("admin.token"))?;
        Ok(Self {
            order_key: order_key.as_bytes().into(),
            identity_key: identity_key.as_bytes().into(),
            admin_token: admin_token.into(),
        })
    }

    /// The tokens that open orders.
    pub fn order_tokens(&self) -> OrderTokens {
        OrderTokens { key: self.order_key.clone() }
    }

    /// The tokens of links that are sent by mail.
    pub fn link_tokens(&self) -> LinkTokens {
        LinkTokens { key: self.identity_key("link tokens") }
    }

    /// A key of identity's for one purpose alone: what it opens, the key of another purpose does not.
    pub fn identity_key(&self, purpose: &str) -> [u8; 32] {
        keyed(&self.identity_key, &[b"isotope identity", purpose.as_bytes()]).finalize().into_bytes().into()
    }

    /// The token that staff's tools send as `X-Admin-Token`.
    pub fn admin_token(&self) -> AdminToken {
        AdminToken { token: self.admin_token.clone() }
    }
}

/// A file's secret: 32 random bytes as text, made at the first start.
fn secret(path: &Path) -> Result<String, SecretsError> {
    let failed = |source| SecretsError { path: path.display().to_string(), source };
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().len() >= 43 => return Ok(text.trim().to_owned()),
        Ok(_) => return Err(failed(std::io::Error::other("the file is there and holds no secret"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| failed(std::io::Error::other(error)))?;
    let text = URL_SAFE_NO_PAD.encode(bytes);
    // Whole or not at all: a file that a crash or a full disk left empty would keep the shop from ever starting.
    let draft = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)?;
    Ok(text)
}

/// Makes and checks the tokens that open a guest's order: HMAC-SHA-256 of its id. Nothing is stored.
#[derive(Clone)]
pub struct OrderTokens {
    key: Arc<[u8]>,
}

impl OrderTokens {
    /// The token of an order.
    pub fn issue(&self, order: OrderId) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(order).finalize().into_bytes())
    }

    /// Whether the token opens the order. Takes as long for a wrong token as for the right one.
    pub fn opens(&self, order: OrderId, token: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
        self.mac(order).verify_slice(&bytes).is_ok()
    }

    #[allow(clippy::expect_used)] // HMAC takes a key of any length.
    fn mac(&self, order: OrderId) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes any key");
        mac.update(order.0.as_bytes());
        mac
    }
}

/// HMAC-SHA-256 of parts, each with its length so that they cannot run together.
#[allow(clippy::expect_used)] // HMAC takes a key of any length.
fn keyed(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// It shows that mail to an address arrives.
    VerifyEmail,
    /// It lets its reader choose a new password.
    ResetPassword,
    /// It lets somebody of staff choose the first password.
    AcceptInvitation,
}

impl LinkKind {
    fn word(self) -> &'static [u8] {
        match self {
            Self::VerifyEmail => b"verify_email",
            Self::ResetPassword => b"reset_password",
            Self::AcceptInvitation => b"accept_invitation",
        }
    }
}

impl From<LinkPurpose> for LinkKind {
    fn from(purpose: LinkPurpose) -> Self {
        match purpose {
            LinkPurpose::VerifyEmail => Self::VerifyEmail,
            LinkPurpose::ResetPassword => Self::ResetPassword,
        }
    }
}

/// Makes and reads the tokens of links: a link's id with its HMAC-SHA-256. Nothing is stored, so that neither a log nor a database opens
/// anything. Whether a link is still good, identity knows.
#[derive(Clone)]
pub struct LinkTokens {
    key: [u8; 32],
}

impl LinkTokens {
    /// The token of a link.
    pub fn issue(&self, link_id: Uuid, kind: impl Into<LinkKind>) -> String {
        let mac = self.mac(link_id, kind.into()).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([link_id.as_bytes().as_slice(), mac.as_slice()].concat())
    }

    /// The link of a token, where this installation has made it for this purpose.
    pub fn read(&self, token: &str, kind: impl Into<LinkKind>) -> Option<Uuid> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, mac) = bytes.split_first_chunk::<16>()?;
        let link_id = Uuid::from_bytes(*id);
        self.mac(link_id, kind.into()).verify_slice(mac).ok().map(|()| link_id)
    }

    fn mac(&self, link_id: Uuid, kind: LinkKind) -> Hmac<Sha256> {
        keyed(&self.key, &[kind.word(), link_id.as_bytes()])
    }
}

/// The token of staff's tools.
#[derive(Clone)]
pub struct AdminToken {
    token: Arc<str>,
}

impl AdminToken {
    /// The token itself, for requests that this process makes to its own routes.
    pub fn as_str(&self) -> &str {
        &self.token
    }

    /// Refuses a request without the right `X-Admin-Token`.
    ///
    /// # Errors
    /// 401 with code `invalid_admin_token`.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers.get("x-admin-token").map_or(&b""[..], |value| value.as_bytes());
        if bool::from(given.ct_eq(self.token.as_bytes())) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "invalid_admin_token",
            "X-Admin-Token is not this installation's; it is in the file admin.token of the data directory.",
        ))
    }
}

/// The token that came with a request: `Authorization: Bearer ...`, or else `?token=...`.
pub struct Bearer(pub Option<String>);

impl Bearer {
    /// The token of the `Authorization` header.
    pub(crate) fn of(headers: &HeaderMap) -> Option<&str> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let in_query = || {
            let mut pairs = parts.uri.query()?.split('&');
            pairs.find_map(|pair| pair.strip_prefix("token="))
        };
        Ok(Self(Self::of(&parts.headers).or_else(in_query).map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use contracts::{OrderId, events::identity::LinkPurpose};
    use uuid::Uuid;

    use super::{LinkKind, Secrets};

    #[test]
    fn a_link_is_read_for_its_own_purpose_where_it_was_made() {
        let (here, elsewhere) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
        let tokens = Secrets::load(here.path()).expect("new secrets").link_tokens();
        let link = Uuid::from_u128(7);
        let token = tokens.issue(link, LinkPurpose::VerifyEmail);
        assert_eq!(tokens.read(&token, LinkKind::VerifyEmail), Some(link));
        assert_eq!(tokens.read(&token, LinkKind::ResetPassword), None);
        assert_eq!(tokens.read(&token, LinkKind::AcceptInvitation), None);
        let others = Secrets::load(elsewhere.path()).expect("new secrets").link_tokens();
        assert_eq!(others.read(&token, LinkKind::VerifyEmail), None);
        for forged in ["", "AAAA", &token[1..], &token[..token.len() - 2], &format!("{token}AA")] {
            assert_eq!(tokens.read(forged, LinkKind::VerifyEmail), None, "{forged}");
        }
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let secrets = Secrets::load(directory.path()).expect("new secrets");
        assert_ne!(secrets.identity_key("one"), secrets.identity_key("two"));
        let later = Secrets::load(directory.path()).expect("the same secrets");
        assert_eq!(secrets.identity_key("one"), later.identity_key("one"));
    }

    #[test]
    fn a_token_opens_its_own_order_in_every_later_process() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let tokens = Secrets::load(directory.path()).expect("new secrets").order_tokens();
        let (order, other) = (OrderId(Uuid::from_u128(1)), OrderId(Uuid::from_u128(2)));
        let token = tokens.issue(order);
        let later = Secrets::load(directory.path()).expect("the same secrets").order_tokens();
        assert!(later.opens(order, &token));
        assert!(!later.opens(other, &token));
        assert!(!later.opens(order, ""));
        assert!(!later.opens(order, &token[1..]));
    }
}
