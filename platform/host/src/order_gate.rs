//! Who may see an order: whoever has its token, its customer, and staff. To all others there is no such order.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use contracts::OrderId;

use crate::{
    principal::Principal,
    problem::Problem,
    questions::Questions,
    tokens::{Bearer, OrderTokens},
};

/// Who asks for an order, with the token that may open it.
pub struct Caller {
    /// Who it is.
    pub principal: Principal,
    bearer: Bearer,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let principal = Principal::from_request_parts(parts, state).await?;
        Ok(Self { principal, bearer: Bearer::from_request_parts(parts, state).await? })
    }
}

/// Opens orders to those who may see them.
#[derive(Clone)]
pub struct OrderGate {
    tokens: OrderTokens,
    questions: Arc<Questions>,
}

impl OrderGate {
    /// A gate that knows the installation's tokens and asks ordering whose an order is.
    pub fn new(tokens: OrderTokens, questions: Arc<Questions>) -> Self {
        Self { tokens, questions }
    }

    /// Lets the caller through to the order.
    ///
    /// # Errors
    /// 404 where it may not see it; 503 where nobody can tell.
    pub async fn open(&self, order: OrderId, caller: &Caller) -> Result<(), Problem> {
        if caller.principal.is_staff() {
            return Ok(());
        }
        self.open_to_holder(order, caller).await
    }

    /// Lets the caller through who holds the order: what staff do to orders has routes of its own, and stands in the audit log.
    ///
    /// # Errors
    /// 404 where it does not; 503 where nobody can tell.
    pub async fn open_to_holder(&self, order: OrderId, caller: &Caller) -> Result<(), Problem> {
        if caller.bearer.0.as_deref().is_some_and(|token| self.tokens.opens(order, token)) {
            return Ok(());
        }
        if let Some(customer) = caller.principal.customer_id()
            && self.questions.order_owners()?.owner_of(order).await? == Some(customer)
        {
            return Ok(());
        }
        Err(Problem::not_found("order"))
    }
}
