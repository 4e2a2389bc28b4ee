//! The keys that sign access tokens, for admins.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use garde::Validate;
use host::{Params, Problem, Staff};
use serde::Deserialize;

use super::{Api, failure::Failure};

/// How the keys are rotated.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RotateQuery {
    /// Whether what was signed before opens nothing any more, at once. Everybody refreshes; nobody has to log in again.
    #[serde(default)]
    #[garde(skip)]
    revoke: bool,
}

/// Signs access tokens with another key from now on. It happens by itself every 30 days; this is for an emergency.
#[utoipa::path(post, path = "/admin/identity/keys/rotate", tag = "admin", operation_id = "rotate_signing_keys", params(RotateQuery),
    responses((status = 204, description = "Another key signs."), (status = 422, body = Problem)))]
pub(super) async fn rotate(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Params(RotateQuery { revoke }): Params<RotateQuery>,
) -> Result<StatusCode, Failure> {
    api.keys.rotate(actor, revoke).await.map_err(Problem::from)?;
    Ok(StatusCode::NO_CONTENT)
}
