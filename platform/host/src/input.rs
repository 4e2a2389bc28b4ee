//! Input at the edge: parsed, bounded and validated before anything else sees it.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use contracts::Timestamp;
use garde::Validate;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;

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
        Ok(Self(parsed(&json(request, state).await?)?))
    }
}

/// A body that is said to be JSON, within the server's bounds. No body stands for an empty object, so that a request without input needs no
/// JSON.
pub(crate) async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let is_json = said_to_be_json(request.headers());
    let bytes = Bytes::from_request(request, state).await;
    let bytes = bytes.map_err(|rejection| unreadable_body(rejection.into()))?;
    if bytes.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    is_json.map(|()| bytes)
}

/// Refuses a body that is not said to be JSON: a page of somebody else's can make a browser send such a one without asking.
fn said_to_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = media_type.strip_prefix("application/").unwrap_or_default();
    match subtype == "json" || subtype.ends_with("+json") {
        true => Ok(()),
        false => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the body as JSON, with Content-Type: application/json.",
        )),
    }
}

/// A JSON object as what a route takes, validated.
pub(crate) fn parsed<T: DeserializeOwned + Validate<Context = ()>>(json: &[u8]) -> Result<T, Problem> {
    // Where fields are in order, an array would pass for an object.
    if json.trim_ascii_start().starts_with(b"[") {
        let error = FieldError { field: ".".to_owned(), detail: "an array, expected an object".to_owned() };
        return Err(wrong_shape(error));
    }
    let Json(body) = Json::<T>::from_bytes(json).map_err(unreadable_body)?;
    without_nul(json)?;
    check(&body)?;
    Ok(body)
}

/// How JSON writes the character NUL, which no other way of writing it is allowed for.
const NUL_ESCAPE: &[u8] = b"\\u0000";

/// Refuses text with the character NUL, which not every database can keep.
fn without_nul(json: &[u8]) -> Result<(), Problem> {
    // What looks like it may be a backslash and four digits, so a second look decides.
    if !json.windows(NUL_ESCAPE.len()).any(|window| window == NUL_ESCAPE) {
        return Ok(());
    }
    match serde_json::from_slice(json).ok().and_then(|value| nul_in(&value, String::new())) {
        Some(field) => Err(has_nul(field)),
        None => Ok(()),
    }
}

/// The path of a text with NUL, or of a field that is called so.
fn nul_in(value: &Value, path: String) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => Some(path),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| nul_in(item, format!("{path}[{index}]")))
        }
        Value::Object(fields) if fields.keys().any(|name| name.contains('\0')) => Some(path),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            nul_in(item, path)
        }),
        _ => None,
    }
}

fn has_nul(field: String) -> Problem {
    let detail = "the character NUL is in it".to_owned();
    invalid("The input breaks a rule.").with_errors(vec![FieldError { field, detail }])
}

/// Refuses what breaks its rules, naming each field at fault.
fn check<T: Validate<Context = ()>>(body: &T) -> Result<(), Problem> {
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

fn unreadable_body(rejection: JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => wrong_type(&error.body_text()),
        JsonRejection::JsonSyntaxError(error) => {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error.body_text())
        }
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
    wrong_shape(FieldError { field: field.to_owned(), detail })
}

fn wrong_shape(error: FieldError) -> Problem {
    invalid("The input is not of the shape that this route takes.").with_errors(vec![error])
}

/// How a text of an address writes the character NUL.
const NUL_IN_ADDRESS: &str = "%00";

/// One variable of the path, such as an id. What cannot be parsed names nothing: 404.
pub struct Segment<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segment<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) if !parts.uri.path().contains(NUL_IN_ADDRESS) => Ok(Self(value)),
            _ => Err(Problem::not_found("resource")),
        }
    }
}

/// What axum says before a parser's words.
const QUERY_PREFIX: &str = "Failed to deserialize query string: ";

/// The query string.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Validate<Context = ()>, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut pairs = parts.uri.query().unwrap_or_default().split('&');
        if let Some(pair) = pairs.find(|pair| pair.contains(NUL_IN_ADDRESS)) {
            return Err(has_nul(pair.split('=').next().unwrap_or_default().to_owned()));
        }
        let Query(query) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| wrong_type(error.body_text().trim_start_matches(QUERY_PREFIX)))?;
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

