//! Calls to carriers, behind one interface.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{Outside, OutsideError};

use crate::{
    domain::{Booking, Parcel},
    service::Fulfilment,
};

/// A carrier. Books each idempotency key at most once, and remembers what it answered.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Asks it to take a parcel.
    ///
    /// # Errors
    /// See [`OutsideError`].
    async fn book(&self, idempotency_key: &str, parcel: &Parcel) -> Result<Booking, OutsideError>;

    /// What was booked under a key; `None` when it never came.
    ///
    /// # Errors
    /// See [`OutsideError`].
    async fn find(&self, idempotency_key: &str) -> Result<Option<Booking>, OutsideError>;
}

/// The carrier, as the engine calls it.
pub struct CarrierCalls(pub Arc<dyn Carrier>);

#[async_trait]
impl Outside<Fulfilment> for CarrierCalls {
    async fn call(&self, idempotency_key: &str, parcel: &Parcel) -> Result<Booking, OutsideError> {
        self.0.book(idempotency_key, parcel).await
    }

    async fn ask(&self, idempotency_key: &str, _: &Parcel) -> Result<Option<Booking>, OutsideError> {
        self.0.find(idempotency_key).await
    }
}
