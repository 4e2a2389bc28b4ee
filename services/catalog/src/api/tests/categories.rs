use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::PostgresServer;

use super::Shop;

/// Kitchen with Cups and, below it, Tea; and Books beside it.
async fn with_tree(shop: &Shop) {
    let answer = shop
        .post(
            "/admin/categories",
            json!({"categories": [
                {"name": "Kitchen", "slug": "kitchen", "position": 2},
                {"name": "Cups", "slug": "cups", "parent": "kitchen", "position": 1},
                {"name": "Tea", "slug": "tea", "parent": "cups"},
                {"name": "Books", "slug": "books", "position": 1},
            ]}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

fn product(name: &str, categories: Value) -> Value {
    json!({"name": name, "price": {"amount": 999, "currency": "EUR"}, "categories": categories})
}

async fn id_of(shop: &Shop, slug: &str) -> String {
    fn find(nodes: &Value, slug: &str) -> Option<String> {
        nodes.as_array()?.iter().find_map(|node| match node["slug"] == slug {
            true => node["id"].as_str().map(str::to_owned),
            false => find(&node["children"], slug),
        })
    }
    find(&shop.get("/categories").await.body["items"], slug).expect("a category")
}

/// The slugs with their counts, those below in brackets.
fn outline(nodes: &Value) -> String {
    let node = |node: &Value| {
        let below = outline(&node["children"]);
        let below = if below.is_empty() { below } else { format!("({below})") };
        format!("{}:{}{below}", node["slug"].as_str().expect("a slug"), node["product_count"])
    };
    nodes.as_array().expect("nodes").iter().map(node).collect::<Vec<_>>().join(" ")
}

async fn tree(shop: &Shop) -> String {
    outline(&shop.get("/categories").await.body["items"])
}

/// The names in a category.
async fn names(shop: &Shop, category: &str) -> Vec<Value> {
    shop.get(&format!("/products?category={category}&sort=name")).await.all("name")
}

async fn products_are_found_in_their_category_and_in_all_above(shop: &Shop) {
    with_tree(shop).await;
    let ids = shop
        .add(json!([
            product("Teacup", json!(["tea", "books"])),
            product("Mug", json!(["cups"])),
            product("Novel", json!(["books"])),
            product("Pan", json!([id_of(shop, "kitchen").await])),
        ]))
        .await;
    assert_eq!(tree(shop).await, "books:2 kitchen:3(cups:2(tea:1))");
    assert_eq!(names(shop, "kitchen").await, ["Mug", "Pan", "Teacup"]);
    assert_eq!(names(shop, &id_of(shop, "cups").await).await, ["Mug", "Teacup"]);
    assert_eq!(names(shop, "books").await, ["Novel", "Teacup"]);

    // Where it is put elsewhere, or taken out of the lists, it is found there and counted there.
    shop.patch(&format!("/admin/products/{}", ids[0]), json!({"categories": ["books"]})).await;
    shop.patch(&format!("/admin/products/{}", ids[2]), json!({"status": "unlisted"})).await;
    assert_eq!(tree(shop).await, "books:1 kitchen:2(cups:1(tea:0))");
    assert_eq!(names(shop, "books").await, ["Teacup"]);
    let page = shop.get(&format!("/products/{}", ids[0])).await;
    assert_eq!(page.body["categories"][0]["slug"], "books");
    shop.staff("DELETE", &format!("/admin/products/{}", ids[1]), None, None).await;
    assert_eq!(tree(shop).await, "books:1 kitchen:1(cups:0(tea:0))");
}

async fn a_category_moves_with_all_that_is_below_it(shop: &Shop) {
    with_tree(shop).await;
    shop.add(json!([product("Teacup", json!(["tea"])), product("Reader", json!(["tea", "books"]))])).await;
    assert_eq!(tree(shop).await, "books:1 kitchen:2(cups:2(tea:2))");
    let cups = id_of(shop, "cups").await;
    let moved = shop.patch(&format!("/admin/categories/{cups}"), json!({"parent": "books"})).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    assert_eq!(tree(shop).await, "books:2(cups:2(tea:2)) kitchen:0");
    assert_eq!(names(shop, "kitchen").await, Vec::<Value>::new());
    assert_eq!(names(shop, "books").await, ["Reader", "Teacup"]);
    let top = shop.patch(&format!("/admin/categories/{cups}"), json!({"parent": null, "position": 9})).await;
    assert_eq!(top.body["parent_id"], Value::Null);
    // What was put into books itself is still there.
    assert_eq!(tree(shop).await, "books:1 kitchen:0 cups:2(tea:2)");
    assert_eq!(names(shop, "books").await, ["Reader"]);
}

#[tokio::test]
async fn on_sqlite() {
    for check in [0, 1] {
        let shop = Shop::open().await;
        match check {
            0 => products_are_found_in_their_category_and_in_all_above(&shop).await,
            _ => a_category_moves_with_all_that_is_below_it(&shop).await,
        }
        shop.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    for check in [0, 1] {
        let server = PostgresServer::start().expect("a server");
        let shop = Shop::on_postgres(&server).await;
        match check {
            0 => products_are_found_in_their_category_and_in_all_above(&shop).await,
            _ => a_category_moves_with_all_that_is_below_it(&shop).await,
        }
        shop.close().await;
    }
}

#[tokio::test]
async fn the_tree_stays_a_tree() {
    let shop = Shop::open().await;
    with_tree(&shop).await;
    shop.add(json!([product("Mug", json!(["tea"]))])).await;
    let (kitchen, cups, tea) =
        (id_of(&shop, "kitchen").await, id_of(&shop, "cups").await, id_of(&shop, "tea").await);
    let path = |id: &str| format!("/admin/categories/{id}");
    for parent in ["kitchen", "tea", &cups] {
        let answer = shop.patch(&path(&kitchen), json!({"parent": parent})).await;
        assert_eq!(answer.problem(), (409, "category_cycle"), "{parent}");
    }
    let taken = shop.patch(&path(&kitchen), json!({"slug": "books"})).await;
    assert_eq!(taken.problem(), (409, "slug_taken"));
    let unknown = shop.patch(&path(&kitchen), json!({"parent": "cellar"})).await;
    assert_eq!(
        (unknown.problem(), &unknown.body["errors"][0]["field"]),
        ((422, "invalid_input"), &json!("parent"))
    );
    for full in [&cups, &tea] {
        let answer = shop.staff("DELETE", &path(full), None, None).await;
        assert_eq!(answer.problem(), (409, "category_not_empty"));
    }
    let empty = shop.staff("DELETE", &path(&id_of(&shop, "books").await), None, None).await;
    assert_eq!(empty.status, StatusCode::NO_CONTENT);
    assert_eq!(tree(&shop).await, "kitchen:1(cups:1(tea:1))");
    let answer = shop.staff("DELETE", &path("00000000-0000-7000-8000-000000000000"), None, None).await;
    assert_eq!(answer.problem(), (404, "category_not_found"));
    shop.service.stop().await;
}

#[tokio::test]
async fn products_name_categories_that_there_are() {
    let shop = Shop::open().await;
    with_tree(&shop).await;
    let products = json!({"products": [product("Mug", json!(["tea", "cellar"]))]});
    let answer = shop.post("/admin/products", products).await;
    assert_eq!(answer.problem(), (422, "invalid_input"));
    assert_eq!(answer.body["errors"][0]["field"], "products[0].categories[1]");
    let gone = json!({"products": [product("Mug", json!(["00000000-0000-7000-8000-000000000000"]))]});
    assert_eq!(shop.post("/admin/products", gone).await.problem(), (422, "category_not_found"));
    let unknown = shop.get("/products?category=cellar").await;
    assert_eq!(
        (unknown.problem(), &unknown.body["errors"][0]["field"]),
        ((422, "invalid_input"), &json!("category"))
    );
    shop.service.stop().await;
}
