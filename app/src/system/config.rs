//! The settings in force.

use axum::{Json, extract::State, http::HeaderMap};
use host::Problem;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::System;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(show_config))
}

/// The settings in force, as file, environment and flags made them. Secrets are masked.
#[utoipa::path(get, path = "/admin/system/config", tag = "system",
    params(("X-Admin-Token" = String, Header, description = "The installation's admin token.")),
    responses((status = 200, body = Object), (status = 401, body = Problem)))]
async fn show_config(
    State(system): State<System>,
    headers: HeaderMap,
) -> Result<Json<serde_json::Value>, Problem> {
    system.admin().check(&headers)?;
    serde_json::to_value(system.0.settings.masked()).map(Json).map_err(|_| Problem::internal())
}
