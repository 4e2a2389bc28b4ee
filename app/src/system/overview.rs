//! What the shop is at, in one answer.

use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

use axum::{Json, extract::State};
use host::{Problem, Staff};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{System, unreadable};
use crate::audit::lag;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(system_view))
}

/// What the shop is at.
#[derive(Serialize, utoipa::ToSchema)]
struct SystemView {
    /// How safely each service's database writes, as it says itself.
    #[schema(value_type = Object)]
    durability: BTreeMap<String, serde_json::Value>,
    /// Events that some consumer has yet to handle.
    lag: u64,
    /// Messages that wait for another attempt, behind another message, or for a person.
    parked: u64,
    /// Each service.
    services: BTreeMap<String, ServiceView>,
}

/// What a service is at.
#[derive(Serialize, utoipa::ToSchema)]
struct ServiceView {
    /// Events that it has yet to handle.
    lag: u64,
    /// Messages that wait in it.
    parked: u64,
    /// Transactions committed since the start.
    commits: u64,
    /// Messages handled since the start.
    messages: u64,
    /// Events published since the start.
    events: u64,
}

/// What the shop is at: durability, lag, what is parked, counters.
#[utoipa::path(get, path = "/admin/system", tag = "system",
    responses((status = 200, body = SystemView), (status = 503, body = Problem)))]
async fn system_view(State(system): State<System>, _: Staff) -> Result<Json<SystemView>, Problem> {
    let mut view = SystemView { durability: BTreeMap::new(), lag: 0, parked: 0, services: BTreeMap::new() };
    let lags = lag::of_all(system.stores()).await.map_err(unreadable)?;
    for service in system.services() {
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
        view.durability.insert(service.name().to_string(), durability);
        view.services.insert(service.name().to_string(), service_view);
    }
    Ok(Json(view))
}
