//! The development mailbox. Its mails hold live links: it is for admins alone.

use axum::{Json, extract::State as Shared, response::Response};
use host::{ListAddress, Page, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Api, page, place};
use crate::channel::mailbox::StoredMail;

/// Which mails an admin wants to see.
#[derive(Deserialize, garde::Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MailboxQuery {
    /// Only those to this address.
    #[serde(default)]
    #[garde(length(bytes, max = 254))]
    #[param(max_length = 254)]
    recipient: Option<String>,
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

/// A mail in the development mailbox.
#[derive(Serialize, ToSchema)]
pub(super) struct MailSummary {
    /// The notification that it is of.
    id: Uuid,
    recipient: String,
    subject: String,
    /// When it came.
    #[schema(format = DateTime)]
    received_at: String,
}

/// A header of a mail.
#[derive(Serialize, ToSchema)]
pub(super) struct MailHeader {
    #[schema(example = "Auto-Submitted")]
    name: String,
    #[schema(example = "auto-generated")]
    value: String,
}

/// A mail, as a server would have been given it.
#[derive(Serialize, ToSchema)]
pub(super) struct MailView {
    #[serde(flatten)]
    summary: MailSummary,
    headers: Vec<MailHeader>,
    text: String,
    html: String,
}

impl MailSummary {
    fn of(mail: &StoredMail) -> Self {
        Self {
            id: mail.id,
            recipient: mail.recipient.clone(),
            subject: mail.subject.clone(),
            received_at: mail.at_us.to_rfc3339(),
        }
    }
}

/// The mails that the shop would have sent, newest first. The oldest go when there are too many.
#[utoipa::path(get, path = "/admin/mailbox", tag = "admin", params(MailboxQuery),
    responses((status = 200, body = Page<MailSummary>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list_mailbox(
    Shared(api): Shared<Api>,
    _: Staff,
    address: ListAddress,
    Params(MailboxQuery { recipient, limit, cursor }): Params<MailboxQuery>,
) -> Result<Response, Problem> {
    let before = cursor.as_deref().map(place).transpose()?;
    let found = api.mailbox.list(recipient.as_deref(), before, limit as usize + 1);
    let page = page(found, limit, |last| (last.at_us, last.id), |mail| MailSummary::of(&mail));
    Ok(address.page(page, limit))
}

/// A mail with its headers, its text and its HTML. Its links work.
#[utoipa::path(get, path = "/admin/mailbox/{id}", tag = "admin", params(("id" = Uuid, Path, description = "The mail, by its notification.")),
    responses((status = 200, body = MailView), (status = 404, body = Problem)))]
pub(super) async fn get_mail(
    Shared(api): Shared<Api>,
    _: Staff,
    Segment(id): Segment<Uuid>,
) -> Result<Json<MailView>, Problem> {
    let mail = api.mailbox.get(id).ok_or_else(|| Problem::not_found("mail"))?;
    let header = |(name, value): &(String, String)| MailHeader { name: name.clone(), value: value.clone() };
    Ok(Json(MailView {
        summary: MailSummary::of(&mail),
        headers: mail.headers.iter().map(header).collect(),
        text: mail.text.clone(),
        html: mail.html.clone(),
    }))
}
