//! Lists of orders, page by page.

use axum::response::Response;
use host::{ListAddress, Page, Problem};
use serde::Serialize;

use super::Api;
use crate::{
    domain::{Order, Purchase},
    store::{self, Wanted},
};

/// A page of orders.
pub(super) async fn page<V: Serialize>(
    api: &Api,
    wanted: &Wanted,
    limit: u32,
    address: &ListAddress,
    view: impl Fn(Order, Purchase) -> V,
) -> Result<Response, Problem> {
    // One more than is shown tells whether there is a next page.
    let found = store::listed(api.engine.reads(), wanted, limit + 1).await?;
    let cursor = |(order, _): &(Order, Purchase)| order.id.to_string();
    Ok(address.page(Page::cut(found, limit, cursor, |(order, purchase)| view(order, purchase)), limit))
}
