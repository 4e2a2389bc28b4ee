//! Routes about the shop itself: health, metrics, OpenAPI, and for staff's tools what each service is at.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use contracts::ServiceName;
use host::{AdminToken, Context, Problem, Running};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::audit::lag;

/// Puts the routes under `/api/v1`.
pub fn nest(routes: OpenApiRouter) -> (Router, OpenApi) {
    OpenApiRouter::with_openapi(crate::openapi::about()).nest("/api/v1", routes).split_for_parts()
}

#[derive(Clone)]
struct System {
    services: Vec<Arc<dyn Running>>,
    admin: AdminToken,
    ctx: Context,
    openapi: Arc<str>,
    asyncapi: Arc<str>,
}

/// The services' routes with those about the shop itself.
///
/// # Errors
/// The contract of the events cannot be written.
pub fn routes(
    routes: Router,
    openapi: &str,
    services: Vec<Arc<dyn Running>>,
    ctx: &Context,
) -> anyhow::Result<Router> {
    let asyncapi = crate::asyncapi::document(&services)?.into();
    let openapi = openapi.into();
    let system = System { services, admin: ctx.secrets.admin_token(), ctx: ctx.clone(), openapi, asyncapi };
    let own = Router::new()
        .route("/health/live", get(|| async { StatusCode::NO_CONTENT }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi_json))
        .route("/api/v1/openapi.json", get(openapi_json))
        .route("/asyncapi.json", get(asyncapi_json))
        .route("/api/v1/admin/system", get(system_view))
        .with_state(system);
    Ok(routes.merge(own).merge(crate::docs::routes()))
}

async fn openapi_json(State(system): State<System>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], system.openapi.to_string()).into_response()
}

async fn asyncapi_json(State(system): State<System>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], system.asyncapi.to_string()).into_response()
}

/// Ready once every service works and reads all of its sources.
async fn ready(State(system): State<System>) -> Result<StatusCode, Problem> {
    for service in &system.services {
        if service.stats().failing.load(std::sync::atomic::Ordering::Acquire) {
            return Err(Problem::unavailable());
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
    let text = host::render_metrics(&system.services);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// What the shop is at.
#[derive(Serialize)]
struct SystemView {
    /// As the databases themselves say.
    durability: BTreeMap<ServiceName, serde_json::Value>,
    /// Events that some consumer has yet to handle.
    lag: u64,
    /// Messages that wait for another attempt, behind another message, or for a person.
    parked: u64,
    services: BTreeMap<ServiceName, ServiceView>,
}

#[derive(Serialize)]
struct ServiceView {
    lag: u64,
    parked: u64,
    commits: u64,
    messages: u64,
    events: u64,
}

async fn system_view(State(system): State<System>, headers: HeaderMap) -> Result<Json<SystemView>, Problem> {
    use std::sync::atomic::Ordering::Relaxed;
    system.admin.check(&headers)?;
    let mut view = SystemView { durability: BTreeMap::new(), lag: 0, parked: 0, services: BTreeMap::new() };
    let lags = lag::of_all(&system.ctx.stores).await.map_err(|error| {
        tracing::error!(%error, "the logs cannot be read");
        Problem::unavailable()
    })?;
    for service in &system.services {
        let store = service.store().clone();
        let durability = tokio::task::spawn_blocking(move || store.durability()).await;
        let durability = durability.map_err(|_| Problem::internal())??;
        let lag = lags.get(&service.name()).copied().unwrap_or(0);
        let parked = service.parked().await?.len() as u64;
        let stats = service.stats();
        let service_view = ServiceView {
            lag,
            parked,
            commits: stats.commits.load(Relaxed),
            messages: stats.messages.load(Relaxed),
            events: stats.events.load(Relaxed),
        };
        view.lag += lag;
        view.parked += parked;
        view.durability.insert(service.name(), durability);
        view.services.insert(service.name(), service_view);
    }
    Ok(Json(view))
}
