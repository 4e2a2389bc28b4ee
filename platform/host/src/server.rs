//! What every route stands behind: bounded bodies and time, safe headers, the table of access.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, timeout::RequestBodyTimeoutLayer,
};

use crate::{
    access::authorise,
    principal::{Authentication, authenticate},
    problem::Problem,
    telemetry::{RequestCounts, observe},
};

/// What one request may take.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// The largest body, in bytes.
    pub body_bytes_max: usize,
    /// How long the next part of a body may take to come.
    pub body_time_max: Duration,
    /// How long a request may take.
    pub request_time_max: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            body_time_max: Duration::from_secs(10),
            request_time_max: Duration::from_secs(30),
        }
    }
}

/// Puts limits and safe headers around routes, lets in whom the table of access lets in, and answers unknown routes with a problem.
pub fn harden(
    routes: Router,
    limits: ServerLimits,
    authentication: Authentication,
    counts: RequestCounts,
) -> Router {
    let header_layer = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    routes
        .fallback(|| async { Problem::not_found("route") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This route does not know that method.",
            )
        })
        // One stack, outermost first: layers that are put on one by one are each boxed, and cloned for every request.
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(counts, observe))
                .layer(header_layer(header::CACHE_CONTROL, "no-store"))
                .layer(header_layer(
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; frame-ancestors 'none'",
                ))
                .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
                .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
                .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
                .layer(from_fn_with_state(limits, within_limits))
                // A body that stops coming is the client's fault, and is told apart from a service that does not answer.
                .layer(RequestBodyTimeoutLayer::new(limits.body_time_max))
                .map_request(|request: axum::http::Request<_>| request.map(Body::new))
                .layer(DefaultBodyLimit::max(limits.body_bytes_max))
                .layer(from_fn_with_state(authentication, authenticate))
                .layer(from_fn(authorise)),
        )
}

/// Middleware that lets no body in that says that it is too large, and waits for no answer for ever.
async fn within_limits(State(limits): State<ServerLimits>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse::<u64>().ok()) > Some(limits.body_bytes_max as u64) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large.")
            .into_response();
    }
    match tokio::time::timeout(limits.request_time_max, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable().into_response(),
    }
}
