//! The routes on a catalogue of their own, with a database in a temporary directory.

mod categories;
mod families;
mod lists;
mod pictures;
mod staff;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bus::Embedded;
use engine::SystemClock;
use host::{Context, Running, Stores};
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;

use crate::seed;

struct Shop {
    routes: Router,
    service: Arc<dyn Running>,
    token: String,
    _directory: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    link: Option<String>,
    etag: Option<String>,
    body: Value,
}

impl Answer {
    /// The values of a field of all items.
    fn all(&self, field: &str) -> Vec<Value> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["items"].as_array().expect("items").iter().map(|item| item[field].clone()).collect()
    }

    /// The status, and the problem's code.
    fn problem(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }
}

impl Shop {
    async fn open() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self::on(Stores::Sqlite(directory.path().to_owned()), directory).await
    }

    async fn on(stores: Stores, directory: tempfile::TempDir) -> Self {
        let ctx = Context::new(directory.path(), stores, Embedded::new(), Arc::new(SystemClock))
            .expect("new secrets");
        let mounted = crate::mount(&ctx, &crate::Config::default()).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let token = std::fs::read_to_string(directory.path().join("admin.token")).expect("a token");
        let routes = ctx.authenticated(mounted.routes);
        Self { routes, service: mounted.service, token, _directory: directory }
    }

    /// A shop with `count` demo products.
    async fn seeded(count: usize) -> Self {
        let shop = Self::open().await;
        let products: Vec<Value> = seed::products(count)
            .into_iter()
            .map(|new| {
                json!({"id": new.product_id, "sku": new.sku, "name": new.name, "description": new.description,
                    "price": new.price, "weight_grams": new.weight_grams, "stocked": new.stocked})
            })
            .collect();
        let answer = shop.post("/admin/products", json!({ "products": products })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        shop
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let status = response.status();
        let link = response.headers().get(header::LINK).map(|link| link.to_str().expect("text").to_owned());
        let etag = response.headers().get(header::ETAG).map(|etag| etag.to_str().expect("text").to_owned());
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Answer { status, link, etag, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.staff("POST", path, None, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.staff("PATCH", path, None, Some(body)).await
    }

    /// A request of staff's.
    async fn staff(&self, method: &str, path: &str, if_match: Option<&str>, body: Option<Value>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header("x-admin-token", self.token.trim());
        if let Some(if_match) = if_match {
            request = request.header(header::IF_MATCH, if_match);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// Adds products, and answers their ids.
    async fn add(&self, products: Value) -> Vec<String> {
        let answer = self.post("/admin/products", json!({ "products": products })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let products = answer.body["products"].as_array().expect("products").clone();
        products.iter().map(|product| product["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// A shop on a database of this server.
    async fn on_postgres(server: &PostgresServer) -> Self {
        let stores = Stores::Postgres(server.url("catalog").expect("a database"));
        Self::on(stores, tempfile::tempdir().expect("a temporary directory")).await
    }

    /// The end of a shop on PostgreSQL. The log's session there has a runtime of its own, which may not end inside of another.
    async fn close(self) {
        self.service.stop().await;
        tokio::task::block_in_place(move || drop(self));
    }
}

#[tokio::test]
async fn the_list_shows_every_product_once_page_by_page() {
    let shop = Shop::seeded(45).await;
    let mut names = Vec::new();
    let mut path = "/products".to_owned();
    let mut pages = 0;
    loop {
        let page = shop.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let items = page.body["items"].as_array().expect("items");
        names.extend(items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()));
        pages += 1;
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            assert_eq!(page.link, None);
            break;
        };
        assert_eq!(page.link, Some(format!("</api/v1/products?limit=20&cursor={cursor}>; rel=\"next\"")));
        path = format!("/products?limit=20&cursor={cursor}");
    }
    let expected: Vec<String> = seed::products(45).into_iter().map(|product| product.name).collect();
    assert_eq!((pages, names), (3, expected));
    shop.service.stop().await;
}

#[tokio::test]
async fn a_product_is_found_by_its_id_and_by_its_slug() {
    let shop = Shop::seeded(3).await;
    let id = seed::products(1)[0].product_id;
    let by_id = shop.get(&format!("/products/{id}")).await;
    assert_eq!(by_id.body["price"], json!({"amount": 8_900, "currency": "EUR"}));
    let by_slug = shop.get("/products/walnut-desk-lamp").await;
    assert_eq!(by_id.body, by_slug.body);
    let nil = "/products/00000000-0000-7000-8000-000000000000";
    for unknown in ["/products/nothing", nil, "/products/%20", "/products/a%00b"] {
        let answer = shop.get(unknown).await;
        assert_eq!((answer.status, &answer.body["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    }
    shop.service.stop().await;
}

#[tokio::test]
async fn a_changed_price_shows_at_once_although_answers_are_kept() {
    let shop = Shop::seeded(3).await;
    let id = seed::products(1)[0].product_id;
    for amount in [9_100, 9_200, 9_300] {
        for _ in 0..2 {
            shop.get("/products").await;
            shop.get(&format!("/products/{id}")).await;
        }
        let body = json!({"price": {"amount": amount, "currency": "EUR"}});
        let changed = shop.post(&format!("/admin/products/{id}/price"), body).await;
        assert_eq!((changed.status, &changed.body["price"]["amount"]), (StatusCode::OK, &json!(amount)));
        assert_eq!(shop.get("/products").await.body["items"][0]["price"]["amount"], amount);
        assert_eq!(shop.get(&format!("/products/{id}")).await.body["price"]["amount"], amount);
    }
    shop.service.stop().await;
}

#[tokio::test]
async fn a_repeated_sku_is_answered_with_the_id_that_it_has() {
    let shop = Shop::open().await;
    let product = |sku: &str| json!({"sku": sku, "name": "Mug", "price": {"amount": 999, "currency": "EUR"}});
    let first = shop.post("/admin/products", json!({"products": [product("A"), product("B")]})).await;
    let second = shop.post("/admin/products", json!({"products": [product("B"), product("C")]})).await;
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(first.body["products"][1], second.body["products"][0]);
    assert_eq!(shop.get("/products").await.body["items"].as_array().map(Vec::len), Some(3));
    shop.service.stop().await;
}

#[tokio::test]
async fn staff_routes_need_the_token_and_bad_input_is_told() {
    let shop = Shop::open().await;
    let mug = json!({"products": [{"name": "Mug", "price": {"amount": 999, "currency": "EUR"}}]});
    let request = Request::post("/admin/products")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-admin-token", "guessed")
        .body(Body::from(mug.to_string()));
    assert_eq!(shop.send(request.expect("a request")).await.status, StatusCode::UNAUTHORIZED);
    let bad = json!({"products": [{"name": "", "price": {"amount": 999, "currency": "EUR"}}]});
    let answer = shop.post("/admin/products", bad).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_input"))
    );
    assert_eq!(answer.body["errors"][0]["field"], "products[0].name");
    for (path, field) in [
        ("/products?limit=0", "limit"),
        ("/products?limit=101", "limit"),
        ("/products?min_price=2&max_price=1", "max_price"),
        ("/products?colour=red", "colour"),
        // Only staff may ask for what is not listed.
        ("/products?status=listed", "status"),
    ] {
        let answer = shop.get(path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{path}");
    }
    assert_eq!(shop.get("/products?cursor=here").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shop.get("/products?min_price=1&max_price=1").await.status, StatusCode::OK);
    shop.service.stop().await;
}

#[tokio::test]
async fn unlisted_products_are_found_and_not_listed() {
    let shop = Shop::open().await;
    let fee = json!({"products": [{"name": "Postage", "price": {"amount": 999, "currency": "EUR"}, "stocked": false, "status": "unlisted"}]});
    assert_eq!(shop.post("/admin/products", fee).await.status, StatusCode::OK);
    assert_eq!(shop.get("/products").await.body["items"], json!([]));
    assert_eq!(shop.get("/products/postage").await.status, StatusCode::OK);
    shop.service.stop().await;
}

/// PostgreSQL keeps no text with a NUL in it. Whoever sends one is told, and nobody else notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_postgresql_cannot_keep_is_refused() {
    let server = PostgresServer::start().expect("a server");
    let shop = Shop::on_postgres(&server).await;
    assert_eq!(shop.get("/products?q=a%00b").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shop.get("/products?category=a%00b").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(shop.get("/products/a%00b").await.status, StatusCode::NOT_FOUND);
    for field in ["slug", "sku", "name", "description"] {
        let mut product = json!({"name": "Mug", "price": {"amount": 999, "currency": "EUR"}});
        product[field] = json!("a\u{0}b");
        let answer = shop.post("/admin/products", json!({ "products": [product] })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.body);
    }
    shop.close().await;
}
