//! Accounts in a shop of their own process: what identity says counts everywhere, also after a kill.

use serde_json::{Value, json};
use testkit::{Answer, Client};

use crate::buyer::{Buyer, shop};

const PASSWORD: &str = "correct horse battery";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A request with an access token.
fn with(client: &mut Client, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let (bearer, body) = (format!("Bearer {token}"), body.map(|body| body.to_string()));
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/api/v1{path}");
    client.send(method, &path, &headers, body.as_ref().map(String::as_bytes)).expect("the shop answers")
}

#[test]
fn a_customer_signs_up_logs_in_and_is_known_everywhere() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "3"]);
    let mut buyer = Buyer::new(process.address, "ada");
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let cart = buyer.cart(&product, 1).expect("the shop answers").expect("a cart");
    let sign_up = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada Lovelace", "cart_id": cart["id"]});
    let signed_up = buyer.post("/customers", &sign_up).expect("the shop answers");
    assert_eq!(signed_up.status, 201, "{}", signed_up.json());
    let session = signed_up.json()["session"].clone();
    let access = text(&session["access_token"]);

    let client = &mut buyer.client;
    assert_eq!(with(client, &access, "GET", "/me", None).json()["email"], "ada@example.com");
    assert_eq!(with(client, &access, "GET", "/me/orders", None).status, 200);
    assert_eq!(with(client, &access, "GET", "/admin/customers", None).json()["code"], "forbidden");
    let asked_at = std::time::Instant::now();
    while with(client, &access, "GET", "/me/cart", None).json()["id"] != cart["id"] {
        assert!(asked_at.elapsed().as_secs() < 60, "the cart is not the customer's");
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }

    let keys = client.get("/.well-known/jwks.json", &[]).expect("the shop answers");
    assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(keys.json()["keys"].as_array().map(Vec::len), Some(2));

    let log_in = json!({"email": "ada@example.com", "password": PASSWORD});
    let elsewhere = buyer.post("/auth/login", &log_in).expect("the shop answers").json()["session"].clone();
    let ended = text(&elsewhere["access_token"]);
    assert_eq!(with(&mut buyer.client, &ended, "POST", "/auth/logout", Some(&json!({}))).status, 204);

    process.kill().expect("killed");
    let process = shop(directory.path(), &[]);
    let mut buyer = Buyer::new(process.address, "ada again");
    let again = buyer.client.get("/.well-known/jwks.json", &[]).expect("the shop answers");
    assert_eq!(again.json(), keys.json());
    assert_eq!(with(&mut buyer.client, &access, "GET", "/me", None).status, 200);
    assert_eq!(with(&mut buyer.client, &ended, "GET", "/me", None).json()["code"], "invalid_token");
    let refresh = json!({"refresh_token": session["refresh_token"]});
    assert_eq!(buyer.post("/auth/refresh", &refresh).expect("the shop answers").status, 200);
}

#[test]
fn a_guest_who_guesses_from_one_address_is_slowed_down() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "0"]);
    let mut buyer = Buyer::new(process.address, "eve");
    let guess = json!({"email": "ada@example.com", "password": "a wrong guess"});
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(buyer.post("/auth/login", &guess).expect("the shop answers").status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let token = std::fs::read_to_string(directory.path().join("admin.token")).expect("a token");
    let config = buyer.client.get("/api/v1/admin/system/config", &[("x-admin-token", token.trim())]);
    let config = config.expect("the shop answers").json();
    assert_eq!(config["identity"]["free_attempts_per_account"], 5, "{config}");
}
