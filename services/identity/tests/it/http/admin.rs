//! Staff on customers, and admins on keys.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::{Mounted, PASSWORD, on_postgres, text, tokens};

fn emails(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| text(&item["email"])).collect()
}

/// Finds customers by all that they are found by, page by page.
async fn lists(mounted: &Mounted) {
    for (number, (email, name)) in [
        ("ada@example.com", "Ada Lovelace"),
        ("bob@example.com", "Bob 100%_x"),
        ("cy@example.org", "Ångström"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"email": email, "password": PASSWORD, "name": name});
        mounted.post("/customers", &body).await.of(201);
        mounted.advance(Duration::from_secs(3_600 * (number as u64 + 1)));
    }
    let token = mounted.link(identity::LinkPurpose::VerifyEmail).await;
    mounted.post("/auth/verify-email", &json!({"token": token})).await.of(204);
    let list = async |query: &str| {
        mounted.operator(Method::GET, &format!("/admin/customers?{query}"), None).await.of(200)
    };
    for (query, found) in [
        ("", vec!["cy@example.org", "bob@example.com", "ada@example.com"]),
        ("email=%20ADA@example.com", vec!["ada@example.com"]),
        ("email=ada", vec![]),
        ("name=LOVE", vec!["ada@example.com"]),
        ("name=%C3%A5ng", vec!["cy@example.org"]),
        ("name=0%25_", vec!["bob@example.com"]),
        ("name=%25", vec!["bob@example.com"]),
        ("name=_", vec!["bob@example.com"]),
        ("name=%5C", vec![]),
        ("verified=true", vec!["cy@example.org"]),
        ("verified=false&name=a", vec!["ada@example.com"]),
        ("created_from=2026-01-01T01:00:00Z", vec!["cy@example.org", "bob@example.com"]),
        ("created_before=2026-01-01T01:00:00Z", vec!["ada@example.com"]),
        ("created_from=2026-01-01T01:00:00Z&created_before=2026-01-01T02:00:00Z", vec!["bob@example.com"]),
    ] {
        assert_eq!(emails(&list(query).await), found, "{query}");
    }
    let first = list("limit=1").await;
    let body = json!({"email": "new@example.com", "password": PASSWORD, "name": "New"});
    mounted.post("/customers", &body).await.of(201);
    let second = list(&format!("limit=2&cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!(emails(&second), ["bob@example.com", "ada@example.com"]);
    assert_eq!(second.get("next_cursor"), None);
    let wrong = mounted.operator(Method::GET, "/admin/customers?cursor=x", None).await;
    assert_eq!(wrong.problem(), (422, "invalid_cursor"));
    let page = list("").await.to_string();
    assert!(!page.contains("argon2id") && !page.contains("password"), "{page}");
}

#[tokio::test]
async fn customers_are_found_page_by_page() {
    lists(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_found_page_by_page_on_postgres() {
    on_postgres(async |mounted| {
        lists(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn a_closed_account_is_out_at_once_until_it_is_opened_again() {
    let mounted = Mounted::start().await;
    let answer = mounted.sign_up("ada@example.com").await;
    let (access, refresh) = tokens(&answer["session"]);
    let path = |what: &str| format!("/admin/customers/{}/{what}", text(&answer["customer"]["id"]));
    let closed = mounted.operator(Method::POST, &path("disable"), Some(&json!({}))).await.of(200);
    assert_eq!(closed["status"], "disabled");
    assert_eq!(mounted.with(&access, Method::GET, "/me", None).await.problem(), (401, "invalid_token"));
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    assert_eq!(
        mounted.log_in("ada@example.com", "a wrong guess").await.problem(),
        (401, "invalid_credentials")
    );
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.problem(), (403, "account_disabled"));
    mounted.post("/auth/forgot-password", &json!({"email": "ada@example.com"})).await.of(202);
    assert_eq!(mounted.published("customer.link_requested.v1").await.len(), 1);
    mounted.operator(Method::POST, &path("enable"), Some(&json!({}))).await.of(200);
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    let nobody = "/admin/customers/00000000-0000-0000-0000-000000000001/disable";
    assert_eq!(
        mounted.operator(Method::POST, nobody, Some(&json!({}))).await.problem(),
        (404, "customer_not_found")
    );
}

#[tokio::test]
async fn keys_are_rotated_and_revoked_in_an_emergency() {
    let mounted = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let keys = |mounted: &Mounted| mounted.ctx.access.key_set()["keys"].as_array().expect("keys").clone();
    let before = keys(&mounted);
    mounted.operator(Method::POST, "/admin/identity/keys/rotate", None).await.of(204);
    assert_eq!(keys(&mounted).len(), 3);
    mounted.with(&access, Method::GET, "/me", None).await.of(200);
    let (newer, refresh) = tokens(&mounted.refresh(&refresh).await.of(200));
    mounted.operator(Method::POST, "/admin/identity/keys/rotate?revoke=true", None).await.of(204);
    let after = keys(&mounted);
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|key| !before.contains(key)), "a key that may be known is not used");
    for old in [&access, &newer] {
        assert_eq!(mounted.with(old, Method::GET, "/me", None).await.problem(), (401, "invalid_token"));
    }
    let (access, _) = tokens(&mounted.refresh(&refresh).await.of(200));
    mounted.with(&access, Method::GET, "/me", None).await.of(200);
    let mounted = mounted.restart(|_| ()).await;
    mounted.with(&access, Method::GET, "/me", None).await.of(200);
    assert_eq!(keys(&mounted).len(), 2);
}
