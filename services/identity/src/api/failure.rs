//! What identity's routes answer when they say no: a problem, and when to come again.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::{CommandError, StoreError};
use host::{FieldError, Problem};

/// A problem, with what its headers say.
#[derive(Debug)]
pub(super) struct Failure {
    pub problem: Problem,
    wait: Option<Duration>,
}

impl Failure {
    /// One must wait before the next attempt.
    pub fn too_many_attempts(wait: Duration) -> Self {
        let detail = "There were too many failed attempts. Wait before the next one, as Retry-After says.";
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail);
        Self { problem, wait: Some(wait) }
    }

    /// Who sends the request cannot be told from what was entered.
    pub fn unauthorised(code: &str, detail: &str) -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail).into()
    }

    /// The address or the password is not right: the same words whichever it is, and whether there is an account or not.
    pub fn invalid_credentials() -> Self {
        Self::unauthorised("invalid_credentials", "The e-mail address or the password is not right.")
    }

    /// A field of the input breaks a rule.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let errors = vec![FieldError { field: field.to_owned(), detail: detail.into() }];
        let problem =
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", "The input breaks a rule.");
        problem.with_errors(errors).into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, wait: None }
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let CommandError::Refused(refusal) = error else { return Problem::from(error).into() };
        let status = match &*refusal.code {
            "invalid_credentials" | "invalid_refresh_token" | "invalid_code" => StatusCode::UNAUTHORIZED,
            "account_disabled" => StatusCode::FORBIDDEN,
            "precondition_failed" => StatusCode::PRECONDITION_FAILED,
            _ => return Problem::from(refusal).into(),
        };
        Problem::new(status, &refusal.code, refusal.detail).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let is_unauthorised = self.problem.status == StatusCode::UNAUTHORIZED.as_u16();
        let mut response = self.problem.into_response();
        if is_unauthorised {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.wait {
            // Whole seconds, and never too early.
            let seconds = wait.as_millis().div_ceil(1_000).max(1) as u64;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
