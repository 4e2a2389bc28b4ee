use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Shop;

fn mug(name: &str) -> Value {
    json!({"name": name, "price": {"amount": 999, "currency": "EUR"}})
}

#[tokio::test]
async fn a_change_is_made_to_the_version_that_was_read() {
    let shop = Shop::open().await;
    let id = shop.add(json!([mug("Mug")])).await.remove(0);
    let path = format!("/admin/products/{id}");
    let read = shop.staff("GET", &path, None, None).await;
    let etag = read.etag.expect("an ETag");
    let change = json!({"name": "Cup", "description": "Holds tea.", "weight_grams": 300, "tax_class": "reduced",
        "featured": 3, "pictures": [{"url": "https://example.com/cup.jpg", "alt": "A cup", "width": 640, "height": 480}]});
    let changed = shop.staff("PATCH", &path, Some(&etag), Some(change.clone())).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    for (field, value) in change.as_object().expect("fields") {
        assert_eq!(&changed.body[field], value, "{field}");
    }
    assert_ne!(changed.etag.as_ref(), Some(&etag));
    assert_eq!(shop.staff("GET", &path, None, None).await.etag, changed.etag);

    for stale in [etag.as_str(), "\"nonsense\"", "W/\"2\""] {
        let late = shop.staff("PATCH", &path, Some(stale), Some(json!({"name": "Beaker"}))).await;
        assert_eq!(late.problem(), (412, "precondition_failed"), "{stale}");
        let late = shop.staff("DELETE", &path, Some(stale), None).await;
        assert_eq!(late.problem(), (412, "precondition_failed"), "{stale}");
    }
    let same = shop.staff("PATCH", &path, Some("*"), Some(json!({"name": "Cup"}))).await;
    assert_eq!((same.status, same.etag), (StatusCode::OK, changed.etag));
    let page = shop.get(&format!("/products/{id}")).await.body;
    assert_eq!((&page["name"], &page["pictures"].as_array().map(Vec::len)), (&json!("Cup"), &Some(1)));
    let cleared = shop.patch(&path, json!({"featured": null, "pictures": []})).await.body;
    assert_eq!(cleared.get("featured"), None);
    assert!(cleared["pictures"][0]["url"].as_str().expect("a drawn one").starts_with("/api/v1/pictures/"));
    shop.service.stop().await;
}

#[tokio::test]
async fn what_is_deleted_is_known_to_staff_alone() {
    let shop = Shop::open().await;
    let ids = shop.add(json!([mug("Mug"), mug("Cup")])).await;
    let path = format!("/admin/products/{}", ids[0]);
    let etag = shop.staff("GET", &path, None, None).await.etag.expect("an ETag");
    shop.get(&format!("/products/{}", ids[0])).await;
    for _ in 0..2 {
        assert_eq!(shop.staff("DELETE", &path, Some(&etag), None).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(shop.get(&format!("/products/{}", ids[0])).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/products/mug").await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.get("/products").await.all("name"), ["Cup"]);
    assert_eq!(shop.get(&format!("/products?ids={}", ids[0])).await.all("name"), Vec::<Value>::new());
    let whole = shop.staff("GET", "/admin/products?sort=name", None, None).await;
    assert_eq!(
        (whole.all("name"), whole.all("status")),
        (vec![json!("Cup"), json!("Mug")], vec![json!("listed"), json!("deleted")])
    );
    let deleted = shop.staff("GET", "/admin/products?status=deleted", None, None).await;
    assert_eq!(deleted.all("name"), ["Mug"]);
    assert_eq!(shop.patch(&path, json!({"name": "Beaker"})).await.problem(), (409, "product_deleted"));
    let price = json!({"price": {"amount": 1, "currency": "EUR"}});
    assert_eq!(shop.post(&format!("{path}/price"), price).await.problem(), (409, "product_deleted"));
    let unknown = "/admin/products/00000000-0000-7000-8000-000000000000";
    assert_eq!(shop.staff("DELETE", unknown, None, None).await.problem(), (404, "product_not_found"));
    shop.service.stop().await;
}

#[tokio::test]
async fn every_staff_route_needs_the_token() {
    let mut shop = Shop::open().await;
    let id = shop.add(json!([mug("Mug")])).await.remove(0);
    shop.token = "guessed".to_owned();
    for (method, path, body) in [
        ("GET", "/admin/products".to_owned(), None),
        ("GET", format!("/admin/products/{id}"), None),
        ("PATCH", format!("/admin/products/{id}"), Some(json!({}))),
        ("DELETE", format!("/admin/products/{id}"), None),
        ("POST", format!("/admin/products/{id}/variants"), Some(json!({"option_values": ["S"]}))),
        ("POST", "/admin/categories".to_owned(), Some(json!({"categories": [{"name": "A"}]}))),
        ("PATCH", format!("/admin/categories/{id}"), Some(json!({}))),
        ("DELETE", format!("/admin/categories/{id}"), None),
    ] {
        assert_eq!(
            shop.staff(method, &path, None, body).await.status,
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
    }
    shop.service.stop().await;
}

#[tokio::test]
async fn what_a_change_cannot_be_names_its_field() {
    let shop = Shop::open().await;
    let id = shop.add(json!([mug("Mug")])).await.remove(0);
    let path = format!("/admin/products/{id}");
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"weight_grams": 1_000_001}), "weight_grams"),
        (json!({"categories": ["cellar"]}), "categories[0]"),
    ] {
        let answer = shop.patch(&path, body).await;
        assert_eq!(
            (answer.problem(), &answer.body["errors"][0]["field"]),
            ((422, "invalid_input"), &json!(field))
        );
    }
    for (body, code) in [
        (
            json!({"pictures": [{"url": "http://example.com/a", "alt": "", "width": 1, "height": 1}]}),
            "picture_invalid",
        ),
        (json!({"status": "deleted"}), "status_invalid"),
        (json!({"colour": "blue"}), "invalid_input"),
    ] {
        assert_eq!(shop.patch(&path, body).await.problem(), (422, code));
    }
    shop.service.stop().await;
}
