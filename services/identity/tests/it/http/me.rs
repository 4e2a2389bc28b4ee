//! What customers see and change of themselves.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Mounted, PASSWORD, on_postgres, sign_up, text, tokens};

fn address(city: &str) -> Value {
    json!({"name": "Ada Lovelace", "street": "12 Square", "postal_code": "SW1Y 4JH", "city": city, "country": "GB"})
}

#[tokio::test]
async fn a_name_is_changed_and_told() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let change = json!({"name": " Ada King ", "phone": "+44 20 7946 0958"});
    let view = mounted.with(&access, Method::PATCH, "/me", Some(&change)).await.of(200);
    assert_eq!((text(&view["name"]), text(&view["phone"])), ("Ada King", "+44 20 7946 0958"));
    let view = mounted.with(&access, Method::PATCH, "/me", Some(&json!({"phone": ""}))).await.of(200);
    assert_eq!((text(&view["name"]), view.get("phone")), ("Ada King", None));
    let updated = mounted.published("customer.updated.v1").await;
    assert_eq!((updated.len(), text(&updated[0]["name"])), (1, "Ada King"));
    assert_eq!(
        mounted.with(&access, Method::PATCH, "/me", Some(&json!({"phone": "call me"}))).await.status,
        422
    );
}

#[tokio::test]
async fn another_password_needs_the_one_until_now_and_ends_the_other_sessions() {
    let mounted = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let (elsewhere, _) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    let change = |current: &str| json!({"password": "another good one", "current_password": current});
    for guess in 0..5 {
        let answer = mounted.with(&access, Method::PATCH, "/me", Some(&change("not that one"))).await;
        assert_eq!(answer.problem(), (401, "invalid_credentials"), "{guess}");
    }
    let answer = mounted.with(&access, Method::PATCH, "/me", Some(&change(PASSWORD))).await;
    assert_eq!(answer.problem(), (429, "too_many_attempts"), "a stolen access token guesses no password");
    mounted.advance(std::time::Duration::from_secs(1));
    mounted.with(&access, Method::PATCH, "/me", Some(&change(PASSWORD))).await.of(200);
    assert_eq!(mounted.with(&elsewhere, Method::GET, "/me", None).await.status, 401);
    mounted.refresh(&refresh).await.of(200);
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.status, 401);
    mounted.log_in("ada@example.com", "another good one").await.of(200);
}

#[tokio::test]
async fn addresses_are_kept_changed_and_given_up() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let (eve, _) = tokens(&mounted.sign_up("eve@example.com").await["session"]);
    let home = json!({"label": "Home", "address": address("London")});
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "home")];
    for _ in 0..2 {
        let added =
            mounted.send(Method::POST, "/me/addresses", &headers, Some(&home), [127, 0, 0, 1]).await.of(200);
        assert_eq!(added["items"].as_array().map(Vec::len), Some(1), "a repeat adds nothing");
        assert_eq!(added["items"][0]["is_default"], true);
    }
    let work = json!({"label": "Work", "is_default": true, "address": address("Paris")});
    let both = mounted.with(&access, Method::POST, "/me/addresses", Some(&work)).await.of(200);
    let (home, work) = (both["items"][0].clone(), both["items"][1].clone());
    assert_eq!((&home["is_default"], &work["is_default"]), (&json!(false), &json!(true)));
    let path = format!("/me/addresses/{}", text(&work["id"]));
    for method in [Method::PATCH, Method::DELETE] {
        let of_another = mounted.with(&eve, method, &path, Some(&json!({}))).await;
        assert_eq!(of_another.problem(), (404, "address_not_found"));
    }
    let moved =
        mounted.with(&access, Method::PATCH, &path, Some(&json!({"address": address("Rome")}))).await.of(200);
    assert_eq!((text(&moved["address"]["city"]), text(&moved["label"])), ("Rome", "Work"));
    mounted.with(&access, Method::DELETE, &path, None).await.of(204);
    let left = mounted.with(&access, Method::GET, "/me/addresses", None).await.of(200);
    assert_eq!((&left["items"][0]["id"], &left["items"][0]["is_default"]), (&home["id"], &json!(true)));
    let mut wrong = address("London");
    wrong["country"] = json!("England");
    let refused =
        mounted.with(&access, Method::POST, "/me/addresses", Some(&json!({"address": wrong}))).await;
    assert_eq!(
        (refused.problem(), &refused.body["errors"][0]["field"]),
        ((422, "invalid_input"), &json!("address"))
    );
}

