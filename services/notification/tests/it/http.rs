//! The routes and the development mailbox, on a service at work.

use std::sync::Arc;

use axum::http::StatusCode;
use bus::Logged;
use contracts::{CustomerId, OrderId, events::identity::LinkPurpose};
use host::{LinkKind, Stores, testing::eventually};
use notification::Config;
use serde_json::json;
use testkit::PostgresServer;

use crate::{
    shop::{ADA, Shop},
    work::{Work, config},
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
    for recipient in [ADA, "Ada@Example.COM"] {
        for path in ["/admin/mailbox", "/admin/notifications"] {
            let found = work.get(&format!("{path}?recipient={recipient}")).await;
            assert_eq!(found["items"].as_array().map(Vec::len), Some(6), "{path} {recipient}");
        }
    }
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
    assert!(has("From", "Lamps <shop@localhost>") && has("To", ADA), "{headers:?}");

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

/// Mails that nobody has any use for keep none that somebody has from being sent again.
async fn sends_again_what_is_of_use(stores: Stores, directory: tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    for name in ["order_submitted.txt", "verify_email.txt"] {
        std::fs::write(folder.path().join(name), "{{ order.lines[7].name }}").expect("written");
    }
    let clock = Arc::new(engine::ManualClock::at(engine::Clock::now(&engine::SystemClock)));
    let hour = std::time::Duration::from_secs(3_600);
    let expires = engine::Clock::now(&*clock).plus(hour);
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let mut events = vec![shop.submitted(order)];
    events.extend((0..5).map(|_| shop.link_until(customer, LinkPurpose::VerifyEmail, expires)));
    let config = Config { templates: Some(folder.path().to_owned()), ..config() };
    let work = Work::start_at(stores, directory, &config, &events, clock.clone()).await;
    work.reaches("failed", 6).await;
    let newest = work.get("/admin/notifications?state=failed&limit=1").await;
    assert_eq!(newest["items"][0]["kind"], "verify_email", "the first that would be tried");
    clock.advance_to(expires);
    let (status, retried) = work.post("/admin/notifications/retry-failed", r#"{"limit":1}"#).await;
    assert_eq!((status, retried), (StatusCode::OK, json!({ "queued": 1 })));
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_keeps_nothing_else_from_being_sent_again() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    sends_again_what_is_of_use(Stores::Sqlite(directory.path().to_owned()), directory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_keeps_nothing_else_from_being_sent_again_on_postgresql() {
    let server = PostgresServer::start().expect("a server");
    let directory = tempfile::tempdir().expect("a temporary directory");
    sends_again_what_is_of_use(Stores::Postgres(server.url("notification").expect("a database")), directory)
        .await;
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
    for path in [
        "/admin/notifications?state=lost",
        "/admin/notifications?kind=spam",
        "/admin/notifications?created_from=today",
        "/admin/notifications?limit=0",
        "/admin/notifications?cursor=none",
        "/admin/notifications?recipent=ada@example.com",
        "/admin/mailbox?recipent=ada@example.com",
    ] {
        let token = work.ctx.secrets.admin_token();
        let request = axum::http::Request::get(path).header("x-admin-token", token.as_str());
        let (status, _) = work.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    for path in ["/admin/notifications", "/admin/mailbox", "/me/notifications"] {
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        assert_eq!(work.send(request).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    work.stop().await;
}
