//! Routes of stock: how much there is, for everybody; what came in, what was counted and what is low, for staff.

mod history;
mod staff;

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::ProductId;
use engine::{Clock, Engine, RandomIds};
use host::{Problem, Segment};
use parking_lot::Mutex;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Stock, message::Level, service::Inventory};

/// What the routes work with.
pub(crate) struct Api {
    engine: Engine<Inventory>,
    clock: Arc<dyn Clock>,
    ids: Mutex<RandomIds>,
}

impl Api {
    pub(crate) fn new(engine: Engine<Inventory>, clock: Arc<dyn Clock>) -> Self {
        Self { engine, clock, ids: Mutex::new(RandomIds::new()) }
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_stock))
        .routes(routes!(staff::adjust_stock, staff::list_stock))
        .routes(routes!(staff::set_threshold))
        .routes(routes!(history::list_movements))
        .with_state(Arc::new(api))
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
