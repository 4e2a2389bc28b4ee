use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use serde_json::json;
use tower::ServiceExt;

use super::Shop;

impl Shop {
    async fn picture(&self, path: &str, known: Option<&str>) -> Response {
        let mut request = Request::get(path);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.routes.clone().oneshot(request).await.expect("routes always answer")
    }
}

#[tokio::test]
async fn what_has_no_picture_of_its_own_is_drawn() {
    let shop = Shop::open().await;
    shop.add(json!([{"name": "Desk Lamp", "price": {"amount": 999, "currency": "EUR"}}])).await;
    assert_eq!(shop.get("/products").await.body["items"][0]["pictures"].as_array().map(Vec::len), Some(1));
    let pictures = shop.get("/products/desk-lamp").await.body["pictures"].clone();
    let pictures = pictures.as_array().expect("pictures");
    assert_eq!(pictures.len(), 3);
    for picture in pictures {
        let url =
            picture["url"].as_str().expect("a url").strip_prefix("/api/v1").expect("a route").to_owned();
        assert!(url.starts_with("/pictures/lamp-"), "{url}");
        let first = shop.picture(&url, None).await;
        let header = |name: header::HeaderName| first.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(
            (first.status(), header(header::CONTENT_TYPE).as_str()),
            (StatusCode::OK, "image/svg+xml")
        );
        assert_eq!(header(header::CACHE_CONTROL), "public, max-age=2592000");
        assert!(header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        let etag = header(header::ETAG);
        assert!(etag.starts_with('"'));
        assert_eq!(shop.picture(&url, Some(&etag)).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(shop.picture(&url, Some("\"other\"")).await.status(), StatusCode::OK);
        let svg = to_bytes(first.into_body(), 20_000).await.expect("under 20 KB");
        assert!(svg.starts_with(b"<svg "));
    }
    shop.service.stop().await;
}

#[tokio::test]
async fn names_of_no_drawing_are_not_found() {
    let shop = Shop::open().await;
    for name in [
        "lamp",
        "lamp-00000000-front",
        "lamp-00000000-front.png",
        "lamp-0-front.svg",
        "..%2Flamp.svg",
        "%00.svg",
    ] {
        assert_eq!(
            shop.picture(&format!("/pictures/{name}"), None).await.status(),
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
    shop.service.stop().await;
}
