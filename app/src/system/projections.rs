//! Read models: where they stand, and how to make one anew.

use std::sync::Arc;

use anyhow::Context as _;
use axum::{Json, extract::State, http::StatusCode};
use contracts::ServiceName;
use engine::Shadow;
use host::{Keyed, Problem, Running, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{System, jobs::Job, topics, unreadable};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new()
        .routes(routes!(list_projections))
        .routes(routes!(rebuild_projection))
        .routes(routes!(compare_projection))
        .routes(routes!(swap_projection))
        .routes(routes!(drop_shadow))
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
    /// The shadow that the last rebuild has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowView>,
}

/// Where a shadow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShadowState {
    /// It takes in events, from the first on.
    Building,
    /// It has caught up, and takes in each event together with the live read model.
    Ready,
    /// Compared with the live read model, and equal.
    Equal,
    /// Compared with the live read model, and not equal.
    Differs,
    /// It has become the live read model.
    Swapped,
}

/// A read model made anew beside the live one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShadowView {
    /// Where it stands.
    #[schema(inline)]
    pub state: ShadowState,
    /// Events read until it had caught up.
    pub events: u64,
    /// Rows that were in one of the two only, when they were compared. Anything but 0 says that one of them is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differing_rows: Option<u64>,
    /// The keys of the first of them, in the order of the keys.
    pub differing_keys: Vec<String>,
}

impl From<Shadow> for ShadowView {
    fn from(shadow: Shadow) -> Self {
        let state = match shadow.state {
            engine::ShadowState::Building => ShadowState::Building,
            engine::ShadowState::Ready => ShadowState::Ready,
            engine::ShadowState::Equal => ShadowState::Equal,
            engine::ShadowState::Differs => ShadowState::Differs,
            engine::ShadowState::Swapped => ShadowState::Swapped,
        };
        let Shadow { events, differing_rows, differing_keys, .. } = shadow;
        Self { state, events, differing_rows, differing_keys }
    }
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
            let shadow = reads.shadow(&projection.name).await?.map(ShadowView::from);
            let service = service.to_string();
            items.push(ProjectionView {
                service,
                name: projection.name,
                position,
                lag,
                rows: projection.rows,
                shadow,
            });
        }
    }
    Ok(Json(ProjectionsView { items }))
}

/// A service at work and one of its read models, as a path names them.
async fn projection_of(
    system: &System,
    (service, name): (String, String),
) -> Result<(Arc<dyn Running>, String), Problem> {
    let not_found = || Problem::not_found("projection");
    let service_name: ServiceName = service.parse().map_err(|_| not_found())?;
    let service = system.service(service_name)?.clone();
    let known = service.reads().projections().await?;
    match known.iter().any(|projection| projection.name == name) {
        true => Ok((service, name)),
        false => Err(not_found()),
    }
}

fn no_shadow() -> Problem {
    let detail = "The read model has no shadow; rebuild it first.";
    Problem::new(StatusCode::CONFLICT, "no_shadow", detail)
}

fn shadow_building() -> Problem {
    let detail = "The shadow has not caught up with the live read model yet.";
    Problem::new(StatusCode::CONFLICT, "shadow_building", detail)
}

/// What a shadow must be for the answer to be a success.
fn shadow_in(shadow: Option<Shadow>, wanted: &[engine::ShadowState]) -> Result<ShadowView, Problem> {
    let shadow = shadow.ok_or_else(no_shadow)?;
    match shadow.state {
        state if wanted.contains(&state) => Ok(shadow.into()),
        engine::ShadowState::Swapped => Err(no_shadow()),
        _ => Err(shadow_building()),
    }
}

/// What a rebuild ends with.
#[derive(Debug, Default, Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Rebuild {
    /// Whether the shadow takes the place of the live read model once they have been compared, equal or not.
    #[garde(skip)]
    swap: bool,
}

