//! Staff's routes of stock.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use contracts::ProductId;
use engine::Ids;
use garde::Validate;
use host::{Body, Keyed, ListAddress, Page, Params, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};

use super::{Api, StockView};
use crate::{
    domain::{AdjustmentReason, Change, Stock, WantedChange},
    message::{Message, Reply},
    service::Inventory,
    store,
};

/// The most units that one change says.
const UNITS_MAX: i64 = 1_000_000_000;

/// What staff say about stock.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustStock {
    /// Why; a delivery unless it is said otherwise.
    #[garde(skip)]
    #[serde(default = "received")]
    #[schema(inline)]
    reason: AdjustmentReason,
    /// In words, for the history of each of the products.
    #[garde(length(chars, min = 1, max = 200), custom(words))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200, example = "Delivery note 4711")]
    note: Option<String>,
    /// The products. All of them are changed, or none where one cannot be.
    #[garde(length(min = 1, max = 1000), dive)]
    #[schema(min_items = 1, max_items = 1000)]
    stock: Vec<ProductStock>,
}

/// What people write and read in a history.
fn words(note: &Option<String>, _: &()) -> garde::Result {
    match note.as_deref().is_some_and(|note| note.trim().is_empty() || note.chars().any(char::is_control)) {
        false => Ok(()),
        true => Err(garde::Error::new("blank, or with control characters")),
    }
}

fn received() -> AdjustmentReason {
    AdjustmentReason::Received
}

/// How a product's stock changes: either to `on_hand` units, or by `delta`.
#[derive(Clone, Copy, Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ProductStock {
    #[garde(skip)]
    product_id: ProductId,
    /// Exactly so many units are there from now on.
    #[garde(range(min = 0, max = UNITS_MAX), custom(one_of(&self.delta)))]
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    on_hand: Option<i64>,
    /// So many units more; fewer where it is negative.
    #[garde(range(min = -UNITS_MAX, max = UNITS_MAX))]
    #[serde(default)]
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    delta: Option<i64>,
}

/// Of two ways to say it, a request uses one.
fn one_of<T>(other: &Option<i64>) -> impl FnOnce(&Option<i64>, &T) -> garde::Result + '_ {
    move |this, _| match this.is_some() != other.is_some() {
        true => Ok(()),
        false => Err(garde::Error::new("give either on_hand or delta")),
    }
}

impl From<ProductStock> for WantedChange {
    fn from(ProductStock { product_id, on_hand, delta }: ProductStock) -> Self {
        let change = on_hand.map_or(Change::By(delta.unwrap_or(0)), Change::To);
        Self { product_id, change }
    }
}

/// The products that were changed, as they are now.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct AdjustedStock {
    stock: Vec<StockView>,
}

/// Says what came in, what was counted, or what is gone.
#[utoipa::path(post, path = "/admin/stock", tag = "admin", request_body = AdjustStock,
    responses((status = 200, body = AdjustedStock), (status = 409, body = Problem, description = "`stock_promised`: fewer would be left than are promised."), (status = 422, body = Problem)))]
pub(super) async fn adjust_stock(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    request: Keyed<AdjustStock>,
) -> Result<Json<AdjustedStock>, Problem> {
    let AdjustStock { reason, note, stock } = request.body;
    let adjustment_id = api.ids.lock().next(api.clock.now());
    let changes = stock.into_iter().map(WantedChange::from).collect();
    let message = Message::AdjustStock { adjustment_id, reason, note, changes };
    match api.engine.command_by(actor, request.key, message).await? {
        Reply::Adjusted(levels) => {
            Ok(Json(AdjustedStock { stock: levels.into_iter().map(StockView::from).collect() }))
        }
        Reply::Done | Reply::Held(_) | Reply::Stock(_) => Err(Problem::internal()),
    }
}

/// Which products' stock staff want to see.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StockQuery {
    /// Only what is low.
    #[serde(default)]
    #[garde(skip)]
    low: bool,
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

/// Units of a product, as staff see them.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StockItem {
    product_id: ProductId,
    /// Units in the warehouse.
    #[schema(example = 12)]
    on_hand: i64,
    /// Units of these that are promised to carts and orders.
    #[schema(example = 9)]
    reserved: i64,
    /// Units that can still be promised.
    #[schema(example = 3)]
    available: i64,
    /// Below this many available units the stock is low; 0 is never.
    #[schema(example = 5)]
    threshold: i64,
    /// Whether it is low.
    low: bool,
}

impl StockItem {
    fn of(stock: &Stock, inventory: &Inventory) -> Self {
        Self {
            product_id: stock.product_id,
            on_hand: stock.on_hand,
            reserved: stock.reserved,
            available: stock.available(),
            threshold: stock.threshold_or(inventory.low_stock_threshold()),
            low: inventory.is_low(stock),
        }
    }
}

/// The stock of all products, or of those that are low, by product.
#[utoipa::path(get, path = "/admin/stock", tag = "admin",
    params(StockQuery),
    responses((status = 200, body = Page<StockItem>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list_stock(
    State(api): State<Arc<Api>>,
    _: Staff,
    address: ListAddress,
    Params(StockQuery { low, limit, cursor }): Params<StockQuery>,
) -> Result<Response, Problem> {
    let after = host::cursor(cursor.as_deref())?;
    let inventory = api.engine.service();
    let low_by = low.then(|| inventory.low_stock_threshold());
    // One more than is shown tells whether there is a next page.
    let found = store::listed(api.engine.reads(), low_by, after, limit + 1).await?;
    let cursor = |last: &Stock| last.product_id.to_string();
    let page = Page::cut(found, limit, cursor, |stock| StockItem::of(&stock, inventory));
    Ok(address.page(page, limit))
}

/// When a product's stock is low.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetThreshold {
    /// Below this many available units; 0 is never, and null is what the settings say.
    #[garde(range(min = 0, max = UNITS_MAX))]
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 5)]
    threshold: Option<i64>,
}

/// Sets below how many available units a product's stock is low.
#[utoipa::path(put, path = "/admin/stock/{product_id}/threshold", tag = "admin", request_body = SetThreshold,
    params(("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = StockItem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn set_threshold(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(product_id): Segment<ProductId>,
    Body(SetThreshold { threshold }): Body<SetThreshold>,
) -> Result<Json<StockItem>, Problem> {
    match api.engine.command_by(actor, None, Message::SetThreshold { product_id, threshold }).await? {
        Reply::Stock(stock) => Ok(Json(StockItem::of(&stock, api.engine.service()))),
        Reply::Done | Reply::Held(_) | Reply::Adjusted(_) => Err(Problem::internal()),
    }
}
