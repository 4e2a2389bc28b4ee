//! `If-Match`: a change is made to the version that was read, and to no other.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use crate::problem::Problem;

/// The version that a change is meant for, as an `ETag` named it; `None` for whichever there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<u32>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let revision = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')?.parse().ok());
        revision.map(|revision| Self(Some(revision))).ok_or_else(|| {
            let detail = "If-Match names no version that this has had. Read it again.";
            Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
        })
    }
}
