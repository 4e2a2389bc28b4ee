//! Lists of products: what may be asked of them, and how a page is made.

use axum::{extract::FromRequestParts, http::Uri};
use contracts::{Currency, ProductId};
use garde::Validate;
use host::{Page, Params, Problem};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Api, cache::Rendered, cursor, inputs::invalid};
use crate::{
    domain::{CategoryId, Product, ProductStatus, folded, is_slug},
    store::{self, ListQuery, Sort},
};

/// How many words a search has at most.
const WORDS_MAX: usize = 8;

/// How many products are asked for by id at most.
const IDS_MAX: usize = 100;

/// What a caller may say about a list.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// In this category or below it: its id or its slug.
    #[garde(length(bytes, max = 100))]
    category: Option<String>,
    /// Words that all occur in the name, the description or the SKU, whatever their case; up to eight.
    #[garde(length(chars, max = 200))]
    q: Option<String>,
    /// `oldest`, `newest`, `price`, `-price`, `name` or `-name`.
    #[serde(default)]
    #[garde(custom(known_sort))]
    #[param(default = "oldest")]
    sort: Option<String>,
    /// The least that one unit costs, in minor units.
    #[garde(range(min = 0))]
    min_price: Option<i64>,
    /// The most that one unit costs, in minor units.
    #[garde(range(min = 0))]
    max_price: Option<i64>,
    /// Sold in this currency (ISO 4217).
    #[garde(custom(known_currency))]
    currency: Option<String>,
    /// Whether the shop shows it first.
    #[garde(skip)]
    featured: Option<bool>,
    /// These alone: up to 100 ids, with commas between them. What is in no list is found this way too.
    #[garde(length(bytes, max = 4000), custom(known_ids))]
    ids: Option<String>,
    /// Where they are shown: for staff alone, whose route says so itself.
    #[garde(skip)]
    #[param(ignore)]
    status: Option<ProductStatus>,
    /// How many items, 1 to 100.
    #[serde(default = "default_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before, under the same filters and order.
    #[garde(length(bytes, max = 200))]
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    20
}

/// How many of the products that the shop shows first.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeaturedParams {
    /// How many items, 1 to 50.
    #[serde(default = "default_featured_limit")]
    #[garde(range(min = 1, max = 50))]
    #[param(minimum = 1, maximum = 50, default = 8)]
    pub limit: u32,
}

fn default_featured_limit() -> u32 {
    8
}

fn known_sort(sort: &Option<String>, _: &()) -> garde::Result {
    match sort.as_deref().map(Sort::of_name) {
        Some(None) => Err(garde::Error::new("not oldest, newest, price, -price, name or -name")),
        _ => Ok(()),
    }
}

fn known_currency(currency: &Option<String>, _: &()) -> garde::Result {
    match currency.as_deref().map(Currency::from_code) {
        Some(None) => Err(garde::Error::new("not a currency's code")),
        _ => Ok(()),
    }
}

fn known_ids(ids: &Option<String>, _: &()) -> garde::Result {
    match ids.as_deref().map(product_ids) {
        Some(None) => Err(garde::Error::new("not 1 to 100 ids with commas between them")),
        _ => Ok(()),
    }
}

fn product_ids(ids: &str) -> Option<Vec<ProductId>> {
    let mut ids = ids.split(',').map(|id| id.trim().parse().ok()).collect::<Option<Vec<ProductId>>>()?;
    ids.sort_unstable();
    ids.dedup();
    (ids.len() <= IDS_MAX).then_some(ids)
}

/// The query string of an address, validated. Answers that are kept need no look at it.
pub(super) async fn params<T: DeserializeOwned + Validate<Context = ()>>(uri: &Uri) -> Result<T, Problem> {
    let mut request = axum::http::Request::new(());
    *request.uri_mut() = uri.clone();
    let (mut parts, ()) = request.into_parts();
    let Params(params) = Params::<T>::from_request_parts(&mut parts, &()).await?;
    Ok(params)
}

impl ListParams {
    /// What the list asks of the store; `status` says what is shown in it.
    async fn query(&self, api: &Api, status: Option<ProductStatus>) -> Result<ListQuery, Problem> {
        let category = match &self.category {
            Some(name) => Some(category_id(api, name).await?),
            None => None,
        };
        let folded = folded(self.q.as_deref().unwrap_or_default());
        let is_space = |character: char| character.is_whitespace() || character.is_control();
        let words: Vec<String> =
            folded.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        if words.len() > WORDS_MAX {
            return Err(invalid("q", &format!("more than {WORDS_MAX} words")));
        }
        Ok(ListQuery {
            status,
            category,
            words,
            min_price: self.min_price,
            max_price: self.max_price,
            currency: self.currency.as_deref().and_then(Currency::from_code),
            featured: self.featured,
            ids: self.ids.as_deref().and_then(product_ids),
            sort: self.sort.as_deref().and_then(Sort::of_name).unwrap_or_default(),
        })
    }
}

async fn category_id(api: &Api, name: &str) -> Result<CategoryId, Problem> {
    let reads = api.engine.reads();
    let category = match name.parse() {
        Ok(id) => reads.get(CategoryId(id)).await?,
        Err(_) if is_slug(name) => store::category_of_slug(reads, name).await?,
        Err(_) => None,
    };
    let category = category.ok_or_else(|| invalid("category", "there is no such category"))?;
    Ok(category.category_id)
}

/// A page of a list, each product as `view` shows it. `uri` is the request's, `path` the list's own. `status` says what is shown in
/// it; where it says nothing, the request may.
pub(super) async fn page<V: serde::Serialize>(
    api: &Api,
    uri: &Uri,
    path: &str,
    status: Option<ProductStatus>,
    view: impl Fn(Product) -> V,
) -> Result<Rendered, Problem> {
    let params: ListParams = params(uri).await?;
    if status.is_some() && params.status.is_some() {
        return Err(invalid("status", "this list shows those of one status"));
    }
    if params.min_price.zip(params.max_price).is_some_and(|(min, max)| min > max) {
        return Err(invalid("max_price", "less than min_price"));
    }
    let query = params.query(api, status.or(params.status)).await?;
    let after = params.cursor.as_deref().map(|cursor| cursor::read(&query, cursor)).transpose()?;
    let limit = params.limit;
    // One more than is shown tells whether there is a next page.
    let mut products = store::listed(api.engine.reads(), &query, after.as_ref(), limit + 1).await?;
    let has_more = products.len() > limit as usize;
    products.truncate(limit as usize);
    let last = products.last().filter(|_| has_more);
    let next_cursor = last.map(|last| cursor::write(&query, &query.sort.place_of(last)));
    let link = next_cursor.as_ref().map(|cursor| {
        let others = other_params(uri);
        format!("<{path}?limit={limit}{others}&cursor={cursor}>; rel=\"next\"")
    });
    let items = products.into_iter().map(view).collect();
    Ok(Rendered::of(&Page { items, next_cursor }, link))
}

/// What a query string says besides how long a page is and where it begins.
fn other_params(uri: &Uri) -> String {
    let pairs = uri.query().unwrap_or_default().split('&');
    let others =
        pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("limit=") && !pair.starts_with("cursor="));
    others.flat_map(|pair| ["&", pair]).collect()
}
