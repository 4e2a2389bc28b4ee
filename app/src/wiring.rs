//! Which service is mounted how. Services do not know one another; this file knows them all.

use contracts::ServiceName;
use engine::EngineError;
use host::{Context, Mounted};

use crate::settings::Settings;

/// Mounts a service.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(service: ServiceName, ctx: &Context, settings: &Settings) -> Result<Mounted, EngineError> {
    match service {
        ServiceName::Catalog => catalog::mount(ctx, &settings.catalog).await,
        ServiceName::Inventory => inventory::mount(ctx, &settings.inventory).await,
        ServiceName::Cart => cart::mount(ctx, &settings.cart).await,
        ServiceName::Ordering => ordering::mount(ctx, &settings.ordering).await,
        ServiceName::Payment => payment::mount(ctx, &settings.payment).await,
        ServiceName::Fulfilment => fulfilment::mount(ctx, &settings.fulfilment).await,
        ServiceName::Identity => identity::mount(ctx, &settings.identity).await,
        ServiceName::Notification => notification::mount(ctx, &settings.notification).await,
    }
}
