//! The history of a product's units, for staff.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use contracts::{OrderId, ProductId};
use host::{ListAddress, Page, PageQuery, Params, Problem, Segment, Staff};
use serde::Serialize;
use uuid::Uuid;

use super::Api;
use crate::{
    domain::{Movement, MovementReason, Stock},
    store,
};

/// A change of a product's units.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct MovementView {
    id: Uuid,
    at: String,
    #[schema(inline)]
    reason: MovementReason,
    /// Units more; fewer where it is negative.
    #[schema(example = -2)]
    delta: i64,
    /// Units in the warehouse after it.
    #[schema(example = 10)]
    on_hand: i64,
    /// The order with which they left or came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// The adjustment by which staff changed them.
    #[serde(skip_serializing_if = "Option::is_none")]
    adjustment_id: Option<Uuid>,
    /// What staff said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        let of_order = matches!(movement.reason, MovementReason::Sold | MovementReason::Restocked);
        Self {
            id: movement.movement_id,
            at: movement.created_us.to_rfc3339(),
            reason: movement.reason,
            delta: movement.delta,
            on_hand: movement.on_hand,
            order_id: of_order.then_some(OrderId(movement.source_id)),
            adjustment_id: (!of_order).then_some(movement.source_id),
            note: movement.note,
        }
    }
}

/// Every change of a product's units on hand, newest first. Their sum is what is on hand.
#[utoipa::path(get, path = "/admin/stock/{product_id}/history", tag = "admin",
    params(("product_id" = ProductId, Path, description = "The product."), PageQuery),
    responses((status = 200, body = Page<MovementView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 404, body = Problem, description = "No such product, or its units are not counted."), (status = 422, body = Problem)))]
pub(super) async fn list_movements(
    State(api): State<Arc<Api>>,
    _: Staff,
    address: ListAddress,
    Segment(product_id): Segment<ProductId>,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Response, Problem> {
    let reads = api.engine.reads();
    let stock = reads.get::<Stock>(product_id).await?;
    let stock = stock.ok_or_else(|| Problem::not_found("product with stock"))?;
    let wanted: Option<Uuid> = host::cursor(cursor.as_deref())?;
    let movements = match wanted.or(stock.last_movement) {
        Some(first) => store::movements_from(reads, product_id, first, limit).await?,
        None => Vec::new(),
    };
    if wanted.is_some() && movements.is_empty() {
        return Err(host::invalid_cursor());
    }
    // A page ends early only at the first movement, which has none before it.
    let next_cursor = movements.last().and_then(|last| last.previous).map(|previous| previous.to_string());
    let items: Vec<MovementView> = movements.into_iter().map(MovementView::from).collect();
    Ok(address.page(Page { items, next_cursor }, limit))
}
