//! An event handed to a service once more.

use axum::{Json, extract::State, http::StatusCode};
use contracts::ServiceName;
use engine::Redelivered;
use garde::Validate;
use host::{Body, Problem, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{System, chain, invalid};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(replay_event))
}

/// Which event, to whom.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayEvent {
    /// The service that is to handle it again.
    #[garde(length(bytes, max = 50))]
    #[schema(example = "payment")]
    service: String,
    /// The event.
    #[garde(skip)]
    event: Uuid,
}

/// The event's turn to come.
#[derive(Serialize, utoipa::ToSchema)]
struct ReplayView {
    /// The waiting message. It is gone once it is handled, and a dead letter where it cannot be.
    message: Uuid,
}

/// Hands an event to a service once more, as a delivery of its own, after what waits of the same subject. For a message that was lost to an
/// error in the service's rules. The inbox is not asked, so the rules themselves must ignore what they have seen.
#[utoipa::path(post, path = "/admin/system/events/replay", tag = "system", request_body = ReplayEvent,
    responses((status = 202, body = ReplayView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`event_not_handled`: the service does nothing with such events."),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn replay_event(
    State(system): State<System>,
    Staff(actor): Staff,
    Body(wanted): Body<ReplayEvent>,
) -> Result<(StatusCode, Json<ReplayView>), Problem> {
    let name: ServiceName = wanted.service.parse().map_err(|error| invalid("service", error))?;
    let service = system.service(name)?;
    let event = chain::find(system.reads(), wanted.event).await?;
    let event = event.ok_or_else(|| Problem::not_found("event"))?.event;
    let conflict = |detail: String| Problem::new(StatusCode::CONFLICT, "event_not_handled", detail);
    match service.redeliver(actor, event).await? {
        Redelivered::Queued(message) => {
            tracing::warn!(service = %name, event = %wanted.event, "an event is handed to the service again");
            Ok((StatusCode::ACCEPTED, Json(ReplayView { message })))
        }
        Redelivered::NotForIt => Err(conflict(format!("The {name} service does nothing with such events."))),
        Redelivered::Unreadable(why) => Err(conflict(format!("The {name} service cannot read it: {why}."))),
    }
}
