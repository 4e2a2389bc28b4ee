//! Accounts of staff, for admins. Nobody sets anybody else's password: an invitation lets its reader choose one.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::{Role, StaffId};
use garde::Validate;
use host::{
    Body, IfMatch, Keyed, LinkKind, ListAddress, Page, PageQuery, Params, Problem, Segment,
    Staff as StaffActor, cursor,
};
use serde::{Deserialize, Serialize};

use super::{Api, failure::Failure, fields, views::StaffView};
use crate::{
    domain::{NewStaff, Staff, StaffChange, normalised},
    message::{Message, Reply},
    store,
};

/// A garde rule: a role of staff.
fn of_staff(role: &Role, _: &()) -> garde::Result {
    match role {
        Role::Customer => {
            Err(garde::Error::new("a customer signs up; the roles of staff are vendor, staff, admin"))
        }
        Role::Vendor | Role::Staff | Role::Admin => Ok(()),
    }
}

/// An account to be made.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddStaffInput {
    /// An address that no other account of staff has.
    #[garde(custom(fields::email))]
    #[schema(example = "grace@example.com", max_length = 254)]
    email: String,
    /// What the audit log calls it. Not `operator`, which is the installation's own token there.
    #[garde(length(chars, max = 200), custom(fields::staff_name))]
    #[schema(example = "Grace Hopper", min_length = 1, max_length = 200)]
    name: String,
    /// What it may do.
    #[garde(custom(of_staff))]
    role: Role,
}

/// An account, and the invitation to it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct InvitedView {
    /// The account.
    staff: StaffView,
    /// Lets its reader choose the password, once: `POST /staff/accept-invitation`. Hand it over where nobody else reads it.
    invitation_token: String,
    /// Until when it is good, as RFC 3339.
    invitation_expires_at: String,
}

/// Accounts of staff, the oldest first.
#[utoipa::path(get, path = "/admin/staff", tag = "admin", operation_id = "list_staff", params(PageQuery),
    responses((status = 200, body = Page<StaffView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    _: StaffActor,
    address: ListAddress,
    Params(query): Params<PageQuery>,
) -> Result<Response, Failure> {
    let after = cursor(query.cursor.as_deref())?;
    // One more than is shown tells whether there is a next page.
    let found = store::staff_after(api.engine.reads(), after, query.limit + 1).await?;
    let cursor = |last: &Staff| last.staff_id.to_string();
    Ok(address.page(Page::cut(found, query.limit, cursor, StaffView::from), query.limit))
}

/// Makes an account, and the invitation with which its holder chooses a password within 48 hours. A repeat under the same
/// `Idempotency-Key` is answered with the same invitation.
#[utoipa::path(post, path = "/admin/staff", tag = "admin", operation_id = "add_staff", request_body = AddStaffInput,
    responses((status = 201, body = InvitedView), (status = 409, body = Problem, description = "`email_taken`."), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    StaffActor(actor): StaffActor,
    request: Keyed<AddStaffInput>,
) -> Result<(StatusCode, Json<InvitedView>), Failure> {
    let AddStaffInput { email, name, role } = request.body;
    let new = NewStaff {
        staff_id: StaffId(api.new_id()),
        email: normalised(&email),
        name: name.trim().to_owned(),
        role,
        link_id: api.new_id(),
    };
    let reply = api.command(Some(actor), request.key, Message::AddStaff(new)).await?;
    Ok((StatusCode::CREATED, Json(invited(&api, reply).await?)))
}

async fn invited(api: &Api, reply: Reply) -> Result<InvitedView, Failure> {
    let Reply::Invited { staff_id, link_id, until_us, .. } = reply else {
        return Err(Problem::internal().into());
    };
    let staff = api.engine.reads().get::<Staff>(staff_id).await?.ok_or_else(Problem::unavailable)?;
    Ok(InvitedView {
        staff: staff.into(),
        invitation_token: api.links.issue(link_id, LinkKind::AcceptInvitation),
        invitation_expires_at: until_us.to_rfc3339(),
    })
}

/// An account of staff, with the `ETag` of its version.
#[utoipa::path(get, path = "/admin/staff/{id}", tag = "admin", operation_id = "get_staff",
    params(("id" = StaffId, Path, description = "The account.")),
    responses((status = 200, body = StaffView, headers(("ETag" = String, description = "The account's version."))), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    _: StaffActor,
    Segment(staff_id): Segment<StaffId>,
) -> Result<Response, Failure> {
    view(&api, staff_id).await
}

async fn view(api: &Api, staff_id: StaffId) -> Result<Response, Failure> {
    let staff = api.engine.reads().get::<Staff>(staff_id).await?;
    let staff = staff.ok_or_else(|| Problem::not_found("account"))?;
    let etag = HeaderValue::from_str(&format!("\"{}\"", staff.revision)).map_err(|_| Problem::internal())?;
    Ok(([(header::ETAG, etag)], Json(StaffView::from(staff))).into_response())
}

/// What changes about an account. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditStaffInput {
    /// What the audit log calls it. Not `operator`, which is the installation's own token there.
    #[serde(default)]
    #[garde(inner(length(chars, max = 200), custom(fields::staff_name)))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What it may do, from its next access token on.
    #[serde(default)]
    #[garde(inner(custom(of_staff)))]
    role: Option<Role>,
    /// Whether it may do nothing any more: its sessions end at once.
    #[serde(default)]
    #[garde(skip)]
    disabled: Option<bool>,
}

/// Changes an account of staff. Nobody disables or demotes the own account or the last admin.
#[utoipa::path(patch, path = "/admin/staff/{id}", tag = "admin", operation_id = "edit_staff", request_body = EditStaffInput,
    params(("id" = StaffId, Path, description = "The account."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that is meant.")),
    responses((status = 200, body = StaffView, headers(("ETag" = String, description = "The account's version."))),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "`own_account`, `last_admin`."),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(api): State<Arc<Api>>,
    StaffActor(actor): StaffActor,
    IfMatch(revision): IfMatch,
    Segment(staff_id): Segment<StaffId>,
    Body(input): Body<EditStaffInput>,
) -> Result<Response, Failure> {
    let EditStaffInput { name, role, disabled } = input;
    let name = name.map(|name| name.trim().to_owned());
    let change = StaffChange { revision, name, role, disabled };
    let by = actor.id;
    api.command(Some(actor), None, Message::ChangeStaff { staff_id, change, by }).await?;
    view(&api, staff_id).await
}

/// Nothing.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetStaffInput {}

/// Takes password and second factor from an account, ends its sessions, and invites it again: for who has forgotten or lost them. Nobody
/// resets the own account, and the last admin is reset with the installation's own token alone.
#[utoipa::path(post, path = "/admin/staff/{id}/reset", tag = "admin", operation_id = "reset_staff", request_body = ResetStaffInput,
    params(("id" = StaffId, Path, description = "The account.")),
    responses((status = 200, body = InvitedView), (status = 403, body = Problem, description = "`account_disabled`."), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`own_account`, `last_admin`.")))]
pub(super) async fn reset(
    State(api): State<Arc<Api>>,
    StaffActor(actor): StaffActor,
    Segment(staff_id): Segment<StaffId>,
    request: Keyed<ResetStaffInput>,
) -> Result<Json<InvitedView>, Failure> {
    let ResetStaffInput {} = request.body;
    let message = Message::ResetStaff { staff_id, link_id: api.new_id(), by: actor.id };
    let reply = api.command(Some(actor), request.key, message).await?;
    Ok(Json(invited(&api, reply).await?))
}
