#![doc = include_str!("../README.md")]

mod api;
pub mod domain;
mod events;
mod pictures;
pub mod seed;
mod service;
mod store;

use engine::EngineError;
use serde::{Deserialize, Serialize};

pub use service::{Catalog, Message, Reply};

/// The service's settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

/// Mounts the service.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(ctx: &host::Context, _config: &Config) -> Result<host::Mounted, EngineError> {
    let opened = ctx.open(Catalog, None).await?;
    let counters = api::Counters::default();
    let counted = vec![counters.featured_requests.clone(), counters.featured_reads.clone()];
    let api = api::Api::new(opened.engine(), ctx.clock.clone(), counters);
    Ok(host::Mounted { routes: api::routes(api), service: host::hosted_with(opened, counted) })
}
