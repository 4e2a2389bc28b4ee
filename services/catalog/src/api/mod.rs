//! Routes of products and categories: browsing for everybody, changes for staff.

mod cache;
mod categories;
mod cursor;
mod inputs;
mod list;
mod pictures;
mod staff;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use axum::{extract::State, http::Uri};
use contracts::ProductId;
use engine::{Actor, Clock, CommandKey, Engine, Ids, RandomIds};
use host::{Counter, Page, Problem, Segment};
use parking_lot::Mutex;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    domain::{Product, ProductStatus, is_slug},
    service::{Catalog, Message, Reply},
    store,
};
use cache::{Cache, Rendered};
use list::{FeaturedParams, ListParams};
use views::ProductView;

/// The list's address, as the `Link` header names it.
const PRODUCTS_PATH: &str = "/api/v1/products";

/// What the routes count.
pub(crate) struct Counters {
    pub featured_requests: Arc<Counter>,
    pub featured_reads: Arc<Counter>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            featured_requests: Counter::new(
                "isotope_catalog_featured_requests_total",
                "Requests for the featured products.",
            ),
            featured_reads: Counter::new(
                "isotope_catalog_featured_reads_total",
                "Times that the featured products were read from the database.",
            ),
        }
    }
}

/// What the routes work with.
pub(crate) struct Api {
    engine: Engine<Catalog>,
    clock: Arc<dyn Clock>,
    ids: Mutex<RandomIds>,
    cache: Cache,
    counters: Counters,
}

impl Api {
    pub(crate) fn new(engine: Engine<Catalog>, clock: Arc<dyn Clock>, counters: Counters) -> Self {
        let ids = Mutex::new(RandomIds::new());
        Self { engine, clock, ids, cache: Cache::default(), counters }
    }

    fn new_id(&self) -> ProductId {
        self.ids.lock().next(self.clock.now()).into()
    }

    /// Gives a command of staff's.
    async fn command(
        &self,
        actor: Actor,
        key: Option<CommandKey>,
        message: Message,
    ) -> Result<Reply, Problem> {
        Ok(self.engine.command_by(actor, key, message).await?)
    }

    /// An answer from memory, or one that was rendered now. The revision is read first: what commits meanwhile makes the answer old at once.
    async fn cached(
        &self,
        address: &str,
        render: impl Future<Output = Result<Rendered, Problem>>,
    ) -> Result<Rendered, Problem> {
        let (revision, now) = (self.engine.revision(), self.clock.now());
        self.cache.get(address, revision, now, render).await
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_products))
        .routes(routes!(get_product))
        .routes(routes!(featured_products))
        .routes(routes!(categories::get_categories))
        .routes(routes!(pictures::get_picture))
        .routes(routes!(staff::list_all_products, staff::create_products))
        .routes(routes!(staff::get_any_product, staff::edit_product, staff::delete_product))
        .routes(routes!(staff::add_variant))
        .routes(routes!(staff::change_price))
        .routes(routes!(categories::add_categories))
        .routes(routes!(categories::edit_category, categories::remove_category))
        .with_state(Arc::new(api))
}

/// A request's path and query: what its answer is kept under.
fn address(uri: &Uri) -> &str {
    uri.path_and_query().map_or_else(|| uri.path(), |address| address.as_str())
}

/// The products of the shop. Families are shown in place of their variants.
#[utoipa::path(get, path = "/products", tag = "products", params(ListParams),
    responses((status = 200, body = Page<ProductView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
async fn list_products(State(api): State<Arc<Api>>, uri: Uri) -> Result<Rendered, Problem> {
    let render = list::page(&api, &uri, PRODUCTS_PATH, Some(ProductStatus::Listed), ProductView::listed);
    api.cached(address(&uri), render).await
}

/// The products that the shop shows first.
#[utoipa::path(get, path = "/products/featured", tag = "products", params(FeaturedParams),
    responses((status = 200, body = Page<ProductView>), (status = 422, body = Problem)))]
async fn featured_products(State(api): State<Arc<Api>>, uri: Uri) -> Result<Rendered, Problem> {
    api.counters.featured_requests.add(1);
    let render = async {
        let FeaturedParams { limit } = list::params(&uri).await?;
        api.counters.featured_reads.add(1);
        let products = store::featured(api.engine.reads(), limit).await?;
        let items = products.into_iter().map(ProductView::listed).collect();
        Ok(Rendered::of(&Page { items, next_cursor: None }, None))
    };
    api.cached(address(&uri), render).await
}

/// A product, by its id or its slug.
#[utoipa::path(get, path = "/products/{id}", tag = "products",
    params(("id" = String, Path, description = "The product's id or its slug.")),
    responses((status = 200, body = ProductView), (status = 404, body = Problem)))]
async fn get_product(
    State(api): State<Arc<Api>>,
    uri: Uri,
    Segment(name): Segment<String>,
) -> Result<Rendered, Problem> {
    let render = async {
        let reads = api.engine.reads();
        let product = match name.parse::<ProductId>() {
            Ok(id) => reads.get::<Product>(id).await?,
            Err(_) if is_slug(&name) => store::of_slug(reads, &name).await?,
            Err(_) => None,
        };
        let product = product.filter(|product| !product.is_deleted());
        let product = product.ok_or_else(|| Problem::not_found("product"))?;
        Ok(Rendered::of(&product_view(&api, product).await?, None))
    };
    api.cached(uri.path(), render).await
}

/// A product with all that its page shows.
async fn product_view(api: &Api, product: Product) -> Result<ProductView, Problem> {
    let reads = api.engine.reads();
    let family = match product.parent_id {
        Some(family_id) => reads.get::<Product>(family_id).await?,
        None => None,
    };
    let variants = match product.is_family() {
        true => store::variants_of(reads, product.product_id).await?,
        false => Vec::new(),
    };
    let category_ids = &family.as_ref().unwrap_or(&product).details.category_ids;
    let mut categories = store::categories(reads, category_ids).await?;
    categories.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));
    Ok(ProductView::page(product, family, variants, categories))
}
