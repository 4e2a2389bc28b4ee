//! What is seen of requests: an id for each, a span that log lines stand in, and how many there were and how long they took.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use engine::{Clock, Histogram, Ids, MICROSECONDS, RandomIds, SystemClock};
use parking_lot::Mutex;
use tracing::Instrument;

use crate::access;

/// Names a request, in what is sent and in what is answered.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a caller.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// What requests that no route knows are counted as.
const UNKNOWN_ROUTE: &str = "unknown";

/// Requests of one route.
struct RouteCounts {
    /// By the hundreds of their status.
    by_class: [AtomicU64; 6],
    micros: Histogram,
}

impl RouteCounts {
    fn new() -> Self {
        Self { by_class: Default::default(), micros: Histogram::new(MICROSECONDS) }
    }
}

/// Counts of requests by route. Clones share them.
#[derive(Clone)]
pub struct RequestCounts(Arc<Inner>);

struct Inner {
    routes: HashMap<(Method, &'static str), RouteCounts>,
    unknown: RouteCounts,
    ids: Mutex<RandomIds>,
}

impl Default for RequestCounts {
    fn default() -> Self {
        let routes =
            access::table().iter().map(|(method, path, _)| ((method.clone(), *path), RouteCounts::new()));
        let (unknown, ids) = (RouteCounts::new(), Mutex::new(RandomIds::new()));
        Self(Arc::new(Inner { routes: routes.collect(), unknown, ids }))
    }
}

impl RequestCounts {
    fn of(&self, method: &Method, path: Option<&str>) -> &RouteCounts {
        // The table's paths live as long as the program; a request's is compared with them by its text.
        let known = path.and_then(access::known_path);
        known.and_then(|path| self.0.routes.get(&(method.clone(), path))).unwrap_or(&self.0.unknown)
    }

    /// All that was counted, in the text format that Prometheus reads. Routes that nobody has asked for are left out.
    pub fn render(&self, text: &mut String) {
        const REQUESTS: &str = "isotope_http_requests_total";
        const SECONDS: &str = "isotope_http_request_seconds";
        let mut routes: Vec<(&str, &str, &RouteCounts)> =
            self.0.routes.iter().map(|((method, path), counts)| (*path, method.as_str(), counts)).collect();
        routes.push((UNKNOWN_ROUTE, "any", &self.0.unknown));
        routes.retain(|(_, _, counts)| counts.micros.read().1 > 0);
        routes.sort_unstable_by_key(|(path, method, _)| (*path, *method));
        let _ = writeln!(text, "# HELP {REQUESTS} Requests answered.\n# TYPE {REQUESTS} counter");
        for (path, method, counts) in &routes {
            for (class, count) in counts.by_class.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(
                        text,
                        "{REQUESTS}{{method=\"{method}\",route=\"{path}\",status=\"{class}xx\"}} {count}"
                    );
                }
            }
        }
        let _ = writeln!(
            text,
            "# HELP {SECONDS} From a request's head to its answer's.\n# TYPE {SECONDS} histogram"
        );
        for (path, method, counts) in &routes {
            let labels = format!("method=\"{method}\",route=\"{path}\"");
            crate::metrics::render_histogram(text, SECONDS, &labels, &counts.micros, 1e-6);
        }
    }
}

/// Middleware around all others: names the request, opens its span, and counts it.
pub async fn observe(State(counts): State<RequestCounts>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(&request, &counts);
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or(UNKNOWN_ROUTE, MatchedPath::as_str);
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let of_route = counts.of(&method, path.as_ref().map(MatchedPath::as_str));
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    of_route.micros.observe(micros);
    let class = usize::from(status.as_u16() / 100).min(of_route.by_class.len() - 1);
    of_route.by_class[class].fetch_add(1, Ordering::Relaxed);
    span.in_scope(|| match status {
        StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(micros, "a request could not be answered"),
        status if status.is_server_error() => tracing::error!(%status, micros, "a request failed"),
        status => tracing::debug!(%status, micros, "answered"),
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The caller's own id where it is one that a log line can hold, else a new one.
fn request_id(request: &Request, counts: &RequestCounts) -> HeaderValue {
    let given = request.headers().get(&REQUEST_ID).filter(|given| {
        (1..=REQUEST_ID_LENGTH_MAX).contains(&given.len()) && given.as_bytes().iter().all(is_plain)
    });
    given.cloned().unwrap_or_else(|| {
        let id = counts.0.ids.lock().next(SystemClock.now());
        HeaderValue::from_str(&id.to_string()).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
    })
}

fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:".contains(byte)
}
