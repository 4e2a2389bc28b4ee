#![doc = include_str!("../README.md")]

mod api;
pub mod domain;
mod events;
mod handlers;
mod message;
mod service;
mod store;

use engine::EngineError;
use serde::{Deserialize, Serialize};

pub use message::{Message, Reply};
pub use service::Carts;

/// The service's settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether inventory is asked to hold the units that are added. Without, an order learns of missing stock after its checkout.
    pub holds: bool,
    /// Shipping options and tax rates.
    pub pricing: domain::Pricing,
}

impl Default for Config {
    fn default() -> Self {
        Self { holds: true, pricing: domain::Pricing::default() }
    }
}

/// Mounts the service.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let opened = ctx.open(Carts::new(config.pricing.clone()), None).await?;
    let routes = api::routes(api::Api::new(opened.engine(), ctx, config));
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}