/// Makes a read model anew from the first event, in a shadow beside the live one, and compares the two at equal cursors. Orders go on
/// meanwhile. The job's result is the shadow, which stays until it is swapped in or dropped; a shop that stops goes on with it.
#[utoipa::path(post, path = "/admin/system/projections/{service}/{name}/rebuild", tag = "system", request_body = Rebuild,
    params(("service" = String, Path, description = "The service."),
        ("name" = String, Path, description = "The read model.")),
    responses((status = 202, body = Job), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`already_running`."), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn rebuild_projection(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(path): Segment<(String, String)>,
    Keyed { body: Rebuild { swap }, .. }: Keyed<Rebuild>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    let (service, name) = projection_of(&system, path).await?;
    let kind = format!("rebuild {}/{name}", service.name());
    let action = kind.clone();
    let job = system.0.jobs.start(&kind, move |_| async move {
        service.record_action(actor, action).await?;
        service.rebuild_projection(&name).await?.context("another rebuild has taken its place")?;
        let compared =
            service.compare_projection(&name).await?.context("the shadow was dropped meanwhile")?;
        let shadow = match swap {
            true => service.swap_projection(&name).await?.context("the shadow was dropped meanwhile")?,
            false => compared,
        };
        anyhow::ensure!(
            !swap || shadow.state == engine::ShadowState::Swapped,
            "the shadow has not caught up; swap it later"
        );
        Ok(serde_json::to_value(ShadowView::from(shadow))?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Compares a read model with its shadow at equal cursors, while orders go on. The job's result is the shadow, with the first keys that differ.
#[utoipa::path(post, path = "/admin/system/projections/{service}/{name}/compare", tag = "system",
    params(("service" = String, Path, description = "The service."),
        ("name" = String, Path, description = "The read model.")),
    responses((status = 202, body = Job), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`no_shadow`, `shadow_building`, `already_running`."), (status = 503, body = Problem)))]
async fn compare_projection(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(path): Segment<(String, String)>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    let (service, name) = projection_of(&system, path).await?;
    use engine::ShadowState::{Differs, Equal, Ready};
    shadow_in(service.reads().shadow(&name).await?, &[Ready, Equal, Differs])?;
    let kind = format!("compare {}/{name}", service.name());
    let action = kind.clone();
    let job = system.0.jobs.start(&kind, move |_| async move {
        service.record_action(actor, action).await?;
        let shadow = service.compare_projection(&name).await?.context("the shadow was dropped meanwhile")?;
        Ok(serde_json::to_value(ShadowView::from(shadow))?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Puts a read model's shadow in its place, in one transaction.
#[utoipa::path(post, path = "/admin/system/projections/{service}/{name}/swap", tag = "system",
    params(("service" = String, Path, description = "The service."),
        ("name" = String, Path, description = "The read model.")),
    responses((status = 200, body = ShadowView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`no_shadow`, `shadow_building`."), (status = 503, body = Problem)))]
async fn swap_projection(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(path): Segment<(String, String)>,
) -> Result<Json<ShadowView>, Problem> {
    let (service, name) = projection_of(&system, path).await?;
    use engine::ShadowState::{Differs, Equal, Ready, Swapped};
    shadow_in(service.reads().shadow(&name).await?, &[Ready, Equal, Differs])?;
    service.record_action(actor, format!("swap {}/{name}", service.name())).await?;
    let shadow = service.swap_projection(&name).await?;
    Ok(Json(shadow_in(shadow, &[Swapped])?))
}

/// Gives a read model's shadow up.
#[utoipa::path(delete, path = "/admin/system/projections/{service}/{name}/shadow", tag = "system",
    params(("service" = String, Path, description = "The service."),
        ("name" = String, Path, description = "The read model.")),
    responses((status = 204), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`no_shadow`."), (status = 503, body = Problem)))]
async fn drop_shadow(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(path): Segment<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (service, name) = projection_of(&system, path).await?;
    let shadow = service.reads().shadow(&name).await?;
    shadow.filter(|shadow| shadow.state != engine::ShadowState::Swapped).ok_or_else(no_shadow)?;
    service.record_action(actor, format!("drop the shadow of {}/{name}", service.name())).await?;
    service.drop_shadow(&name).await?.ok_or_else(no_shadow)?;
    Ok(StatusCode::NO_CONTENT)
}
