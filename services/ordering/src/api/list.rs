//! Lists of orders, page by page.

use axum::{http::StatusCode, response::Response};
use contracts::{OrderId, Timestamp};
use host::{ListAddress, Page, Problem};
use serde::{Deserialize, Serialize};

use super::Api;
use crate::{
    domain::{Order, Purchase},
    store::{self, Wanted},
};

/// A time in a query, as RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(pub Timestamp);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = Timestamp::from_rfc3339(&text);
        time.map(Self).ok_or_else(|| serde::de::Error::custom("not a time such as 2026-01-31T12:00:00Z"))
    }
}

/// The order that a page comes after.
pub(super) fn place(cursor: Option<&str>) -> Result<Option<OrderId>, Problem> {
    cursor.map(|cursor| cursor.parse().map_err(|_| invalid_cursor())).transpose()
}

pub(super) fn invalid_cursor() -> Problem {
    let detail = "The cursor is not one that a page has named.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail)
}

/// A page of orders.
pub(super) async fn page<V: Serialize>(
    api: &Api,
    wanted: &Wanted,
    limit: u32,
    address: &ListAddress,
    view: impl Fn(Order, Purchase) -> V,
) -> Result<Response, Problem> {
    // One more than is shown tells whether there is a next page.
    let mut orders = store::listed(api.engine.reads(), wanted, limit + 1).await?;
    let has_more = orders.len() > limit as usize;
    orders.truncate(limit as usize);
    let next_cursor = orders.last().filter(|_| has_more).map(|(order, _)| order.id.to_string());
    let items: Vec<V> = orders.into_iter().map(|(order, purchase)| view(order, purchase)).collect();
    Ok(address.page(Page { items, next_cursor }, limit))
}
