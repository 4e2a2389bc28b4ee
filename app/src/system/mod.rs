//! Routes about the shop itself: health, metrics, OpenAPI, and for staff's tools what the shop is at and what can be done about it.

mod audit_log;
mod backups;
mod chain;
mod config;
mod dead_letters;
mod events;
mod health;
mod history;
mod jobs;
mod overview;
mod projections;
mod replay;
mod tail;
mod tasks;
mod topics;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use axum::{Router, http::StatusCode};
use contracts::ServiceName;
use engine::Reads;
use host::{Context, Problem, RequestCounts, Running, Stores, Streams};
use tokio::sync::watch;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use chain::EventDetail;
pub use dead_letters::{DeadLetter, DeadLetterGroup};
pub use events::{EventPage, EventView};
pub use jobs::{Job, JobState};
pub use projections::{ProjectionView, ShadowState, ShadowView};
pub use tasks::{RunResult, TaskRunView};

use crate::settings::Settings;

/// Puts the routes under `/api/v1`.
pub fn nest(routes: OpenApiRouter) -> (Router, OpenApi) {
    let (routes, mut api) =
        OpenApiRouter::with_openapi(crate::openapi::about()).nest("/api/v1", routes).split_for_parts();
    crate::openapi::complete(&mut api);
    (routes, api)
}

/// What the routes work with. Clones share it.
#[derive(Clone)]
pub struct System(Arc<Parts>);

struct Parts {
    reads: BTreeMap<ServiceName, Reads>,
    /// The services at work; none where a stopped shop's data is only read.
    services: Vec<Arc<dyn Running>>,
    ctx: Context,
    settings: Settings,
    jobs: jobs::Jobs,
    request_counts: RequestCounts,
    stopping: watch::Receiver<bool>,
    tails: Streams,
}

impl System {
    /// Of a shop at work.
    pub fn of_running(
        ctx: &Context,
        settings: &Settings,
        services: Vec<Arc<dyn Running>>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let reads = services.iter().map(|service| (service.name(), service.reads().clone())).collect();
        Self::new(ctx, settings, reads, services, stopping)
    }

    /// Of a stopped shop's data, which is only read.
    ///
    /// # Errors
    /// A database cannot be opened.
    pub async fn of_stopped(ctx: &Context, settings: &Settings) -> anyhow::Result<Self> {
        let mut reads = BTreeMap::new();
        for name in ServiceName::ALL {
            let opened = Reads::open(&ctx.stores.of(name)).await;
            let opened = opened
                .map_err(|error| anyhow::anyhow!("the {name} service's data cannot be read: {error}"))?;
            reads.insert(name, opened);
        }
        Ok(Self::new(ctx, settings, reads, Vec::new(), watch::channel(false).1))
    }

    fn new(
        ctx: &Context,
        settings: &Settings,
        reads: BTreeMap<ServiceName, Reads>,
        services: Vec<Arc<dyn Running>>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (ctx, settings) = (ctx.clone(), settings.clone());
        let (jobs, request_counts) = Default::default();
        Self(Arc::new(Parts {
            reads,
            services,
            ctx,
            settings,
            jobs,
            request_counts,
            stopping,
            tails: Streams::new(tail::TAILS_MAX),
        }))
    }

    /// How many requests there were, for the server to count.
    pub fn request_counts(&self) -> &RequestCounts {
        &self.0.request_counts
    }

    fn reads(&self) -> &BTreeMap<ServiceName, Reads> {
        &self.0.reads
    }

    fn services(&self) -> &[Arc<dyn Running>] {
        &self.0.services
    }

    /// A service at work.
    fn service(&self, name: ServiceName) -> Result<&Arc<dyn Running>, Problem> {
        let found = self.0.services.iter().find(|service| service.name() == name);
        found.ok_or_else(|| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "shop_stopped",
                "The shop is not at work; its data is only read.",
            )
        })
    }

    fn stores(&self) -> &Stores {
        &self.0.ctx.stores
    }

    /// Who checks access tokens.
    fn access(&self) -> &host::AccessTokens {
        &self.0.ctx.access
    }

    fn data(&self) -> &PathBuf {
        &self.0.ctx.data
    }
}

/// Staff's routes, which OpenAPI describes.
pub fn staff_routes(system: &System) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(overview::routes())
        .merge(topics::routes())
        .merge(events::routes())
        .merge(replay::routes())
        .merge(tail::routes())
        .merge(dead_letters::routes())
        .merge(projections::routes())
        .merge(audit_log::routes())
        .merge(tasks::routes())
        .merge(backups::routes())
        .merge(jobs::routes())
        .merge(config::routes())
        .with_state(system.clone())
}

/// Routes for machines that watch over the shop.
pub fn health_routes(system: &System, openapi: &str, asyncapi: &str) -> Router {
    health::routes(system, openapi, asyncapi)
}

/// The services that a list such as `ordering,payment` names; all of them when there is no list.
fn sources(list: Option<&str>) -> Result<Vec<ServiceName>, Problem> {
    let Some(list) = list.filter(|list| !list.is_empty()) else { return Ok(ServiceName::ALL.to_vec()) };
    let mut sources = list
        .split(',')
        .map(|name| name.trim().parse::<ServiceName>().map_err(|error| invalid("source", error)))
        .collect::<Result<Vec<_>, _>>()?;
    sources.sort_unstable();
    sources.dedup();
    Ok(sources)
}

/// A field of the input that breaks a rule.
fn invalid(field: &str, detail: impl std::fmt::Display) -> Problem {
    let detail = detail.to_string();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", "The input breaks a rule.")
        .with_errors(vec![host::FieldError { field: field.to_owned(), detail }])
}

/// Something that a read cannot do, and whose cause goes to the log.
fn unreadable(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "the shop's data cannot be read");
    Problem::unavailable()
}
