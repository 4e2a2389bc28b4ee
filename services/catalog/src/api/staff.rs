//! Staff's routes of products. An `ETag` tells the version that was read; with `If-Match` a change is made to that one alone.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use contracts::ProductId;
use engine::{Actor, CommandError};
use host::{Body, IfMatch, Keyed, Page, Problem, Segment, Staff};

use super::{
    Api,
    cache::Rendered,
    inputs::{CategoryNames, ChangePrice, CreateProducts, EditProduct, NewVariantInput},
    list::{ListParams, page},
    product_view,
    views::{CreatedProduct, CreatedProducts, ProductView, StaffProductView, VariantView},
};
use crate::{
    domain::{Product, ProductStatus},
    service::{Message, Reply},
    store,
};

/// The list's address, as the `Link` header names it.
const PRODUCTS_PATH: &str = "/api/v1/admin/products";

/// All products, listed or not, and those that are not sold any more. Variants are shown with their families.
#[utoipa::path(get, path = "/admin/products", tag = "admin", operation_id = "list_all_products",
    params(ListParams, ("status" = inline(Option<ProductStatus>), Query, description = "Those shown there alone.")),
    responses((status = 200, body = Page<StaffProductView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn list_all_products(
    State(api): State<Arc<Api>>,
    _: Staff,
    uri: Uri,
) -> Result<Rendered, Problem> {
    page(&api, &uri, PRODUCTS_PATH, None, StaffProductView::listed).await
}

/// A product, whatever became of it, with the `ETag` of its version.
#[utoipa::path(get, path = "/admin/products/{id}", tag = "admin", operation_id = "get_any_product",
    params(("id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = StaffProductView, headers(("ETag" = String, description = "The product's version."))),
        (status = 404, body = Problem)))]
pub(super) async fn get_any_product(
    State(api): State<Arc<Api>>,
    _: Staff,
    Segment(product_id): Segment<ProductId>,
) -> Result<Response, Problem> {
    let product = api.engine.reads().get::<Product>(product_id).await?;
    staff_view(&api, product.ok_or_else(|| Problem::not_found("product"))?).await
}

/// Adds products: all of them, or none. One whose SKU is there already is answered with the product that has it.
#[utoipa::path(post, path = "/admin/products", tag = "admin", request_body = CreateProducts,
    responses((status = 200, body = CreatedProducts), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create_products(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    request: Keyed<CreateProducts>,
) -> Result<Json<CreatedProducts>, Problem> {
    let inputs = request.body.products;
    let names = match inputs.iter().any(|input| !input.categories.is_empty()) {
        true => Some(CategoryNames::of(&store::tree(api.engine.reads()).await?)),
        false => None,
    };
    let mut products = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.into_iter().enumerate() {
        let category_ids = match &names {
            Some(names) => names.ids(&input.categories, &format!("products[{index}].categories"))?,
            None => Vec::new(),
        };
        products.push(input.into_new_product(category_ids, &mut || api.new_id()));
    }
    match api.command(actor, request.key, Message::CreateProducts { products }).await? {
        Reply::Products(made) => {
            Ok(Json(CreatedProducts { products: made.into_iter().map(CreatedProduct::from).collect() }))
        }
        _ => Err(Problem::internal()),
    }
}

/// Adds a variant to a family. One whose SKU the family has already is answered as it is.
#[utoipa::path(post, path = "/admin/products/{id}/variants", tag = "admin", request_body = NewVariantInput,
    params(("id" = ProductId, Path, description = "The family.")),
    responses((status = 200, body = VariantView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add_variant(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(family_id): Segment<ProductId>,
    request: Keyed<NewVariantInput>,
) -> Result<Json<VariantView>, Problem> {
    let variant = request.body.into_new_variant(&mut || api.new_id());
    match api.command(actor, request.key, Message::AddVariant { family_id, variant }).await? {
        Reply::Product(variant) => Ok(Json(variant.into())),
        _ => Err(Problem::internal()),
    }
}

/// Sells a product for another price from now on. Open carts take it over.
#[utoipa::path(post, path = "/admin/products/{id}/price", tag = "admin", request_body = ChangePrice,
    params(("id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = ProductView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn change_price(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Segment(product_id): Segment<ProductId>,
    request: Keyed<ChangePrice>,
) -> Result<Json<ProductView>, Problem> {
    let message = Message::ChangePrice { product_id, price: request.body.price };
    match api.command(actor, request.key, message).await? {
        Reply::Product(product) => Ok(Json(ProductView::listed(product))),
        _ => Err(Problem::internal()),
    }
}

/// Describes a product otherwise. What is not named stays as it is. A family's variants follow it.
#[utoipa::path(patch, path = "/admin/products/{id}", tag = "admin", request_body = EditProduct,
    params(("id" = ProductId, Path, description = "The product."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that is meant.")),
    responses((status = 200, body = StaffProductView, headers(("ETag" = String, description = "The product's version."))),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn edit_product(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    IfMatch(revision): IfMatch,
    Segment(product_id): Segment<ProductId>,
    Body(input): Body<EditProduct>,
) -> Result<Response, Problem> {
    let category_ids = match &input.categories {
        Some(names) if !names.is_empty() => {
            let tree = store::tree(api.engine.reads()).await?;
            Some(CategoryNames::of(&tree).ids(names, "categories")?)
        }
        other => other.as_ref().map(|_| Vec::new()),
    };
    let change = input.into_change(category_ids);
    match change_command(&api, actor, Message::ChangeProduct { product_id, revision, change }).await? {
        Reply::Product(product) => staff_view(&api, product).await,
        _ => Err(Problem::internal()),
    }
}

/// Sells a product no longer: it is in no list, and customers do not find it. A family goes with its variants.
#[utoipa::path(delete, path = "/admin/products/{id}", tag = "admin",
    params(("id" = ProductId, Path, description = "The product."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that is meant.")),
    responses((status = 204, description = "It is not sold any more."), (status = 404, body = Problem), (status = 412, body = Problem)))]
pub(super) async fn delete_product(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    IfMatch(revision): IfMatch,
    Segment(product_id): Segment<ProductId>,
) -> Result<StatusCode, Problem> {
    change_command(&api, actor, Message::DeleteProduct { product_id, revision }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A command whose refusal may be that the product is of another version by now.
async fn change_command(api: &Api, actor: Actor, message: Message) -> Result<Reply, Problem> {
    match api.engine.command_by(actor, None, message).await {
        Err(CommandError::Refused(refusal)) if refusal.code == "precondition_failed" => {
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, &refusal.code, refusal.detail))
        }
        other => Ok(other?),
    }
}

async fn staff_view(api: &Api, product: Product) -> Result<Response, Problem> {
    let (status, revision) = (product.status, product.revision);
    let view = StaffProductView::new(product_view(api, product).await?, status, revision);
    let etag = HeaderValue::from_str(&format!("\"{revision}\"")).map_err(|_| Problem::internal())?;
    Ok(([(header::ETAG, etag)], Json(view)).into_response())
}
