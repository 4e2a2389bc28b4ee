//! Read models: where they stand, and how to make one anew.

use axum::{Json, extract::State, http::StatusCode};
use contracts::ServiceName;
use host::{Problem, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{System, jobs::Job, topics, unreadable};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(list_projections)).routes(routes!(rebuild_projection))
}

/// A read model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProjectionView {
    /// The service that keeps it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Events that it has taken in, of all its sources.
    pub position: i64,
    /// Events that it has yet to take in.
    pub lag: i64,
    /// Rows in its table.
    pub rows: i64,
}

/// All read models.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
struct ProjectionsView {
    items: Vec<ProjectionView>,
}

/// The services' read models.
#[utoipa::path(get, path = "/admin/system/projections", tag = "system",
    responses((status = 200, body = ProjectionsView), (status = 503, body = Problem)))]
async fn list_projections(State(system): State<System>, _: Staff) -> Result<Json<ProjectionsView>, Problem> {
    let topics = topics::of_all(&system).await.map_err(unreadable)?;
    let mut items = Vec::new();
    for (service, reads) in system.reads() {
        for projection in reads.projections().await? {
            let consumer = format!("{service}.{}", projection.name);
            let places =
                topics.iter().flat_map(|topic| &topic.consumers).filter(|place| place.name == consumer);
            let (position, lag) = places.fold((0, 0), |(position, lag), place| {
                (position + place.positions.values().sum::<i64>(), lag + place.lag)
            });
            let service = service.to_string();
            items.push(ProjectionView {
                service,
                name: projection.name,
                position,
                lag,
                rows: projection.rows,
            });
        }
    }
    Ok(Json(ProjectionsView { items }))
}

/// Makes a read model anew from the first event, beside the old one, and then puts it in its place. The job's result says how many events were read
/// and how many rows differed.
#[utoipa::path(post, path = "/admin/system/projections/{service}/{name}/rebuild", tag = "system",
    params(("service" = String, Path, description = "The service."),
        ("name" = String, Path, description = "The read model.")),
    responses((status = 202, body = Job), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`already_running`."), (status = 503, body = Problem)))]
async fn rebuild_projection(
    State(system): State<System>,
    Staff(actor): Staff,
    axum::extract::Path((service, name)): axum::extract::Path<(String, String)>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    let not_found = || Problem::not_found("projection");
    let service_name: ServiceName = service.parse().map_err(|_| not_found())?;
    let service = system.service(service_name)?.clone();
    let known = system.reads().get(&service_name).ok_or_else(not_found)?.projections().await?;
    if !known.iter().any(|projection| projection.name == name) {
        return Err(not_found());
    }
    let kind = format!("rebuild {service_name}/{name}");
    service.record_action(actor, kind.clone()).await?;
    let job = system.0.jobs.start(&kind, move |_| async move {
        Ok(serde_json::to_value(service.rebuild_projection(&name).await?)?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}
