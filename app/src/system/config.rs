//! The settings in force.

use axum::{Json, extract::State};
use host::{Problem, Staff};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::System;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(show_config))
}

/// The settings in force, as file, environment and flags made them. Secrets are masked.
#[utoipa::path(get, path = "/admin/system/config", tag = "system",
    responses((status = 200, body = Object), ))]
async fn show_config(State(system): State<System>, _: Staff) -> Result<Json<serde_json::Value>, Problem> {
    serde_json::to_value(system.0.settings.masked()).map(Json).map_err(|_| Problem::internal())
}
