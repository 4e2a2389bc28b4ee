//! The demo products of a first start, put in through the shop's own admin routes.

use std::path::Path;

use anyhow::{Context as _, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use contracts::ProductId;
use host::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

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
    let products = catalog::seed::products(settings.seed_products as usize);
    for products in products.chunks(PRODUCTS_AT_ONCE) {
        let new: Vec<Value> = products
            .iter()
            .map(|product| {
                json!({
                    "sku": product.sku, "name": product.name, "description": product.description,
                    "price": product.price, "weight_grams": product.weight_grams, "stocked": product.stocked,
                })
            })
            .collect();
        let made: Made = serde_json::from_value(shop.post("products", json!({ "products": new })).await?)?;
        ensure!(made.products.len() == products.len(), "the catalogue made another number of products");
        let stocked = made.products.iter().zip(products).filter(|(_, product)| product.stocked);
        let stock: Vec<Value> = stocked
            .map(|(made, _)| json!({ "product_id": made.id, "on_hand": settings.seed_stock }))
            .collect();
        shop.post("stock", json!({ "stock": stock })).await?;
    }
    write_marker(&marker)?;
    tracing::info!(products = settings.seed_products, "the demo products are in");
    Ok(())
}

fn write_marker(marker: &Path) -> anyhow::Result<()> {
    std::fs::write(marker, "").with_context(|| format!("{} cannot be written", marker.display()))
}

struct AdminRoutes<'a> {
    routes: &'a Router,
    token: String,
}

impl AdminRoutes<'_> {
    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = Request::post(format!("/api/v1/admin/{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-admin-token", &self.token)
            .body(Body::from(body.to_string()))?;
        let response = self.routes.clone().oneshot(request).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await?;
        ensure!(status.is_success(), "seeding {path}: {status}: {}", String::from_utf8_lossy(&bytes));
        Ok(serde_json::from_slice(&bytes)?)
    }
}
