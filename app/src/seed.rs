//! The demo products of a first start, put in through the shop's own admin routes.

use std::{collections::HashSet, path::Path};

use anyhow::{Context as _, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use catalog::domain::{NewProduct, NewVariant};
use contracts::ProductId;
use host::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::settings::Settings;

/// In the data directory once the demo products are all in, so that a start that was broken off is made up for,
/// and products that were taken out later stay out.
pub const MARKER: &str = "seeded";

/// Products in one request.
const PRODUCTS_AT_ONCE: usize = 200;

/// An answer of these routes is never longer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

#[derive(Deserialize)]
struct Made {
    products: Vec<MadeProduct>,
}

#[derive(Deserialize)]
struct MadeProduct {
    id: ProductId,
    /// Of a family: what is bought in its place.
    #[serde(default)]
    variants: Vec<MadeProduct>,
}

#[derive(Deserialize)]
struct Categories {
    items: Vec<KnownCategory>,
}

#[derive(Deserialize)]
struct KnownCategory {
    id: Uuid,
    children: Vec<KnownCategory>,
}

impl KnownCategory {
    /// Its id, and those of all below it.
    fn ids(&self) -> Vec<Uuid> {
        let below = self.children.iter().flat_map(Self::ids);
        std::iter::once(self.id).chain(below).collect()
    }
}

/// Puts the demo products in, unless an earlier start has.
///
/// # Errors
/// A route refuses, or the marker cannot be written.
pub async fn first_start(routes: &Router, ctx: &Context, settings: &Settings) -> anyhow::Result<()> {
    let marker = ctx.data.join(MARKER);
    if marker.exists() || settings.seed_products == 0 {
        return Ok(());
    }
    let shop = AdminRoutes { routes, token: ctx.secrets.admin_token().as_str().to_owned() };
    shop.add_categories().await?;
    let products = catalog::seed::products(settings.seed_products as usize);
    for products in products.chunks(PRODUCTS_AT_ONCE) {
        let new: Vec<Value> = products.iter().map(new_product).collect();
        let made: Made = serde_json::from_value(shop.post("products", json!({ "products": new })).await?)?;
        ensure!(made.products.len() == products.len(), "the catalogue made another number of products");
        let stocked = made.products.iter().zip(products).filter(|(_, product)| product.stocked);
        let bought = stocked.flat_map(|(made, _)| match made.variants.is_empty() {
            true => std::slice::from_ref(made),
            false => &made.variants,
        });
        let stock: Vec<Value> =
            bought.map(|made| json!({ "product_id": made.id, "on_hand": settings.seed_stock })).collect();
        shop.post("stock", json!({ "stock": stock })).await?;
    }
    write_marker(&marker)?;
    tracing::info!(products = settings.seed_products, "the demo products are in");
    Ok(())
}

fn new_product(product: &NewProduct) -> Value {
    let variant =
        |variant: &NewVariant| json!({ "sku": variant.sku, "option_values": variant.option_values });
    json!({
        "sku": product.sku, "name": product.name, "description": product.description,
        "price": product.price, "weight_grams": product.weight_grams, "stocked": product.stocked,
        "tax_class": product.tax_class, "categories": product.category_ids, "featured": product.featured,
        "options": product.options, "variants": product.variants.iter().map(variant).collect::<Vec<_>>(),
    })
}

fn write_marker(marker: &Path) -> anyhow::Result<()> {
    std::fs::write(marker, "").with_context(|| format!("{} cannot be written", marker.display()))
}

struct AdminRoutes<'a> {
    routes: &'a Router,
    token: String,
}

impl AdminRoutes<'_> {
    /// Adds the demo categories that are not there yet: all, but after a start that was broken off.
    async fn add_categories(&self) -> anyhow::Result<()> {
        let request = Request::get("/api/v1/categories").body(Body::empty())?;
        let known: Categories = serde_json::from_value(self.send(request, "categories").await?)?;
        let known: HashSet<Uuid> = known.items.iter().flat_map(KnownCategory::ids).collect();
        let missing =
            catalog::seed::categories().into_iter().filter(|new| !known.contains(&new.category_id.0));
        let new: Vec<Value> = missing
            .map(|new| {
                json!({
                    "id": new.category_id, "parent": new.parent_id, "slug": new.slug, "name": new.name,
                    "position": new.position,
                })
            })
            .collect();
        if !new.is_empty() {
            self.post("categories", json!({ "categories": new })).await?;
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("/api/v1/admin/{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-admin-token", &self.token)
            .body(Body::from(body.to_string()))?;
        self.send(request, path).await
    }

    async fn send(&self, request: Request<Body>, path: &str) -> anyhow::Result<Value> {
        let response = self.routes.clone().oneshot(request).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await?;
        ensure!(status.is_success(), "seeding {path}: {status}: {}", String::from_utf8_lossy(&bytes));
        Ok(serde_json::from_slice(&bytes)?)
    }
}
