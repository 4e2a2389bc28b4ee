//! Routes of stock: how much there is, for everybody; what came in and what was counted, for staff.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use contracts::ProductId;
use engine::{Clock, Engine, Ids, RandomIds};
use garde::Validate;
use host::{AdminToken, Keyed, Problem, Segment};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{AdjustmentReason, Change, Stock, WantedChange},
    message::{Level, Message, Reply},
    service::Inventory,
};

/// What the routes work with.
pub(crate) struct Api {
    engine: Engine<Inventory>,
    admin: AdminToken,
    clock: Arc<dyn Clock>,
    ids: Mutex<RandomIds>,
}

impl Api {
    pub(crate) fn new(engine: Engine<Inventory>, admin: AdminToken, clock: Arc<dyn Clock>) -> Self {
        Self { engine, admin, clock, ids: Mutex::new(RandomIds::new()) }
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get_stock)).routes(routes!(adjust_stock)).with_state(Arc::new(api))
}

/// Units of a product.
#[derive(Serialize, utoipa::ToSchema)]
struct StockView {
    product_id: ProductId,
    /// Units in the warehouse.
    #[schema(example = 12)]
    on_hand: i64,
    /// Units of these that are not promised to a cart or an order.
    #[schema(example = 9)]
    available: i64,
}

impl From<Level> for StockView {
    fn from(Level { product_id, on_hand, available }: Level) -> Self {
        Self { product_id, on_hand, available }
    }
}

/// How many units of a product there are.
#[utoipa::path(get, path = "/products/{id}/stock", tag = "products",
    params(("id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = StockView), (status = 404, body = Problem, description = "No such product, or its units are not counted.")))]
async fn get_stock(
    State(api): State<Arc<Api>>,
    Segment(id): Segment<ProductId>,
) -> Result<Json<StockView>, Problem> {
    let stock = api.engine.reads().get::<Stock>(id).await?;
    let stock = stock.ok_or_else(|| Problem::not_found("product with stock"))?;
    Ok(Json(Level::from(&stock).into()))
}

/// The most units that one change says.
const UNITS_MAX: i64 = 1_000_000_000;

/// What staff say about stock.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustStock {
    /// Why; a delivery unless it is said otherwise.
    #[garde(skip)]
    #[serde(default = "received")]
    #[schema(inline)]
    reason: AdjustmentReason,
    /// The products. All of them are changed, or none where one cannot be.
    #[garde(length(min = 1, max = 1000), dive)]
    #[schema(min_items = 1, max_items = 1000)]
    stock: Vec<ProductStock>,
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
struct AdjustedStock {
    stock: Vec<StockView>,
}

/// Says what came in, what was counted, or what is gone.
#[utoipa::path(post, path = "/admin/stock", tag = "admin", request_body = AdjustStock,
    params(("X-Admin-Token" = String, Header, description = "The installation's admin token.")),
    responses((status = 200, body = AdjustedStock), (status = 401, body = Problem),
        (status = 409, body = Problem, description = "`stock_promised`: fewer would be left than are promised."), (status = 422, body = Problem)))]
async fn adjust_stock(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    request: Keyed<AdjustStock>,
) -> Result<Json<AdjustedStock>, Problem> {
    api.admin.check(&headers)?;
    let AdjustStock { reason, stock } = request.body;
    let adjustment_id = api.ids.lock().next(api.clock.now());
    let changes = stock.into_iter().map(WantedChange::from).collect();
    let message = Message::AdjustStock { adjustment_id, reason, changes };
    match api.engine.command(request.key, message).await? {
        Reply::Adjusted(levels) => {
            Ok(Json(AdjustedStock { stock: levels.into_iter().map(StockView::from).collect() }))
        }
        Reply::Done | Reply::Held(_) => Err(Problem::internal()),
    }
}
