#![doc = include_str!("../README.md")]

mod api;
mod decisions;
mod domain;
mod effects;
mod events;
mod message;
mod mock;
mod service;
mod store;

use std::sync::Arc;

use contracts::ServiceName;
use engine::{EngineError, StoreError};

pub use domain::{Booking, Line, Parcel, Shipment, Status};
pub use effects::{Carrier, CarrierCalls};
pub use message::Message;
pub use mock::{MOCK_CARRIER, MockCarrier};
pub use service::{Config, Fulfilment};

/// Mounts the service with the mock carrier, whose bookings are `mock-carrier.bookings` in the data directory.
///
/// # Errors
/// Its database or the carrier's bookings cannot be opened.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let carrier =
        MockCarrier::open(&ctx.data.join("mock-carrier.bookings")).map_err(|error| EngineError::Store {
            service: ServiceName::Fulfilment,
            source: StoreError::Unavailable(error.to_string()),
        })?;
    let carrier = Arc::new(CarrierCalls(Arc::new(carrier)));
    let opened = ctx.open(Fulfilment::new(config), Some(carrier)).await?;
    let routes = api::routes(api::Api { engine: opened.engine(), gate: ctx.order_gate() });
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}
