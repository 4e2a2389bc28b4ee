//! Backups of a shop at work.

use axum::{Json, extract::State, http::StatusCode};
use host::{Problem, Staff};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{System, jobs::Job};
use crate::backup;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(start_backup))
}

/// Writes a backup of one moment of all services into the data directory's folder `backups`, while orders go on. The job's result names the file.
/// Where it is written cannot be chosen here: who has the token may not write anywhere on the machine.
#[utoipa::path(post, path = "/admin/system/backup", tag = "system",
    responses((status = 202, body = Job), (status = 409, body = Problem, description = "`already_running`."),
        (status = 503, body = Problem)))]
async fn start_backup(
    State(system): State<System>,
    Staff(actor): Staff,
) -> Result<(StatusCode, Json<Job>), Problem> {
    // What is done to the whole shop is in the audit log of its first service.
    let Some(first) = system.services().first() else { return Err(Problem::unavailable()) };
    let (first, shop) = (first.clone(), system.clone());
    let job = system.0.jobs.start("backup", move |progress| async move {
        first.record_action(actor, "backup".to_owned()).await?;
        let folder = shop.data().join(backup::FOLDER);
        let report = move |done, total| progress.at(done, total);
        let written = backup::write(shop.stores(), shop.data(), shop.services(), &folder, report).await?;
        Ok(serde_json::to_value(written)?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}
