//! Messages that no attempt could handle: looked at, mended, tried again, or given up.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contracts::{ServiceName, Timestamp};
use engine::{Body, Parked, ParkedGroup, ParkedState, Replayed};
use garde::Validate;
use host::{Page, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{System, invalid, sources};

/// How many groups of one service are shown.
const GROUPS_MAX: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new()
        .routes(routes!(list_dead_letters))
        .routes(routes!(show_dead_letter))
        .routes(routes!(replay_dead_letter))
        .routes(routes!(discard_dead_letter))
}

/// A message that waits: a dead letter, one that is tried again, or one behind another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadLetter {
    /// Its id.
    pub id: Uuid,
    /// The service that could not handle it.
    pub service: String,
    /// The aggregate that it goes to.
    pub subject: String,
    /// The event's type, or `message` for a message of the service's own.
    pub kind: String,
    /// `dead`, `retry` or `blocked`.
    pub state: String,
    /// What went wrong at the last attempt, with its causes.
    pub error: Option<String>,
    /// How many attempts have failed.
    pub attempts: u32,
    /// When it was parked.
    pub first_failure: String,
    /// When the last attempt failed.
    pub last_failure: Option<String>,
    /// When it is tried again; a dead letter is not.
    pub next_try: Option<String>,
    /// What it says: an event's data, or the message. This is what a replay may mend.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
    /// The event that it came as.
    pub event: Option<Uuid>,
}

impl DeadLetter {
    fn of(service: ServiceName, parked: Parked) -> Self {
        let kind = parked.kind().to_owned();
        let (body, event) = match parked.body {
            Body::Event(event) => (serde_json::from_str(&event.data).unwrap_or_default(), Some(event.id)),
            Body::Message { message, .. } => (message, None),
        };
        let state = match parked.state {
            ParkedState::Dead => "dead",
            ParkedState::Retry => "retry",
            ParkedState::Blocked => "blocked",
        };
        Self {
            id: parked.id,
            service: service.to_string(),
            subject: parked.subject,
            kind,
            state: state.to_owned(),
            error: parked.error,
            attempts: parked.attempt,
            first_failure: parked.parked_at.to_rfc3339(),
            last_failure: (parked.failed_at > Timestamp(0)).then(|| parked.failed_at.to_rfc3339()),
            next_try: (parked.state == ParkedState::Retry).then(|| parked.due.to_rfc3339()),
            body,
            event,
        }
    }
}

/// Dead letters of one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadLetterGroup {
    /// The service.
    pub service: String,
    /// The error without the numbers and ids that differ from one to the next.
    pub error: String,
    /// The event's type, or `message`.
    pub kind: String,
    /// How many.
    pub count: i64,
    /// When the first was parked.
    pub first_failure: String,
    /// When one failed last.
    pub last_failure: String,
    /// One of them.
    pub example: Uuid,
}

impl DeadLetterGroup {
    fn of(service: ServiceName, group: ParkedGroup) -> Self {
        Self {
            service: service.to_string(),
            error: group.fingerprint,
            kind: group.kind,
            count: group.count,
            first_failure: group.first.to_rfc3339(),
            last_failure: group.last.to_rfc3339(),
            example: group.example,
        }
    }
}

/// Which of them.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The services, such as `ordering,payment`; all when left out.
    #[garde(length(bytes, max = 200))]
    service: Option<String>,
    /// `dead`, which is the default, `retry`, `blocked` or `all`.
    #[garde(length(bytes, max = 20))]
    state: Option<String>,
    /// `error` for one line per cause of dead letters, in place of one each.
    #[garde(length(bytes, max = 20))]
    group: Option<String>,
    /// How many, 1 to 100.
    #[serde(default = "host::default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[garde(length(bytes, max = 100))]
    cursor: Option<String>,
}

