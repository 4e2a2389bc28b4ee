//! Signing up.

use axum::http::Method;
use serde_json::json;

use super::{Mounted, PASSWORD, on_postgres, sign_up, text};

#[tokio::test]
async fn who_signs_up_is_logged_in() {
    let mounted = Mounted::start().await;
    let answer = mounted.sign_up("  Ada@Example.com ").await;
    assert_eq!(answer["customer"]["email"], "ada@example.com");
    assert_eq!(answer["customer"]["email_verified"], false);
    assert_eq!(answer["session"]["expires_in"], 900);
    let token = text(&answer["session"]["access_token"]);
    let sessions = mounted.with(token, Method::GET, "/me/sessions", None).await.of(200);
    assert_eq!(sessions["items"][0]["current"], true);
    assert_eq!(sessions["items"][0]["id"], answer["session"]["session_id"]);
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written() {
    let mounted = Mounted::start().await;
    mounted.sign_up("ada@example.com").await;
    for same in ["ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com"] {
        assert_eq!(
            mounted.post("/customers", &sign_up(same)).await.problem(),
            (409, "email_taken"),
            "{same}"
        );
    }
    mounted.sign_up("ada@example.org").await;
}

async fn race(mounted: &Mounted) {
    let sign_up = async |_| mounted.post("/customers", &sign_up("ada@example.com")).await.status.as_u16();
    let mut statuses = futures_util::future::join_all((0..8).map(sign_up)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(mounted.published("customer.created.v1").await.len(), 1);
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_address() {
    race(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_gets_the_address_on_postgres() {
    on_postgres(async |mounted| {
        race(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_by_field() {
    let mounted = Mounted::start().await;
    for (field, value) in [
        ("email", json!("ada")),
        ("email", json!(format!("{}@example.com", "a".repeat(260)))),
        ("password", json!("1234567")),
        ("password", json!("x".repeat(129))),
        ("password", json!("password1")),
        ("password", json!("Ada@Example.com")),
        ("name", json!("  ")),
        ("name", json!("Ada\u{0}")),
    ] {
        let mut body = sign_up("ada@example.com");
        body[field] = value.clone();
        let answer = mounted.post("/customers", &body).await;
        assert_eq!(answer.problem(), (422, "invalid_input"), "{value}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{value}: {}", answer.body);
    }
    let mut body = sign_up("ada@example.com");
    body["role"] = json!("admin");
    assert_eq!(mounted.post("/customers", &body).await.problem(), (422, "invalid_input"));
}

#[tokio::test]
async fn a_repeat_under_its_key_is_the_same_customer_and_needs_the_password() {
    let mounted = Mounted::start().await;
    let key = [("idempotency-key", "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11")];
    let send = async |body| mounted.send(Method::POST, "/customers", &key, Some(&body), [127, 0, 0, 1]).await;
    let first = send(sign_up("ada@example.com")).await.of(201);
    let again = send(sign_up("ada@example.com")).await.of(201);
    assert_eq!(first["customer"], again["customer"]);
    assert_ne!(first["session"]["refresh_token"], again["session"]["refresh_token"]);
    for answer in [&first, &again] {
        let token = text(&answer["session"]["access_token"]);
        mounted.with(token, Method::GET, "/me/sessions", None).await.of(200);
    }
    let mut other = sign_up("ada@example.com");
    other["password"] = json!("another password");
    assert_eq!(send(other).await.problem(), (422, "idempotency_key_reused"));
    let mut other = sign_up("ada@example.com");
    other["name"] = json!("Eve");
    assert_eq!(send(other).await.problem(), (422, "idempotency_key_reused"));
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.status, 200);
}
