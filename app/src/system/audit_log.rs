//! The audit log of all services: who of the shop's people did what, with the rows before and after.

use axum::{extract::State, response::Response};
use contracts::{ServiceName, Timestamp};
use engine::{AUDIT_LOG, AuditEntry, Reads, RowChange, StoreError, Value};
use garde::Validate;
use host::{ListAddress, Moment, Page, Params, Problem, Staff, cursor};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{System, sources};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(audit_log))
}

/// Which entries are wanted.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditLogQuery {
    /// Only what was done in these services, apart by commas.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    service: Option<String>,
    /// Only what this account did.
    #[serde(default)]
    #[garde(skip)]
    actor_id: Option<Uuid>,
    /// Only what accounts of this name did; `operator` is the installation's own token.
    #[serde(default)]
    #[garde(length(bytes, max = 254))]
    actor: Option<String>,
    /// Only what was done to this: an id, as the entries say it.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    subject: Option<String>,
    /// Only what was done at this time or later, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Only what was done before this time, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<Moment>,
    /// How many items, 1 to 100.
    #[serde(default = "host::default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    cursor: Option<String>,
}

/// What somebody did.
#[derive(Serialize, utoipa::ToSchema)]
struct AuditEntryView {
    id: Uuid,
    at: String,
    /// The service whose rows changed.
    #[schema(example = "inventory")]
    service: &'static str,
    /// The account; not there for the installation's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    /// Its name then, or `operator`.
    actor: String,
    /// What was asked for.
    #[schema(example = "POST /api/v1/admin/stock")]
    action: String,
    /// What it was done to.
    subject: String,
    /// The rows that it changed.
    changes: Vec<RowChangeView>,
}

/// A row that an action changed.
#[derive(Serialize, utoipa::ToSchema)]
struct RowChangeView {
    table: String,
    key: String,
    /// As it was; not there where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// As it was then; not there where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
}

/// What the shop's people did, latest first.
#[utoipa::path(get, path = "/admin/system/audit-log", tag = "system", params(AuditLogQuery),
    responses((status = 200, body = Page<AuditEntryView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn audit_log(
    State(system): State<System>,
    _: Staff,
    address: ListAddress,
    Params(query): Params<AuditLogQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        actor_id: query.actor_id,
        actor: query.actor,
        subject: query.subject,
        from: query.from.map(|moment| moment.0),
        before: query.before.map(|moment| moment.0),
        older_than: cursor(query.cursor.as_deref())?,
    };
    let mut entries: Vec<(ServiceName, AuditEntry)> = Vec::new();
    // One more than is shown tells whether there is a next page.
    for name in sources(query.service.as_deref())? {
        let Some(reads) = system.reads().get(&name) else { continue };
        let found = wanted.of(reads, query.limit + 1).await?;
        entries.extend(found.into_iter().map(|entry| (name, entry)));
    }
    entries.sort_unstable_by_key(|(_, entry)| std::cmp::Reverse(entry.id));
    let cursor = |(_, entry): &(ServiceName, AuditEntry)| entry.id.to_string();
    Ok(address.page(Page::cut(entries, query.limit, cursor, view), query.limit))
}

fn view((service, entry): (ServiceName, AuditEntry)) -> AuditEntryView {
    let change =
        |RowChange { table, key, before, after }: RowChange| RowChangeView { table, key, before, after };
    AuditEntryView {
        id: entry.id,
        at: entry.at.to_rfc3339(),
        service: service.as_str(),
        actor_id: entry.actor.id,
        actor: entry.actor.name,
        action: entry.actor.action,
        subject: entry.subject,
        changes: entry.changes.into_iter().map(change).collect(),
    }
}

/// Which entries of a service are wanted.
struct Wanted {
    actor_id: Option<Uuid>,
    actor: Option<String>,
    subject: Option<String>,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
    older_than: Option<Uuid>,
}

impl Wanted {
    async fn of(&self, reads: &Reads, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        // Ids sort by time.
        let conditions = [
            ("actor_id =", self.actor_id.map(Value::Id)),
            ("actor =", self.actor.clone().map(Value::Text)),
            ("subject =", self.subject.clone().map(Value::Text)),
            ("id >=", self.from.map(|from| Value::Id(from.first_id()))),
            ("id <", self.before.map(|before| Value::Id(before.first_id()))),
            ("id <", self.older_than.map(Value::Id)),
        ];
        let (mut texts, mut parameters) = (Vec::new(), Vec::new());
        for (condition, value) in conditions {
            let Some(value) = value else { continue };
            parameters.push(value);
            texts.push(format!("{condition} {}", reads.parameter(parameters.len())));
        }
        let filter = if texts.is_empty() { String::new() } else { format!("WHERE {} ", texts.join(" AND ")) };
        let rows =
            reads.rows(&AUDIT_LOG, &format!("{filter}ORDER BY id DESC LIMIT {limit}"), parameters).await?;
        Ok(rows.into_iter().map(AuditEntry::from_row).collect::<Result<_, _>>()?)
    }
}
