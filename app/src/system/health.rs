//! Health, metrics and the contract itself: for machines that watch over the shop.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use host::{Gauge, Problem};

use super::{System, topics};

pub(super) fn routes(system: &System, openapi: &str, asyncapi: &str) -> Router {
    let document = |text: &str| {
        let body = Bytes::copy_from_slice(text.as_bytes());
        let answer = ([(header::CONTENT_TYPE, "application/json")], body);
        get(move || std::future::ready(answer.clone()))
    };
    Router::new()
        .route("/health/live", get(|| async { StatusCode::NO_CONTENT }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/.well-known/jwks.json", get(key_set))
        .route("/openapi.json", document(openapi))
        .route("/api/v1/openapi.json", document(openapi))
        .route("/asyncapi.json", document(asyncapi))
        .with_state(system.clone())
}

/// Ready once every service works and reads all of its sources.
async fn ready(State(system): State<System>) -> Result<StatusCode, Problem> {
    for service in system.services() {
        if service.stats().failing.load(std::sync::atomic::Ordering::Acquire) {
            let detail = format!("The data of the {} service cannot be written now.", service.name());
            return Err(Problem { detail, ..Problem::unavailable() });
        }
        let stopped = service.stats().stopped_sources.lock().clone();
        if let Some((source, why)) = stopped.into_iter().next() {
            tracing::error!(service = %service.name(), %source, why, "not ready");
            return Err(Problem::unavailable());
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn metrics(State(system): State<System>) -> Response {
    let mut text = host::render_metrics(system.services());
    system.request_counts().render(&mut text);
    // Where a database does not answer, the counters are told all the same.
    match gauges(&system).await {
        Ok(gauges) => host::render_gauges(&mut text, &gauges),
        Err(error) => tracing::warn!(%error, "the gauges cannot be read"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// What goes up and down: how far consumers are behind, what is parked, which calls are open.
async fn gauges(system: &System) -> anyhow::Result<[Gauge; 3]> {
    let mut lag = Vec::new();
    for topic in topics::of_all(system).await? {
        for consumer in topic.consumers {
            let labels = format!("consumer=\"{}\",source=\"{}\"", consumer.name, topic.source);
            lag.push((labels, consumer.lag));
        }
    }
    let (mut parked, mut open) = (Vec::new(), Vec::new());
    for (service, reads) in system.reads() {
        for row in reads.query("SELECT state, COUNT(*) FROM parked GROUP BY state".to_owned(), vec![]).await?
        {
            let (state, count): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            parked.push((format!("service=\"{service}\",state=\"{state}\""), count));
        }
        let under_way = "SELECT COUNT(*) FROM effect WHERE state = 'running'".to_owned();
        for row in reads.query(under_way, vec![]).await? {
            open.push((format!("service=\"{service}\""), row.try_get_by_index(0)?));
        }
    }
    Ok([
        Gauge {
            name: "isotope_consumer_lag_events",
            help: "Events that a consumer has yet to handle.",
            values: lag,
        },
        Gauge {
            name: "isotope_parked_messages",
            help: "Messages that wait to be tried again, behind others, or for a person.",
            values: parked,
        },
        Gauge { name: "isotope_effects_open", help: "Calls to the outside without an answer.", values: open },
    ])
}

/// How long others may keep the keys, in seconds. A key is published for longer than that before it signs.
const KEY_SET_AGE_SECONDS: u32 = 300;

/// The keys that access tokens are signed with, for those who check them elsewhere.
async fn key_set(State(system): State<System>) -> Response {
    let age = format!("public, max-age={KEY_SET_AGE_SECONDS}");
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, age.as_str())];
    (headers, system.access().key_set().to_string()).into_response()
}