/// Dead letters, oldest first by service; or, with `group=error`, their causes.
#[utoipa::path(get, path = "/admin/system/dead-letters", tag = "system",
    params(ListQuery),
    responses((status = 200, body = Page<DeadLetter>, description = "With `group=error`, items are groups."), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn list_dead_letters(
    State(system): State<System>,
    _: Staff,
    Params(query): Params<ListQuery>,
) -> Result<Response, Problem> {
    let services = sources(query.service.as_deref())?;
    match query.group.as_deref() {
        None => {}
        Some("error") => {
            let mut items = Vec::new();
            for service in services {
                let Some(reads) = system.reads().get(&service) else { continue };
                let groups = reads.parked_groups(GROUPS_MAX).await?;
                items.extend(groups.into_iter().map(|group| DeadLetterGroup::of(service, group)));
            }
            return Ok(Json(Page { items, next_cursor: None }).into_response());
        }
        Some(_) => return Err(invalid("group", "only `error` groups dead letters")),
    }
    let state = match query.state.as_deref() {
        None | Some("dead") => Some(ParkedState::Dead),
        Some("retry") => Some(ParkedState::Retry),
        Some("blocked") => Some(ParkedState::Blocked),
        Some("all") => None,
        Some(_) => return Err(invalid("state", "dead, retry, blocked or all")),
    };
    let after = query.cursor.as_deref().map(place).transpose()?;
    let limit = query.limit;
    let mut items: Vec<DeadLetter> = Vec::new();
    for service in services {
        let wanted = limit + 1 - items.len() as u32;
        let after = match after {
            Some((last, _)) if service < last => continue,
            Some((last, id)) if service == last => Some(id),
            _ => None,
        };
        let Some(reads) = system.reads().get(&service) else { continue };
        let parked = reads.parked(state, after, wanted).await?;
        items.extend(parked.into_iter().map(|parked| DeadLetter::of(service, parked)));
        if items.len() as u32 > limit {
            break;
        }
    }
    let cursor = |last: &DeadLetter| format!("{}:{}", last.service, last.id);
    Ok(Json(Page::cut(items, limit, cursor, |letter| letter)).into_response())
}

fn place(cursor: &str) -> Result<(ServiceName, Uuid), Problem> {
    let place =
        cursor.split_once(':').and_then(|(service, id)| Some((service.parse().ok()?, id.parse().ok()?)));
    place.ok_or_else(host::invalid_cursor)
}

async fn find(system: &System, id: Uuid) -> Result<(ServiceName, Parked), Problem> {
    for (service, reads) in system.reads() {
        if let Some(parked) = reads.parked_one(id).await? {
            return Ok((*service, parked));
        }
    }
    Err(Problem::not_found("dead letter"))
}

/// A dead letter.
#[utoipa::path(get, path = "/admin/system/dead-letters/{id}", tag = "system",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    responses((status = 200, body = DeadLetter), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn show_dead_letter(
    State(system): State<System>,
    _: Staff,
    Segment(id): Segment<Uuid>,
) -> Result<Json<DeadLetter>, Problem> {
    let (service, parked) = find(&system, id).await?;
    Ok(Json(DeadLetter::of(service, parked)))
}

/// How to try again.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayDeadLetter {
    /// Another body in place of the one that failed. It must be one that the service can read, and of the same subject.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    body: Option<serde_json::Value>,
}

/// Tries a dead letter again, perhaps with its body mended.
#[utoipa::path(post, path = "/admin/system/dead-letters/{id}/replay", tag = "system", request_body = ReplayDeadLetter,
    params(("id" = Uuid, Path, description = "The dead letter.")),
    responses((status = 202, description = "It has its turn now."), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`not_dead`: it is tried again anyway, or waits behind another."),
        (status = 422, body = Problem, description = "The body is not one that the service can handle."), (status = 503, body = Problem)))]
async fn replay_dead_letter(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(id): Segment<Uuid>,
    host::Body(wanted): host::Body<ReplayDeadLetter>,
) -> Result<StatusCode, Problem> {
    let (name, parked) = find(&system, id).await?;
    let service = system.service(name)?;
    refuse_live(&parked)?;
    match service.replay_dead_letter(actor, id, wanted.body).await? {
        Replayed::Yes => Ok(StatusCode::ACCEPTED),
        Replayed::NotFound => Err(Problem::not_found("dead letter")),
        Replayed::Unreadable(why) => Err(invalid("body", why)),
    }
}

/// Gives a dead letter up for good. What waits behind it has its turn.
#[utoipa::path(post, path = "/admin/system/dead-letters/{id}/discard", tag = "system",
    params(("id" = Uuid, Path, description = "The dead letter.")),
    responses((status = 204), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`not_dead`: it is tried again anyway, or waits behind another."), (status = 503, body = Problem)))]
async fn discard_dead_letter(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(id): Segment<Uuid>,
) -> Result<StatusCode, Problem> {
    let (name, parked) = find(&system, id).await?;
    let service = system.service(name)?;
    refuse_live(&parked)?;
    match service.discard_dead_letter(actor, id).await? {
        true => {
            tracing::warn!(service = %name, %id, subject = parked.subject, "a dead letter is given up");
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(Problem::not_found("dead letter")),
    }
}

fn refuse_live(parked: &Parked) -> Result<(), Problem> {
    if parked.state == ParkedState::Dead {
        return Ok(());
    }
    let detail = "It is not a dead letter: it is tried again by itself, or waits behind another message.";
    Err(Problem::new(StatusCode::CONFLICT, "not_dead", detail))
}