/// A moment in a query, as RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = Timestamp::from_rfc3339(&text);
        time.map(Self).ok_or_else(|| D::Error::custom("not a time such as 2026-01-31T12:00:00Z"))
    }
}

/// Text that people write and read in one line: something, and no control characters.
///
/// # Errors
/// It is blank, or has control characters.
pub fn words(text: &str, _: &()) -> garde::Result {
    match text.trim().is_empty() || text.chars().any(char::is_control) {
        false => Ok(()),
        true => Err(garde::Error::new("blank, or with control characters")),
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        extract::FromRequestParts,
        http::{HeaderMap, Request, header},
    };
    use garde::Validate;
    use serde::Deserialize;

    use super::{FieldError, Params, Problem, parsed, said_to_be_json};

    #[derive(Debug, PartialEq, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[garde(length(max = 20))]
        note: Option<String>,
        #[garde(range(max = 5))]
        quantity: Option<u32>,
        #[serde(default)]
        #[garde(skip)]
        lines: Vec<String>,
    }

    fn refused(json: &str) -> (u16, Vec<FieldError>) {
        let problem = parsed::<Order>(json.as_bytes()).expect_err(json);
        (problem.status, problem.errors)
    }

    #[test]
    fn an_array_is_no_object() {
        for json in ["[null, null, []]", " [null, 1, []]"] {
            let (status, errors) = refused(json);
            assert_eq!((status, errors[0].detail.as_str()), (422, "an array, expected an object"));
        }
    }

    #[test]
    fn text_with_nul_is_refused_and_its_field_named() {
        for (json, field) in
            [(r#"{"note":"a\u0000b"}"#, "note"), (r#"{"lines":["a","\\\u0000"]}"#, "lines[1]")]
        {
            let (status, errors) = refused(json);
            assert_eq!((status, errors[0].field.as_str()), (422, field), "{json}");
        }
        // A backslash and letters are no NUL.
        let plain = parsed::<Order>(br#"{"note":"\\u0000"}"#).expect("plain text");
        assert_eq!(plain.note.as_deref(), Some(r"\u0000"));
    }

    #[test]
    fn what_is_no_such_object_is_told_by_its_fields() {
        for (json, status) in [
            (r#"{"note":"a","note":"b"}"#, 422),
            (r#"{"quantity":4294967296}"#, 422),
            (r#"{"quantity":6}"#, 422),
            (r#"{"quantity":1e999}"#, 400),
            (r#"{"other":1}"#, 422),
            (r#"null"#, 422),
            (r#"{} {}"#, 400),
            ("", 400),
        ] {
            assert_eq!(refused(json).0, status, "{json}");
        }
        assert_eq!(refused(&"[".repeat(100_000)).0, 422);
        assert_eq!(refused(&format!(r#"{{"lines":{}"#, "[".repeat(100_000))).0, 422);
    }

    async fn query(query: &str) -> Result<Order, Problem> {
        let request = Request::get(format!("/orders?{query}")).body(()).expect("a request");
        let Params(params) = Params::from_request_parts(&mut request.into_parts().0, &()).await?;
        Ok(params)
    }

    #[tokio::test]
    async fn a_query_is_refused_with_the_parameter_at_fault() {
        assert_eq!(query("quantity=3").await.expect("a query").quantity, Some(3));
        for (text, field) in [
            ("quantity=x", "quantity"),
            ("quantity=9", "quantity"),
            ("note=a%00b", "note"),
            ("other=1", "other"),
        ] {
            let problem = query(text).await.expect_err(text);
            assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{:?}", problem);
        }
        assert_eq!(query("quantity=1&quantity=2").await.expect_err("twice").status, 422);
    }

    #[test]
    fn a_body_is_said_to_be_json() {
        let headers = |value: &str| -> HeaderMap {
            [(header::CONTENT_TYPE, value.parse().expect("a value"))].into_iter().collect()
        };
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(said_to_be_json(&headers(good)).is_ok(), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "json", "application/jsonp", ""] {
            assert_eq!(said_to_be_json(&headers(bad)).expect_err(bad).status, 415);
        }
        assert_eq!(said_to_be_json(&HeaderMap::new()).expect_err("none").status, 415);
    }

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
