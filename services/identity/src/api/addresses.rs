//! The addresses that customers keep.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use contracts::{Address, is_country};
use garde::Validate;
use host::{Body, Customer, Keyed, Problem, Segment};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Api, failure::Failure, fields};
use crate::{
    domain::{AddressBook, AddressChange, SavedAddress},
    message::Message,
};

/// An address that the customer keeps.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AddressView {
    /// Its id.
    id: Uuid,
    /// What the customer calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Whether it is the one that is used unless another is chosen.
    is_default: bool,
    /// Where a parcel goes.
    address: Address,
}

impl From<SavedAddress> for AddressView {
    fn from(saved: SavedAddress) -> Self {
        let SavedAddress { id, label, is_default, address } = saved;
        Self { id, label, is_default, address }
    }
}

/// The addresses of a customer.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AddressesView {
    /// In the order in which they were added.
    items: Vec<AddressView>,
}

/// A garde rule: an address whose fields can be printed.
fn postal(address: &Address, _: &()) -> garde::Result {
    let fields = [
        ("name", &address.name, 200),
        ("street", &address.street, 200),
        ("postal_code", &address.postal_code, 20),
        ("city", &address.city, 100),
    ];
    for (name, text, longest) in fields {
        if text.chars().count() > longest {
            return Err(garde::Error::new(format!("{name}: longer than {longest} characters")));
        }
        fields::shown(text, &()).map_err(|error| garde::Error::new(format!("{name}: {error}")))?;
    }
    match is_country(&address.country) {
        true => Ok(()),
        false => Err(garde::Error::new("country: not a country's code of ISO 3166-1, such as DE")),
    }
}

/// An address to keep.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddAddressInput {
    /// What the customer calls it.
    #[serde(default)]
    #[garde(inner(length(chars, max = 100), custom(fields::plain)))]
    #[schema(example = "Home", max_length = 100)]
    label: Option<String>,
    /// Whether it is to be the one that is used unless another is chosen. The first one is.
    #[serde(default)]
    #[garde(skip)]
    is_default: bool,
    /// Where a parcel goes.
    #[garde(custom(postal))]
    address: Address,
}

/// What changes about an address. What is not named stays as it is.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditAddressInput {
    /// What the customer calls it; empty for nothing any more.
    #[serde(default)]
    #[garde(inner(length(chars, max = 100), custom(fields::plain)))]
    #[schema(max_length = 100)]
    label: Option<String>,
    /// `true` makes it the one that is used unless another is chosen.
    #[serde(default)]
    #[garde(skip)]
    is_default: bool,
    /// Where a parcel goes.
    #[serde(default)]
    #[garde(inner(custom(postal)))]
    address: Option<Address>,
}

impl Api {
    async fn book(&self, customer: Customer) -> Result<Vec<SavedAddress>, Failure> {
        let book = self.engine.reads().get::<AddressBook>(customer.id).await?;
        Ok(book.map(|book| book.addresses).unwrap_or_default())
    }

    async fn saved(&self, customer: Customer, id: Uuid) -> Result<AddressView, Failure> {
        let saved = self.book(customer).await?.into_iter().find(|saved| saved.id == id);
        Ok(saved.ok_or_else(|| Problem::not_found("address"))?.into())
    }
}

/// The customer's addresses.
#[utoipa::path(get, path = "/me/addresses", tag = "me", operation_id = "list_addresses", responses((status = 200, body = AddressesView)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    customer: Customer,
) -> Result<Json<AddressesView>, Failure> {
    let items = api.book(customer).await?.into_iter().map(AddressView::from).collect();
    Ok(Json(AddressesView { items }))
}

/// Keeps an address: at most 50.
#[utoipa::path(post, path = "/me/addresses", tag = "me", operation_id = "add_address", request_body = AddAddressInput,
    responses((status = 200, body = AddressesView), (status = 409, body = Problem, description = "`too_many_addresses`."), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(api): State<Arc<Api>>,
    customer: Customer,
    request: Keyed<AddAddressInput>,
) -> Result<Json<AddressesView>, Failure> {
    let AddAddressInput { label, is_default, address } = request.body;
    let label = label.filter(|label| !label.is_empty());
    let change = AddressChange::Add { id: api.new_id(), label, is_default, address };
    api.command(None, request.key, Message::ChangeAddresses { customer_id: customer.id, change }).await?;
    let items = api.book(customer).await?.into_iter().map(AddressView::from).collect();
    Ok(Json(AddressesView { items }))
}

/// Writes an address otherwise.
#[utoipa::path(patch, path = "/me/addresses/{id}", tag = "me", operation_id = "edit_address", request_body = EditAddressInput,
    params(("id" = Uuid, Path, description = "The address.")),
    responses((status = 200, body = AddressView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(api): State<Arc<Api>>,
    customer: Customer,
    Segment(id): Segment<Uuid>,
    Body(EditAddressInput { label, is_default, address }): Body<EditAddressInput>,
) -> Result<Json<AddressView>, Failure> {
    let change = AddressChange::Edit { id, label, is_default, address };
    api.command(None, None, Message::ChangeAddresses { customer_id: customer.id, change }).await?;
    Ok(Json(api.saved(customer, id).await?))
}

/// Keeps an address no longer. Where it was the default, the oldest one that is left is.
#[utoipa::path(delete, path = "/me/addresses/{id}", tag = "me", operation_id = "remove_address",
    params(("id" = Uuid, Path, description = "The address.")),
    responses((status = 204, description = "It is gone."), (status = 404, body = Problem)))]
pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    customer: Customer,
    Segment(id): Segment<Uuid>,
) -> Result<StatusCode, Failure> {
    let change = AddressChange::Remove { id };
    api.command(None, None, Message::ChangeAddresses { customer_id: customer.id, change }).await?;
    Ok(StatusCode::NO_CONTENT)
}
