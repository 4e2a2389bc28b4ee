//! Events as staff's tools see them: pages of the logs, and one event with what led to it and what came of it.

use axum::{Json, extract::State, http::StatusCode};
use bus::Logged;
use contracts::Timestamp;
use engine::EventFilter;
use garde::Validate;
use host::{Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    System,
    chain::{self, EventDetail},
    history::{self, Cursor, Order, Wanted},
    sources,
};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(list_events)).routes(routes!(show_event))
}

/// An event with its place in its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventView {
    /// The event's id.
    pub id: Uuid,
    /// The service in which it happened.
    pub source: String,
    /// Name and version, such as `order.paid.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was decided.
    pub time: String,
    /// What it happened to.
    pub subject: String,
    /// Counts from 1 per source and subject.
    pub sequence: i64,
    /// What it belongs to as a whole.
    #[serde(rename = "correlationid")]
    pub correlation_id: Uuid,
    /// What led to it.
    #[serde(rename = "causationid")]
    pub causation_id: Uuid,
    /// The log's partition.
    pub partition: u8,
    /// The place in it.
    pub position: i64,
    /// The fact itself.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) at: Timestamp,
}

impl From<Logged> for EventView {
    fn from(logged: Logged) -> Self {
        let event = logged.event;
        Self {
            id: event.id,
            source: event.source.to_string(),
            time: event.time.to_rfc3339(),
            at: event.time,
            subject: event.subject,
            sequence: event.sequence,
            correlation_id: event.correlation_id,
            causation_id: event.causation_id,
            partition: logged.partition,
            position: logged.position,
            data: serde_json::from_str(&event.data).unwrap_or_default(),
            kind: event.kind,
        }
    }
}

/// A page of events.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventPage {
    /// The events. A page that filters may be empty and yet have a next one: it looks at a bounded stretch of the logs.
    pub items: Vec<EventView>,
    /// The place after this page, in every partition.
    pub cursor: String,
    /// Where the next page begins; not there when the log has been read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which events.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The services, such as `ordering,payment`; all when left out.
    #[garde(length(bytes, max = 200))]
    source: Option<String>,
    /// The type, such as `order.paid.v1`.
    #[serde(rename = "type")]
    #[garde(length(bytes, max = 100))]
    kind: Option<String>,
    /// What they happened to.
    #[garde(length(bytes, max = 200))]
    subject: Option<String>,
    /// What they belong to: an order's id.
    #[garde(skip)]
    correlation: Option<Uuid>,
    /// `next_cursor` of the page before, for the same sources and order.
    #[garde(length(bytes, max = 2_000))]
    after: Option<String>,
    /// How many, 1 to 500.
    #[serde(default = "default_limit")]
    #[garde(range(min = 1, max = 500))]
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// Newest or oldest first.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    order: Order,
}

fn default_limit() -> u32 {
    50
}

/// The logs' events, page by page, newest or oldest first.
#[utoipa::path(get, path = "/admin/system/events", tag = "system",
    params(ListQuery),
    responses((status = 200, body = EventPage), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn list_events(
    State(system): State<System>,
    _: Staff,
    Params(query): Params<ListQuery>,
) -> Result<Json<EventPage>, Problem> {
    let sources = sources(query.source.as_deref())?;
    let after = query.after.as_deref().map(|text| cursor(text, sources.len())).transpose()?;
    let filter = EventFilter {
        kind: query.kind,
        subject: query.subject,
        correlation_id: query.correlation,
        ..EventFilter::default()
    };
    let wanted =
        Wanted { sources: &sources, filter: &filter, order: query.order, after, limit: query.limit as usize };
    let page = history::page(system.reads(), &wanted).await?;
    let cursor = page.cursor.to_string();
    let next_cursor = page.more.then(|| cursor.clone());
    Ok(Json(EventPage { items: page.items, cursor, next_cursor }))
}

/// Reads a cursor of so many services.
pub(super) fn cursor(text: &str, sources: usize) -> Result<Cursor, Problem> {
    let cursor = text.parse::<Cursor>().ok().filter(|cursor| cursor.fits(sources));
    cursor.ok_or_else(|| {
        let detail = "The cursor is not one that a page of these sources has named.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail)
    })
}

/// One event with what led to it, back to the first cause, and what came of it.
#[utoipa::path(get, path = "/admin/system/events/{id}", tag = "system",
    params(("id" = Uuid, Path, description = "The event.")),
    responses((status = 200, body = EventDetail), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn show_event(
    State(system): State<System>,
    _: Staff,
    Segment(id): Segment<Uuid>,
) -> Result<Json<EventDetail>, Problem> {
    let detail = chain::of(system.reads(), id).await?;
    detail.map(Json).ok_or_else(|| Problem::not_found("event"))
}
