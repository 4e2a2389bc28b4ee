//! The routes and the development mailbox, on a service at work.

use std::sync::Arc;

use axum::http::StatusCode;
use bus::Logged;
use contracts::{CustomerId, OrderId, events::identity::LinkPurpose};
use host::{LinkKind, Stores};
use notification::Config;
use serde_json::json;
use testkit::PostgresServer;

use crate::{
    shop::{ADA, Shop},
    work::{Work, config, eventually},
};

/// An order of a customer on its whole way, and a link.
fn journey() -> (CustomerId, OrderId, Vec<Arc<Logged>>) {
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let now = engine::Clock::now(&engine::SystemClock);
    let events = vec![
        shop.created(customer, "Ada Lovelace"),
        shop.submitted_by(order, Some(customer), Some(ADA)),
        shop.paid(order),
        shop.started(order),
        shop.shipped(order),
        shop.delivered(order),
        shop.refunded(order, 890),
        shop.low_stock(),
        shop.link_until(customer, LinkPurpose::VerifyEmail, now.plus(std::time::Duration::from_secs(3_600))),
    ];
    (customer, order, events)
}

async fn mail_goes_out(stores: Stores, directory: tempfile::TempDir) {
    let (customer, order, events) = journey();
    let work = Work::start_on(stores, directory, &config(), &events).await;
    work.reaches("sent", 7).await;
    let of_order = work.get(&format!("/admin/notifications?order_id={order}&kind=order_shipped")).await;
    assert_eq!(of_order["items"][0]["recipient"], ADA, "{of_order}");
    let (status, mine) = work.get_as(customer, "/me/notifications?limit=4").await;
    assert_eq!((status, mine["items"].as_array().map(Vec::len)), (StatusCode::OK, Some(4)), "{mine}");
    let next = mine["next_cursor"].as_str().expect("a next page");
    let (_, rest) = work.get_as(customer, &format!("/me/notifications?limit=4&cursor={next}")).await;
    assert_eq!(
        (rest["items"].as_array().map(Vec::len), &rest["next_cursor"]),
        (Some(2), &json!(null)),
        "{rest}"
    );
    let mailbox = work.get(&format!("/admin/mailbox?recipient={ADA}")).await;
    assert_eq!(mailbox["items"].as_array().map(Vec::len), Some(6));
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_mail_goes_out_and_its_history_is_kept() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    mail_goes_out(Stores::Sqlite(directory.path().to_owned()), directory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_mail_goes_out_and_its_history_is_kept() {
    let server = PostgresServer::start().expect("a server");
    let directory = tempfile::tempdir().expect("a temporary directory");
    mail_goes_out(Stores::Postgres(server.url("notification").expect("a database")), directory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_works_in_the_mailbox_and_nowhere_else() {
    let (_, _, events) = journey();
    let work = Work::start(&config(), &events).await;
    work.reaches("sent", 7).await;
    let found = work.get("/admin/notifications?kind=verify_email").await;
    let id = found["items"][0]["id"].as_str().expect("an id").to_owned();
    let mail = work.get(&format!("/admin/mailbox/{id}")).await;
    let text = mail["text"].as_str().expect("text");
    let token = text.split("/verify-email?token=").nth(1).expect("a link");
    let token = token.split_whitespace().next().expect("a token");
    assert!(work.ctx.secrets.link_tokens().read(token, LinkKind::VerifyEmail).is_some());
    let headers = mail["headers"].as_array().expect("headers");
    let has = |name: &str, value: &str| headers.contains(&json!({ "name": name, "value": value }));
    assert!(has("Message-ID", &format!("<{id}@localhost>")) && has("Auto-Submitted", "auto-generated"));
    assert!(has("From", "Lamps <shop@localhost>") && has("To", &format!("Ada <{ADA}>")), "{headers:?}");

    let preview = work.get(&format!("/admin/notifications/{id}")).await;
    assert!(preview["preview"]["text"].as_str().is_some_and(|text| text.contains("token=...")));
    assert!(!preview.to_string().contains(token));
    for name in ["notification.db", "notification.db-wal"] {
        let bytes = std::fs::read(work.data().join(name)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{name}");
    }
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_customer_leaves_behind_leaves_the_mailbox() {
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let events =
        vec![shop.submitted_by(order, Some(customer), Some(ADA)), shop.paid(order), shop.deleted(customer)];
    let work = Work::start(&config(), &events).await;
    eventually("it is forgotten", || async {
        let gone = work.get(&format!("/admin/notifications?recipient={ADA}")).await;
        let mailbox = work.get("/admin/mailbox").await;
        let queued = work.count("queued").await;
        gone["items"] == json!([]) && mailbox["items"] == json!([]) && queued == 0
    })
    .await;
    let file = std::fs::read_to_string(work.data().join("mailbox/mails.jsonl")).expect("the mailbox");
    assert!(!file.contains(ADA), "{file}");
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_that_fails_takes_its_own_notification_along_and_no_other() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("order_paid.txt"), "{{ order.lines[7].name }}").expect("written");
    let (_, _, events) = journey();
    let config = Config { templates: Some(folder.path().to_owned()), ..config() };
    let work = Work::start(&config, &events).await;
    work.reaches("sent", 6).await;
    work.reaches("failed", 1).await;
    let failed = work.get("/admin/notifications?state=failed").await;
    let error = failed["items"][0]["last_error"].as_str().expect("why");
    assert!(error.contains("template order_paid.txt line 1"), "{error}");
    assert_eq!(failed["items"][0]["kind"], "order_paid");
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_questions_are_refused() {
    let work = Work::start(&config(), &[]).await;
    for (path, status) in [
        ("/admin/notifications/none/retry", StatusCode::NOT_FOUND),
        ("/admin/notifications/00000000-0000-0000-0000-000000000001/retry", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(work.post(path, "{}").await.0, status, "{path}");
    }
    let (status, _) = work.post("/admin/notifications/retry-failed", r#"{"limit":501}"#).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, body) = work.post("/admin/notifications/retry-failed", "{}").await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "queued": 0 })));
    for query in ["state=lost", "kind=spam", "created_from=today", "limit=0", "cursor=none"] {
        let path = format!("/admin/notifications?{query}");
        let token = work.ctx.secrets.admin_token();
        let request = axum::http::Request::get(&path).header("x-admin-token", token.as_str());
        let (status, _) = work.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    for path in ["/admin/notifications", "/admin/mailbox", "/me/notifications"] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        assert_eq!(work.send(request).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    work.stop().await;
}
