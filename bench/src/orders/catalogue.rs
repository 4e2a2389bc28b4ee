//! What the shoppers find in the shop, made through the admin routes and read back through the public ones.

use anyhow::{Context, ensure};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Options,
    journey::{ADDRESS, SHIPPING_METHOD},
};
use crate::{
    admin::{Admin, Money, NewProduct, StockLevel},
    http::{Connection, percent_encoded},
    server::Server,
};

/// Products on a page of the list.
pub(super) const PAGE: usize = 20;

pub(super) const CURRENCY: &str = "EUR";

/// The shop's range.
pub(super) struct Catalogue {
    /// Ids in the order in which they were made.
    pub products: Vec<Uuid>,
    /// Query strings of the list's pages.
    pub pages: Vec<String>,
    /// What one unit of a product costs to send. All weigh the same.
    pub shipping: i64,
}

/// Minor units that the product made as number `index` costs.
pub(super) fn price_of(index: usize) -> i64 {
    500 + (index % 100) as i64 * 37
}

impl Catalogue {
    /// Makes the products and their stock, and waits until every service knows them. `hot_stock` is what the first
    /// product has of it.
    pub async fn make(options: &Options, server: &Server, hot_stock: Option<u64>) -> anyhow::Result<Self> {
        let mut admin = Admin::connect(server).await?;
        let new_products: Vec<NewProduct> = (0..options.products)
            .map(|index| NewProduct {
                sku: format!("BENCH-{index:06}"),
                name: format!("Product {index}"),
                description: "A thing to measure with, described in a sentence of the usual length."
                    .to_owned(),
                price: Money { amount: price_of(index), currency: CURRENCY },
                weight_grams: 250,
                stocked: true,
            })
            .collect();
        let products = admin.add_products(&new_products).await?;
        admin.settle().await?;

        let plenty = if options.hot { 1_000_000 } else { options.stock.unwrap_or(1_000_000) };
        let level = |(index, product_id): (usize, &Uuid)| {
            let on_hand = if index == 0 { hot_stock.unwrap_or(plenty) } else { plenty };
            StockLevel { product_id: *product_id, on_hand }
        };
        let levels: Vec<StockLevel> = products.iter().enumerate().map(level).collect();
        admin.set_stock(&levels, None).await?;
        admin.settle().await?;

        let mut connection = Connection::open(server.address).await?;
        let pages = read_pages(&mut connection, options.products).await?;
        // Not the first product, which may be the hot one: asking holds a unit for a moment.
        let shipping = ask_shipping(&mut connection, products[1]).await?;
        Ok(Self { products, pages, shipping })
    }
}

async fn read_pages(connection: &mut Connection, expected: usize) -> anyhow::Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Page {
        items: Vec<Item>,
        next_cursor: Option<String>,
    }
    #[derive(Deserialize)]
    struct Item {
        buyable: bool,
    }
    let mut pages = Vec::new();
    let mut listed = 0;
    let mut next = Some(format!("limit={PAGE}"));
    while let Some(query) = next {
        let response = connection.get(format_args!("/api/v1/products?{query}"), &[]).await?;
        ensure!(response.status == 200, "GET products: {} {}", response.status, response.text());
        let page: Page = serde_json::from_slice(response.body)?;
        let buyable = page.items.iter().filter(|item| item.buyable).count();
        listed += buyable;
        ensure!(listed <= expected, "{expected} products were made and at least {listed} are listed");
        // A page that came out empty at the end gives a shopper nothing to choose from, and a family on it what cannot be bought.
        if buyable > 0 && buyable == page.items.len() {
            pages.push(query);
        }
        next = page.next_cursor.map(|cursor| format!("limit={PAGE}&cursor={}", percent_encoded(&cursor)));
    }
    ensure!(listed == expected, "{expected} products were made and {listed} are listed");
    Ok(pages)
}

async fn ask_shipping(connection: &mut Connection, product: Uuid) -> anyhow::Result<i64> {
    #[derive(Deserialize)]
    struct Cart {
        id: Uuid,
    }
    #[derive(Deserialize)]
    struct CartWithShipping {
        shipping: Amount,
    }
    #[derive(Deserialize)]
    struct Amount {
        amount: i64,
    }

    let response = connection.send("POST", format_args!("/api/v1/carts"), &[], "{}").await?;
    ensure!(response.status == 201, "POST carts: {} {}", response.status, response.text());
    let cart = serde_json::from_slice::<Cart>(response.body)?.id;
    let steps = [
        ("POST", "items", format!(r#"{{"product_id":"{product}","quantity":1}}"#)),
        ("PUT", "shipping-address", ADDRESS.to_owned()),
        ("PUT", "shipping-method", format!(r#"{{"code":"{SHIPPING_METHOD}"}}"#)),
    ];
    let mut shipping = None;
    for (method, path, body) in steps {
        let response =
            connection.send(method, format_args!("/api/v1/carts/{cart}/{path}"), &[], &body).await?;
        ensure!(response.status == 200, "{method} {path}: {} {}", response.status, response.text());
        shipping = Some(serde_json::from_slice::<CartWithShipping>(response.body)?.shipping.amount);
    }
    let path = format_args!("/api/v1/carts/{cart}/items/{product}");
    let response = connection.send("DELETE", path, &[], "").await?;
    ensure!(response.status == 200, "DELETE item: {} {}", response.status, response.text());
    shipping.context("a cart says what shipping costs")
}
