//! A business rule's "no": the answer to a command that changes nothing.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What kind of "no" it is. Closed; each maps to one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// There is no such thing, or it is not yours. HTTP 404.
    NotFound,
    /// The input breaks a rule. HTTP 422.
    Invalid,
    /// The state does not allow it now. HTTP 409.
    Conflict,
    /// A message came before the one it builds on. The engine delivers it again later.
    Early,
}

/// A rule's "no", with a stable code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Which kind.
    pub kind: RefusalKind,
    /// Stable and machine-readable, such as `out_of_stock`.
    pub code: Cow<'static, str>,
    /// One sentence for the person who reads the answer. Never holds a secret or a cause from inside.
    pub detail: String,
}

impl Refusal {
    /// There is no such thing.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::NotFound, code: code.into(), detail: detail.into() }
    }

    /// The input breaks a rule.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Invalid, code: code.into(), detail: detail.into() }
    }

    /// The state does not allow it now.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Conflict, code: code.into(), detail: detail.into() }
    }

    /// The message came too early; deliver it again later.
    pub fn early(detail: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Early, code: "early".into(), detail: detail.into() }
    }
}
