//! Routes of products: browsing for everybody, changes for staff.

mod cache;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use contracts::ProductId;
use engine::{Clock, Engine, Ids, RandomIds};
use host::{AdminToken, Keyed, Page, PageQuery, Params, Problem, Segment};
use parking_lot::Mutex;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Product, is_slug},
    service::{Catalog, Message, Reply},
    store,
};
use cache::{Cache, Rendered, Wanted};
use views::{ChangePrice, CreateProducts, CreatedProduct, CreatedProducts, ProductView};

/// The list's address, as the `Link` header names it.
const PRODUCTS_PATH: &str = "/api/v1/products";

/// What the routes work with.
pub(crate) struct Api {
    engine: Engine<Catalog>,
    admin: AdminToken,
    clock: Arc<dyn Clock>,
    ids: Mutex<RandomIds>,
    cache: Cache,
}

impl Api {
    pub(crate) fn new(engine: Engine<Catalog>, admin: AdminToken, clock: Arc<dyn Clock>) -> Self {
        Self { engine, admin, clock, ids: Mutex::new(RandomIds::new()), cache: Cache::default() }
    }

    fn new_id(&self) -> ProductId {
        self.ids.lock().next(self.clock.now()).into()
    }

    async fn command(&self, key: Option<engine::CommandKey>, message: Message) -> Result<Reply, Problem> {
        Ok(self.engine.command(key, message).await?)
    }

    /// An answer from memory, or one that was rendered now. The revision is read first: what commits meanwhile makes the answer old at once.
    async fn cached(
        &self,
        wanted: Wanted,
        render: impl Future<Output = Result<Rendered, Problem>>,
    ) -> Result<Rendered, Problem> {
        let (revision, now) = (self.engine.revision(), self.clock.now());
        if let Some(rendered) = self.cache.get(&wanted, revision, now) {
            return Ok(rendered);
        }
        let rendered = render.await?;
        self.cache.put(wanted, rendered.clone(), revision, now);
        Ok(rendered)
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_products))
        .routes(routes!(get_product))
        .routes(routes!(create_products))
        .routes(routes!(change_price))
        .with_state(Arc::new(api))
}

/// The products of the shop, oldest first.
#[utoipa::path(get, path = "/products", tag = "products", params(PageQuery),
    responses((status = 200, body = Page<ProductView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
async fn list_products(
    State(api): State<Arc<Api>>,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Rendered, Problem> {
    let after = match cursor.as_deref().map(str::parse::<ProductId>) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => {
            let detail = "The cursor is not one that a page has named.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail));
        }
    };
    let render = async {
        // One more than is shown tells whether there is a next page.
        let mut products = store::listed(api.engine.reads(), after, limit + 1).await?;
        let has_more = products.len() > limit as usize;
        products.truncate(limit as usize);
        let next_cursor = products.last().filter(|_| has_more).map(|last| last.product_id.to_string());
        let link = next_cursor
            .as_ref()
            .map(|cursor| format!("<{PRODUCTS_PATH}?limit={limit}&cursor={cursor}>; rel=\"next\""));
        let items = products.into_iter().map(ProductView::from).collect();
        Ok(Rendered::of(&Page { items, next_cursor }, link))
    };
    api.cached(Wanted::List { limit, after }, render).await
}

/// A product, by its id or its slug.
#[utoipa::path(get, path = "/products/{id}", tag = "products",
    params(("id" = String, Path, description = "The product's id or its slug.")),
    responses((status = 200, body = ProductView), (status = 404, body = Problem)))]
async fn get_product(
    State(api): State<Arc<Api>>,
    Segment(name): Segment<String>,
) -> Result<Rendered, Problem> {
    let render = async {
        let reads = api.engine.reads();
        let product = match name.parse::<ProductId>() {
            Ok(id) => reads.get::<Product>(id).await?,
            Err(_) if is_slug(&name) => store::of_slug(reads, &name).await?,
            Err(_) => None,
        };
        let product = product.ok_or_else(|| Problem::not_found("product"))?;
        Ok(Rendered::of(&ProductView::from(product), None))
    };
    api.cached(Wanted::Product(name.clone()), render).await
}

/// Adds products: all of them, or none. One whose SKU is there already is answered with the product that has it.
#[utoipa::path(post, path = "/admin/products", tag = "admin", request_body = CreateProducts,
    params(("X-Admin-Token" = String, Header, description = "The installation's admin token.")),
    responses((status = 200, body = CreatedProducts), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_products(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    request: Keyed<CreateProducts>,
) -> Result<Json<CreatedProducts>, Problem> {
    api.admin.check(&headers)?;
    let products = request.body.products.into_iter().map(|input| input.into_new_product(|| api.new_id()));
    let message = Message::CreateProducts { products: products.collect() };
    let Reply::Products(products) = api.command(request.key, message).await? else {
        return Err(Problem::internal());
    };
    Ok(Json(CreatedProducts { products: products.into_iter().map(CreatedProduct::from).collect() }))
}

/// Sells a product for another price from now on. Open carts take it over.
#[utoipa::path(post, path = "/admin/products/{id}/price", tag = "admin", request_body = ChangePrice,
    params(("id" = ProductId, Path, description = "The product."),
        ("X-Admin-Token" = String, Header, description = "The installation's admin token.")),
    responses((status = 200, body = ProductView), (status = 401, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn change_price(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Segment(product_id): Segment<ProductId>,
    request: Keyed<ChangePrice>,
) -> Result<Json<ProductView>, Problem> {
    api.admin.check(&headers)?;
    let message = Message::ChangePrice { product_id, price: request.body.price };
    match api.command(request.key, message).await? {
        Reply::Product(product) => Ok(Json(product.into())),
        Reply::Products(_) => Err(Problem::internal()),
    }
}