#[tokio::test]
async fn what_is_kept_is_handed_out() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    mounted
        .with(&access, Method::POST, "/me/addresses", Some(&json!({"address": address("London")})))
        .await
        .of(200);
    let export = mounted.with(&access, Method::GET, "/me/export", None).await.of(200);
    assert_eq!(export["customer"]["email"], "ada@example.com");
    assert_eq!(export["addresses"][0]["address"]["city"], "London");
    assert_eq!(export["sessions"].as_array().map(Vec::len), Some(1));
    assert!(export["elsewhere"].as_array().expect("routes").contains(&json!("/api/v1/me/orders")));
    assert!(!export.to_string().contains("argon2id"));
}

async fn leaves(mounted: &Mounted) {
    let answer = mounted.sign_up("ada@example.com").await;
    let (access, refresh) = tokens(&answer["session"]);
    let (elsewhere, _) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    mounted
        .with(&access, Method::POST, "/me/addresses", Some(&json!({"address": address("London")})))
        .await
        .of(200);
    mounted.log_in("ada@example.com", "a wrong guess").await;
    let wrong = json!({"password": "not that one"});
    assert_eq!(
        mounted.with(&access, Method::DELETE, "/me", Some(&wrong)).await.problem(),
        (401, "invalid_credentials")
    );
    mounted.with(&access, Method::DELETE, "/me", Some(&json!({"password": PASSWORD}))).await.of(204);
    for token in [&access, &elsewhere] {
        assert_eq!(mounted.with(token, Method::GET, "/me", None).await.status, 401);
    }
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    assert_eq!(
        mounted.published("customer.deleted.v1").await,
        [json!({"customer_id": answer["customer"]["id"]})]
    );
    // How much mail was asked for is kept for a day, or whoever signs up and leaves could send without end.
    for (table, column) in
        [("customer", "email"), ("email_claim", "key"), ("attempt", "key"), ("link", "email")]
    {
        let sql = format!(
            "SELECT count(*) FROM {table} WHERE {column} LIKE '%ada%' AND {column} NOT LIKE 'mail %'"
        );
        let rows = mounted.service.reads().query(sql, Vec::new()).await.expect("it reads");
        assert_eq!(rows[0].try_get_by_index::<i64>(0).expect("a count"), 0, "{table}");
    }
    let sql = "SELECT count(*) FROM address_book".to_owned();
    let rows = mounted.service.reads().query(sql, Vec::new()).await.expect("it reads");
    assert_eq!(rows[0].try_get_by_index::<i64>(0).expect("a count"), 0);
    let path = format!("/admin/customers/{}", text(&answer["customer"]["id"]));
    assert_eq!(mounted.operator(Method::GET, &path, None).await.status, 404);
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.problem(), (401, "invalid_credentials"));
    let again = mounted.sign_up("ada@example.com").await;
    assert_ne!(again["customer"]["id"], answer["customer"]["id"]);
}

#[tokio::test]
async fn who_leaves_is_forgotten_and_the_address_is_free_again() {
    leaves(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_forgotten_on_postgres_too() {
    on_postgres(async |mounted| {
        leaves(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn a_cart_that_is_brought_is_told_of() {
    let mounted = Mounted::start().await;
    let (first, second) = ("0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11", "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a12");
    let mut body = sign_up("ada@example.com");
    body["cart_id"] = json!(first);
    let answer = mounted.post("/customers", &body).await.of(201);
    let log_in = json!({"email": "ada@example.com", "password": PASSWORD, "cart_id": second});
    mounted.post("/auth/login", &log_in).await.of(200);
    let mut claimed = mounted.published("customer.cart_claimed.v1").await;
    claimed.sort_by_key(|event| event["cart_id"].to_string());
    let id = &answer["customer"]["id"];
    assert_eq!(
        claimed,
        [json!({"customer_id": id, "cart_id": first}), json!({"customer_id": id, "cart_id": second})]
    );
    let wrong = json!({"email": "ada@example.com", "password": "a wrong guess", "cart_id": first});
    mounted.post("/auth/login", &wrong).await.of(401);
    assert_eq!(mounted.published("customer.cart_claimed.v1").await.len(), 2);
}
