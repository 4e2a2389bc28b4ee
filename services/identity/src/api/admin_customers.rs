//! Customers, for staff. Never a password, nor its hash.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use contracts::CustomerId;
use garde::Validate;
use host::{Keyed, ListAddress, Moment, Page, Params, Problem, Segment, Staff, cursor};
use serde::Deserialize;

use super::{Api, failure::Failure, views::StaffCustomerView};
use crate::{
    domain::{Customer, CustomerStatus, normalised},
    message::Message,
    store::{self, Wanted},
};

/// Which customers staff want to see.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomersQuery {
    /// Only the one with this address.
    #[serde(default)]
    #[garde(length(bytes, max = 254))]
    email: Option<String>,
    /// Only those with these letters in their names.
    #[serde(default)]
    #[garde(length(chars, max = 200))]
    name: Option<String>,
    /// Only those whose address is verified, or is not.
    #[serde(default)]
    #[garde(skip)]
    verified: Option<bool>,
    /// Only those who signed up at this time or later, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_from: Option<Moment>,
    /// Only those who signed up before this time, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    created_before: Option<Moment>,
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

/// Customers with an account, newest first.
#[utoipa::path(get, path = "/admin/customers", tag = "admin", operation_id = "list_customers", params(CustomersQuery),
    responses((status = 200, body = Page<StaffCustomerView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    _: Staff,
    address: ListAddress,
    Params(query): Params<CustomersQuery>,
) -> Result<Response, Failure> {
    let wanted = Wanted {
        email: query.email.as_deref().map(normalised),
        name: query.name.map(|name| name.to_lowercase()),
        verified: query.verified,
        created_from: query.created_from.map(|moment| moment.0),
        created_before: query.created_before.map(|moment| moment.0),
        before: cursor(query.cursor.as_deref())?,
    };
    // One more than is shown tells whether there is a next page.
    let found = store::customers(api.engine.reads(), &wanted, query.limit + 1).await?;
    let cursor = |last: &Customer| last.customer_id.to_string();
    Ok(address.page(Page::cut(found, query.limit, cursor, StaffCustomerView::from), query.limit))
}

/// A customer.
#[utoipa::path(get, path = "/admin/customers/{id}", tag = "admin", operation_id = "get_customer",
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, body = StaffCustomerView, headers(("ETag" = String, description = "Changes with the customer."))), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(api): State<Arc<Api>>,
    _: Staff,
    Segment(customer_id): Segment<CustomerId>,
) -> Result<Response, Failure> {
    view(&api, customer_id).await
}

async fn view(api: &Api, customer_id: CustomerId) -> Result<Response, Failure> {
    let customer = api.engine.reads().get::<Customer>(customer_id).await?;
    let customer = customer.filter(|customer| customer.status != CustomerStatus::Deleted);
    let customer = customer.ok_or_else(|| Problem::not_found("customer"))?;
    let etag =
        HeaderValue::from_str(&format!("\"{}\"", customer.updated_us.0)).map_err(|_| Problem::internal())?;
    Ok(([(header::ETAG, etag)], Json(StaffCustomerView::from(customer))).into_response())
}

/// Nothing.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseCustomerInput {}

/// Closes a customer's account: nobody logs in to it, and its sessions end at once.
#[utoipa::path(post, path = "/admin/customers/{id}/disable", tag = "admin", operation_id = "disable_customer", request_body = CloseCustomerInput,
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, body = StaffCustomerView), (status = 404, body = Problem)))]
pub(super) async fn disable(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(customer_id): Segment<CustomerId>,
    request: Keyed<CloseCustomerInput>,
) -> Result<Response, Failure> {
    let message = Message::SetCustomerDisabled { customer_id, disabled: true };
    api.command(Some(actor), request.key, message).await?;
    view(&api, customer_id).await
}

/// Opens a customer's account again.
#[utoipa::path(post, path = "/admin/customers/{id}/enable", tag = "admin", operation_id = "enable_customer", request_body = CloseCustomerInput,
    params(("id" = CustomerId, Path, description = "The customer.")),
    responses((status = 200, body = StaffCustomerView), (status = 404, body = Problem)))]
pub(super) async fn enable(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(customer_id): Segment<CustomerId>,
    request: Keyed<CloseCustomerInput>,
) -> Result<Response, Failure> {
    let message = Message::SetCustomerDisabled { customer_id, disabled: false };
    api.command(Some(actor), request.key, message).await?;
    view(&api, customer_id).await
}
