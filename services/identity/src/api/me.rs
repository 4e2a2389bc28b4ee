//! What customers see and change of themselves.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use garde::Validate;
use host::{Body, ClientAddress, Customer as Caller, Problem};
use serde::{Deserialize, Serialize};

use super::{
    Api, addresses::AddressView, failure::Failure, fields, sessions::SessionView, views::CustomerView,
};
use crate::{
    domain::{AddressBook, AttemptKey, Customer, CustomerStatus, ProfileChange, normalised},
    message::{Message, Reply},
    store,
};

impl Api {
    /// The customer who asks.
    pub(super) async fn own_customer(&self, caller: Caller) -> Result<Customer, Failure> {
        let customer = self.engine.reads().get::<Customer>(caller.id).await?;
        let customer = customer.filter(|customer| customer.status == CustomerStatus::Active);
        customer.ok_or_else(|| Problem::not_found("customer").into())
    }

    /// Lets a customer confirm the password. Answers the attempts that have succeeded.
    async fn confirm_customer(
        self: &Arc<Self>,
        customer: &Customer,
        password: String,
        client: &ClientAddress,
    ) -> Result<Vec<AttemptKey>, Failure> {
        let attempts = self.attempt_to_confirm(customer.customer_id.0, client).await?;
        self.confirm(password, customer.password.clone()).await?;
        Ok(attempts)
    }
}

/// The customer who asks.
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "get_me", responses((status = 200, body = CustomerView)))]
pub(super) async fn get(State(api): State<Arc<Api>>, caller: Caller) -> Result<Json<CustomerView>, Failure> {
    Ok(Json(api.own_customer(caller).await?.into()))
}

/// What a customer changes about itself. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditMeInput {
    /// What it is called.
    #[serde(default)]
    #[garde(inner(length(chars, max = 200), custom(fields::shown)))]
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Where it is called; empty for nowhere any more.
    #[serde(default)]
    #[garde(inner(length(chars, max = 40), custom(fields::phone)))]
    #[schema(example = "+44 20 7946 0958", max_length = 40)]
    phone: Option<String>,
    /// Another address. It counts once the link that is sent there is followed. Needs `current_password`.
    #[serde(default)]
    #[garde(inner(custom(fields::email)))]
    #[schema(max_length = 254)]
    email: Option<String>,
    /// Another password; the other sessions end. Needs `current_password`.
    #[serde(default)]
    #[garde(inner(length(chars, min = 8, max = 128)))]
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: Option<String>,
    /// The password until now.
    #[serde(default)]
    #[garde(inner(length(chars, max = 128)))]
    #[schema(format = Password, max_length = 128)]
    current_password: Option<String>,
}

/// Changes what the customer says of itself.
#[utoipa::path(patch, path = "/me", tag = "me", operation_id = "edit_me", request_body = EditMeInput,
    responses((status = 200, body = CustomerView), (status = 401, body = Problem, description = "`invalid_credentials`: the password until now is another."),
        (status = 409, body = Problem, description = "`email_taken`."), (status = 422, body = Problem),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn edit(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    caller: Caller,
    Body(input): Body<EditMeInput>,
) -> Result<Json<CustomerView>, Failure> {
    let customer = api.own_customer(caller).await?;
    let mut change = ProfileChange {
        name: input.name.map(|name| name.trim().to_owned()),
        phone: input.phone.map(|phone| phone.trim().to_owned()),
        ..ProfileChange::default()
    };
    if input.email.is_some() || input.password.is_some() {
        let Some(current) = input.current_password else {
            return Err(Failure::invalid("current_password", "needed for another address or password"));
        };
        if let Some(chosen) = &input.password {
            api.check_choice("password", chosen, &customer.email)?;
        }
        change.attempts = api.confirm_customer(&customer, current, &client).await?;
        change.email = input.email.map(|email| (normalised(&email), api.new_id()));
        change.client = api.address_key(&client);
        if let Some(chosen) = input.password {
            change.password = Some((customer.password_version, api.passwords.hash(chosen).await?));
        }
    }
    let (customer_id, session_id, change) = (caller.id, caller.session_id, Box::new(change));
    match api.command(None, None, Message::ChangeProfile { customer_id, session_id, change }).await? {
        Reply::Wait(wait) => Err(Failure::too_many_attempts(wait)),
        _ => Ok(Json(api.own_customer(caller).await?.into())),
    }
}

/// The password, to confirm who asks.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteMeInput {
    /// The account's password.
    #[garde(length(chars, max = 128))]
    #[schema(format = Password, max_length = 128)]
    password: String,
}

/// Closes the customer's account for good. The account, its addresses, sessions and links are gone; orders stay, as the law asks.
#[utoipa::path(delete, path = "/me", tag = "me", operation_id = "delete_me", request_body = DeleteMeInput,
    responses((status = 204, description = "There is no such account any more."), (status = 401, body = Problem, description = "`invalid_credentials`."),
        (status = 429, body = Problem, description = "`too_many_attempts`.", headers(("Retry-After" = u64, description = "Seconds until the next attempt.")))))]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    client: ClientAddress,
    caller: Caller,
    Body(DeleteMeInput { password }): Body<DeleteMeInput>,
) -> Result<StatusCode, Failure> {
    let customer = api.own_customer(caller).await?;
    let attempts = api.confirm_customer(&customer, password, &client).await?;
    let (customer_id, password_version) = (caller.id, customer.password_version);
    api.command(None, None, Message::DeleteCustomer { customer_id, password_version, attempts }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that this part of the shop keeps about a customer.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ExportView {
    /// The account.
    customer: CustomerView,
    /// Its addresses.
    addresses: Vec<AddressView>,
    /// Its sessions.
    sessions: Vec<SessionView>,
    /// Where the rest is, for the same access token.
    elsewhere: Vec<&'static str>,
}

/// What other parts of the shop keep.
const ELSEWHERE: [&str; 4] =
    ["/api/v1/me/cart", "/api/v1/me/orders", "/api/v1/me/wallet", "/api/v1/me/notifications"];

/// All that is kept about the customer here, and where the rest is.
#[utoipa::path(get, path = "/me/export", tag = "me", operation_id = "export_me", responses((status = 200, body = ExportView)))]
pub(super) async fn export(State(api): State<Arc<Api>>, caller: Caller) -> Result<Json<ExportView>, Failure> {
    let reads = api.engine.reads();
    let customer = api.own_customer(caller).await?;
    let addresses = reads.get::<AddressBook>(caller.id).await?.map(|book| book.addresses).unwrap_or_default();
    let sessions = store::live_sessions(reads, caller.id.0, api.clock.now()).await?;
    Ok(Json(ExportView {
        customer: customer.into(),
        addresses: addresses.into_iter().map(AddressView::from).collect(),
        sessions: sessions.into_iter().map(|session| SessionView::of(session, caller.session_id)).collect(),
        elsewhere: ELSEWHERE.to_vec(),
    }))
}
