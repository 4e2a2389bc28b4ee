//! Mail over SMTP, to a real server that fails as it is told to.

use std::{collections::HashSet, net::TcpListener, sync::Arc};

use axum::http::StatusCode;
use bus::Logged;
use host::testing::eventually;
use notification::{Config, Encryption, MailBy, Smtp};
use serde_json::json;
use testkit::MailServer;

use crate::{
    shop::{ADA, Shop},
    work::{Work, config},
};

fn to(port: u16) -> Config {
    let smtp = Smtp {
        host: "127.0.0.1".into(),
        port: Some(port),
        tls: Encryption::None,
        timeout_ms: 2_000,
        ..Smtp::default()
    };
    Config { mail_by: MailBy::Smtp, from: "shop@example.com".into(), smtp, ..config() }
}

fn orders(count: usize) -> Vec<Arc<Logged>> {
    let mut shop = Shop::new();
    (0..count)
        .map(|number| {
            let order = shop.order();
            shop.submitted_by(order, None, Some(&format!("reader{number}@example.com")))
        })
        .collect()
}

fn order_to(recipient: &str) -> Vec<Arc<Logged>> {
    let mut shop = Shop::new();
    let order = shop.order();
    vec![shop.submitted_by(order, None, Some(recipient))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_mails_arrive_once_each() {
    let server = MailServer::start().expect("a mail server");
    let work = Work::start(&to(server.port), &orders(1_000)).await;
    work.reaches("sent", 1_000).await;
    let mails = server.mails().expect("mails");
    let names: HashSet<&str> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
    let readers: HashSet<&str> = mails.iter().flat_map(|mail| mail.to.iter().map(String::as_str)).collect();
    assert_eq!((mails.len(), names.len(), readers.len()), (1_000, 1_000, 1_000));
    assert!(mails.iter().all(|mail| mail.source.contains("Auto-Submitted: auto-generated")));
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_down_mail_waits_for_it() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let work = Work::start(&to(closed.port()), &orders(20)).await;
    eventually("all were tried", || async {
        let page = work.get("/admin/notifications?state=queued&limit=100").await;
        let items = page["items"].as_array().expect("items").clone();
        items.len() == 20 && items.iter().all(|item| item["attempts"].as_i64() >= Some(1))
    })
    .await;
    let page = work.get("/admin/notifications?state=queued&limit=1").await;
    assert!(page["items"][0]["last_error"].is_string(), "{page}");
    let server = MailServer::start_on(closed.port()).expect("the server is up");
    work.reaches("sent", 20).await;
    assert_eq!(server.mails().expect("mails").len(), 20);
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recipient_that_is_put_off_is_tried_again() {
    let mut server = MailServer::start().expect("a mail server");
    server.answer(ADA, Some(451)).expect("told");
    let work = Work::start(&to(server.port), &order_to(ADA)).await;
    eventually("it was tried", || async {
        let page = work.get("/admin/notifications").await;
        page["items"][0]["last_error"].as_str().is_some_and(|error| error.contains("451"))
    })
    .await;
    assert_eq!(work.count("queued").await, 1);
    server.answer(ADA, None).expect("told");
    work.reaches("sent", 1).await;
    assert_eq!(server.mails().expect("mails").len(), 1);
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_recipient_is_seen_and_sent_again_by_staff() {
    let mut server = MailServer::start().expect("a mail server");
    server.answer(ADA, Some(550)).expect("told");
    let work = Work::start(&to(server.port), &order_to(ADA)).await;
    work.reaches("failed", 1).await;
    let failed = work.get("/admin/notifications?state=failed").await;
    let id = failed["items"][0]["id"].as_str().expect("an id").to_owned();
    assert!(failed["items"][0]["last_error"].as_str().is_some_and(|error| error.contains("550")), "{failed}");

    server.answer(ADA, None).expect("mended");
    let (status, _) = work.post("/admin/notifications/retry-failed", r#"{"kind":"low_stock"}"#).await;
    assert_eq!((status, work.count("failed").await), (StatusCode::OK, 1), "it is of another kind");
    let (status, queued) = work.post(&format!("/admin/notifications/{id}/retry"), "{}").await;
    assert_eq!((status, &queued["id"]), (StatusCode::OK, &json!(id)), "{queued}");
    work.reaches("sent", 1).await;
    let (status, problem) = work.post(&format!("/admin/notifications/{id}/retry"), "{}").await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("notification_not_failed")));
    let mails = server.mails().expect("mails");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].message_id, format!("<{id}@example.com>"));
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_sends_nothing_again_that_has_failed_since() {
    const RETRY: &str = "/admin/notifications/retry-failed";
    let mut server = MailServer::start().expect("a mail server");
    server.answer(ADA, Some(451)).expect("told");
    let work = Work::start(&to(server.port), &order_to(ADA)).await;
    work.reaches("queued", 1).await;
    let first = work.post_once("retry-of-today", RETRY, "{}").await;
    assert_eq!(first, (StatusCode::OK, json!({ "queued": 0 })));
    assert_eq!(work.audited().await, [format!("POST {RETRY}")]);
    server.answer(ADA, Some(550)).expect("told");
    work.reaches("failed", 1).await;
    assert_eq!(work.post_once("retry-of-today", RETRY, "{}").await, first);
    assert_eq!(work.count("failed").await, 1);
    server.answer(ADA, None).expect("mended");
    let another = work.post_once("retry-of-tomorrow", RETRY, "{}").await;
    assert_eq!(another, (StatusCode::OK, json!({ "queued": 1 })));
    work.reaches("sent", 1).await;
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_customer_leaves_behind_leaves_the_mailbox_also_when_mail_goes_elsewhere_by_now() {
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let mut events = vec![shop.submitted_by(order, Some(customer), Some(ADA))];
    let work = Work::start(&config(), &events).await;
    work.reaches("sent", 1).await;
    let mails = work.data().join("mailbox/mails.jsonl");
    let is_there = || std::fs::read_to_string(&mails).expect("the mailbox").contains(ADA);
    assert!(is_there());
    events.push(shop.deleted(customer));
    let server = MailServer::start().expect("a mail server");
    let work = work.restart(&to(server.port), &events).await;
    eventually("it is forgotten", || async { !is_there() }).await;
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_holds_nothing_else_up() {
    let mut server = MailServer::start().expect("a mail server");
    server.hang(true).expect("told");
    let work = Work::start(&to(server.port), &orders(300)).await;
    // The lane goes on: every order has its contact and its notification, while each connection hangs.
    work.reaches("queued", 300).await;
    let (status, _) = work.post("/admin/notifications/retry-failed", "{}").await;
    assert_eq!(status, StatusCode::OK, "commands are carried out");
    server.hang(false).expect("told");
    work.reaches("sent", 300).await;
    assert_eq!(server.mails().expect("mails").len(), 300);
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_encrypt_gets_no_mail_that_is_to_be_encrypted() {
    let server = MailServer::start().expect("a mail server");
    let mut config = to(server.port);
    config.smtp.tls = Encryption::Starttls;
    let work = Work::start(&config, &order_to(ADA)).await;
    eventually("it was tried", || async {
        let page = work.get("/admin/notifications").await;
        page["items"][0]["last_error"].as_str().is_some_and(|error| error.contains("STARTTLS"))
    })
    .await;
    assert_eq!((work.count("queued").await, server.mails().expect("mails").len()), (1, 0));
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_logs_in_and_a_wrong_password_loses_no_mail() {
    let mut server = MailServer::start().expect("a mail server");
    server.require_login("shop", "open sesame").expect("told");
    let secrets = tempfile::tempdir().expect("a temporary directory");
    let password = secrets.path().join("password");
    std::fs::write(&password, "wrong\n").expect("written");
    let mut config = to(server.port);
    config.smtp.user = Some("shop".into());
    config.smtp.password_file = Some(password.clone());
    let work = Work::start(&config, &order_to(ADA)).await;
    eventually("it was tried", || async {
        let page = work.get("/admin/notifications").await;
        page["items"][0]["last_error"].as_str().is_some_and(|error| error.contains("535"))
    })
    .await;
    assert_eq!((work.count("queued").await, server.mails().expect("mails").len()), (1, 0));
    work.stop().await;

    std::fs::write(&password, "open sesame\n").expect("written");
    let work = Work::start(&config, &order_to(ADA)).await;
    work.reaches("sent", 1).await;
    assert_eq!(server.mails().expect("mails").len(), 1);
    work.stop().await;
}
