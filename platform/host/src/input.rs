//! Input at the edge: parsed, bounded and validated before anything else sees it.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
};
use garde::Validate;
use serde::de::DeserializeOwned;

use crate::problem::{FieldError, Problem};

/// A JSON body that has passed its validation.
pub struct Body<T>(pub T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(body) = Json::<T>::from_request(request, state).await.map_err(unreadable_body)?;
        check(&body)?;
        Ok(Self(body))
    }
}

/// Refuses what breaks its rules, naming each field at fault.
pub(crate) fn check<T: Validate<Context = ()>>(body: &T) -> Result<(), Problem> {
    let Err(report) = body.validate() else { return Ok(()) };
    let errors = report
        .iter()
        .map(|(path, error)| FieldError { field: path.to_string(), detail: error.message().to_owned() })
        .collect();
    Err(invalid("The input breaks a rule.").with_errors(errors))
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", detail)
}

pub(crate) fn unreadable_body(rejection: JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => wrong_type(&error.body_text()),
        JsonRejection::JsonSyntaxError(error) => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error.body_text())
        }
        JsonRejection::MissingJsonContentType(_) => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as JSON, with Content-Type: application/json.",
        ),
        JsonRejection::BytesRejection(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large.")
        }
        other => Problem::new(other.status(), "unreadable_body", "The body could not be read."),
    }
}

/// How much of a parser's words is told; it may list all that it would have taken.
const DETAIL_CHARS_MAX: usize = 160;

/// A body that is JSON of another shape: the parser names the field and what it found, in words that are partly its own.
fn wrong_type(text: &str) -> Problem {
    let text = text.rsplit_once("target type: ").map_or(text, |(_, words)| words);
    let text = text.rsplit_once(" at line ").map_or(text, |(words, _)| words);
    let (field, detail) = match text.split_once(": ") {
        Some((field, detail)) if field.len() <= DETAIL_CHARS_MAX && !field.contains(' ') => (field, detail),
        _ => (".", text),
    };
    let detail = detail.chars().take(DETAIL_CHARS_MAX).collect();
    let error = FieldError { field: field.to_owned(), detail };
    invalid("The input is not of the shape that this route takes.").with_errors(vec![error])
}

/// One variable of the path, such as an id. What cannot be parsed names nothing: 404.
pub struct Segment<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found("resource")),
        }
    }
}

/// The query string.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Validate<Context = ()>, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(query) =
            Query::<T>::from_request_parts(parts, state).await.map_err(|error| invalid(error.body_text()))?;
        check(&query)?;
        Ok(Self(query))
    }
}

/// A garde rule: something, an @, and a domain with a dot, without spaces. Whether mail arrives, only mail can tell.
///
/// # Errors
/// It is none of that, or longer than 254 characters.
pub fn email(address: &str, _: &()) -> garde::Result {
    let domain = address.split_once('@').filter(|(name, _)| !name.is_empty()).map(|(_, domain)| domain);
    let plausible = domain.is_some_and(|domain| {
        domain.contains('.') && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.')
    });
    let spaces = address.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    if plausible && !spaces && address.len() <= 254 {
        Ok(())
    } else {
        Err(garde::Error::new("not an e-mail address"))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn plausible_addresses_pass() {
        for good in ["ada@example.com", "a.b+c@mail.example.org"] {
            assert!(super::email(good, &()).is_ok(), "{good}");
        }
        for bad in
            ["", "@example.com", "ada@", "ada@localhost", "a da@example.com", "ada@@example.com", "ada@.com"]
        {
            assert!(super::email(bad, &()).is_err(), "{bad}");
        }
    }
}
