//! The HTTP server: bounded bodies and time, safe headers, and an end that lets requests finish.

use std::{future::Future, time::Duration};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer,
};

use crate::problem::Problem;

/// What one request may take.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// The largest body, in bytes.
    pub body_bytes_max: usize,
    /// How long a request may take.
    pub request_time_max: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self { body_bytes_max: 1 << 20, request_time_max: Duration::from_secs(30) }
    }
}

/// Puts limits and safe headers around routes, and answers unknown ones with a problem.
pub fn harden(routes: Router, limits: ServerLimits) -> Router {
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
        .layer(axum::middleware::from_fn(move |request, next: axum::middleware::Next| async move {
            match tokio::time::timeout(limits.request_time_max, next.run(request)).await {
                Ok(response) => response,
                Err(_) => Problem::unavailable().into_response(),
            }
        }))
        .layer(RequestBodyLimitLayer::new(limits.body_bytes_max))
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::REFERRER_POLICY, "no-referrer"))
        .layer(header_layer(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header_layer(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(header_layer(header::CACHE_CONTROL, "no-store"))
}

/// Serves until `stop` comes; then takes no new connection and lets the requests under way finish.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // Answers are small; waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
        }),
        routes,
    )
    .with_graceful_shutdown(stop)
    .await
}
