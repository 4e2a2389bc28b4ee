//! Carts of customers over HTTP.

use contracts::{CustomerId, Role, StaffId};
use serde_json::json;
use uuid::Uuid;

use super::Shop;

#[tokio::test]
async fn a_customers_cart_opens_to_the_customer_alone() {
    let shop = Shop::open(10).await;
    let mug = shop.product(1, 1_500, true).await;
    let [ada, bob] = [1, 2].map(|number| shop.issuer.customer(CustomerId(Uuid::from_u128(number))));
    let staff = shop.issuer.staff(StaffId(Uuid::from_u128(3)), Role::Staff, "sam@example.com");
    let created = shop.send_as(Some(&ada), "POST", "/carts", "{}").await;
    let cart = format!("/carts/{}", created.body["id"].as_str().expect("an id"));
    let item = json!({"product_id": mug, "quantity": 1}).to_string();
    for stranger in [None, Some(bob.as_str())] {
        for (method, path, body) in [
            ("GET", cart.clone(), ""),
            ("POST", format!("{cart}/items"), item.as_str()),
            ("PATCH", format!("{cart}/items/{mug}"), r#"{"quantity":3}"#),
            ("DELETE", format!("{cart}/items/{mug}"), ""),
            ("POST", format!("{cart}/holds"), ""),
            ("PUT", format!("{cart}/shipping-address"), super::ADDRESS),
            ("PUT", format!("{cart}/shipping-method"), r#"{"code":"standard"}"#),
            ("GET", format!("{cart}/shipping-options"), ""),
            (
                "POST",
                format!("{cart}/checkout"),
                r#"{"email":"bob@example.com","total":{"amount":1,"currency":"EUR"},"payment_method":"pm"}"#,
            ),
        ] {
            let answer = shop.send_as(stranger, method, &path, body).await;
            assert_eq!(answer.code(), (404, "cart_not_found"), "{method} {path}");
        }
    }
    assert_eq!(shop.send_as(Some(&bob), "POST", &format!("{cart}/claim"), "").await.code().0, 404);
    assert_eq!(shop.send_as(Some(&ada), "POST", &format!("{cart}/items"), &item).await.code().0, 200);
    assert_eq!(shop.send_as(Some(&staff), "GET", &cart, "").await.body["lines"][0]["quantity"], 1);
    assert_eq!(shop.send_as(Some(&staff), "POST", &format!("{cart}/items"), &item).await.code().0, 404);
    let current = shop.send_as(Some(&ada), "GET", "/me/cart", "").await;
    assert_eq!(current.body["id"], created.body["id"]);
    assert_eq!(shop.send_as(Some(&bob), "GET", "/me/cart", "").await.code(), (404, "not_found"));
    assert_eq!(shop.send_as(None, "GET", "/me/cart", "").await.code(), (401, "login_required"));
    assert_eq!(shop.send_as(Some(&staff), "GET", "/me/cart", "").await.code(), (403, "forbidden"));
}

#[tokio::test]
async fn a_wallet_pays_for_those_who_have_one() {
    let shop = Shop::open(10).await;
    let mug = shop.product(1, 1_500, true).await;
    let ada = shop.issuer.customer(CustomerId(Uuid::from_u128(1)));
    let cart = shop.cart().await;
    shop.add(&cart, mug, 1, None).await;
    let ready = shop.ship(&cart).await;
    let checkout =
        json!({"email": "ada@example.com", "total": ready.body["total"], "payment_method": "wallet"});
    let path = format!("{cart}/checkout");
    let guest = shop.send_as(None, "POST", &path, &checkout.to_string()).await;
    assert_eq!(guest.code(), (422, "payment_method_invalid"));
    let claimed = shop.send_as(Some(&ada), "POST", &format!("{cart}/claim"), "").await;
    assert_eq!(claimed.body["lines"][0]["held"], true, "holds come along: the cart is the same");
    assert_eq!(shop.send_as(Some(&ada), "POST", &path, &checkout.to_string()).await.code().0, 202);
    assert_eq!(shop.send_as(Some(&ada), "GET", "/me/cart", "").await.code().0, 404, "it is an order now");
}
