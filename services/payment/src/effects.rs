//! Calls to payment gateways, behind one interface.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{Outside, OutsideError};

use crate::{
    Payments,
    domain::{Request, Response},
};

/// A payment gateway. Carries out each idempotency key at most once, and remembers what it answered.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Captures, for an order or a wallet, or refunds.
    ///
    /// # Errors
    /// See [`OutsideError`]. A declined payment is an answer, not an error.
    async fn carry_out(&self, idempotency_key: &str, request: &Request) -> Result<Response, OutsideError>;

    /// What was answered under a key; `None` when it never came.
    ///
    /// # Errors
    /// See [`OutsideError`].
    async fn find(&self, idempotency_key: &str) -> Result<Option<Response>, OutsideError>;
}

/// The gateway, as the engine calls it.
pub struct GatewayCalls(pub Arc<dyn Gateway>);

#[async_trait]
impl Outside<Payments> for GatewayCalls {
    async fn call(&self, idempotency_key: &str, request: &Request) -> Result<Response, OutsideError> {
        self.0.carry_out(idempotency_key, request).await
    }

    async fn ask(&self, idempotency_key: &str, _: &Request) -> Result<Option<Response>, OutsideError> {
        self.0.find(idempotency_key).await
    }
}
