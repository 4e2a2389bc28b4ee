//! Links: verifying an address, choosing another password.

use std::time::Duration;

use axum::http::{Method, header};
use identity::LinkPurpose::{ResetPassword, VerifyEmail};
use serde_json::json;

use super::{Mounted, PASSWORD, on_postgres, sign_up, text, tokens};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn an_address_is_verified_once_by_the_link_that_was_sent_there() {
    let mounted = Mounted::start().await;
    let session = mounted.sign_up("ada@example.com").await["session"].clone();
    let (access, _) = tokens(&session);
    let token = mounted.link(VerifyEmail).await;
    let wrong_purpose = json!({"token": token, "password": "another good one"});
    assert_eq!(mounted.post("/auth/reset-password", &wrong_purpose).await.problem(), (422, "link_invalid"));
    mounted.post("/auth/verify-email", &json!({"token": token})).await.of(204);
    assert_eq!(mounted.with(&access, Method::GET, "/me", None).await.of(200)["email_verified"], true);
    assert_eq!(
        mounted.post("/auth/verify-email", &json!({"token": token})).await.problem(),
        (422, "link_invalid")
    );
    assert_eq!(
        mounted.with(&access, Method::POST, "/me/verify-email", None).await.problem(),
        (409, "email_verified")
    );
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    assert_eq!(mounted.published("customer.email_verified.v1").await.len(), 1, "it is told once");
}

#[tokio::test]
async fn a_newer_link_voids_the_one_before_and_time_voids_all() {
    let mounted = Mounted::start().await;
    let (_, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let first = mounted.link(VerifyEmail).await;
    let (access, _) = tokens(&mounted.refresh(&refresh).await.of(200));
    mounted.with(&access, Method::POST, "/me/verify-email", None).await.of(202);
    let second = mounted.link(VerifyEmail).await;
    assert_ne!(first, second);
    assert_eq!(
        mounted.post("/auth/verify-email", &json!({"token": first})).await.problem(),
        (422, "link_invalid")
    );
    mounted.advance(72 * HOUR);
    assert_eq!(
        mounted.post("/auth/verify-email", &json!({"token": second})).await.problem(),
        (422, "link_invalid")
    );
}

#[tokio::test]
async fn mail_is_not_sent_without_end() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let mut refused = 0;
    for _ in 0..8 {
        let answer = mounted.with(&access, Method::POST, "/me/verify-email", None).await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
            refused += 1;
        }
    }
    assert_eq!(refused, 4, "signing up has asked for mail as well");
    for _ in 0..8 {
        mounted.post("/auth/forgot-password", &json!({"email": "ada@example.com"})).await.of(202);
    }
    assert_eq!(mounted.published("customer.link_requested.v1").await.len(), 5);
}

/// How often mail was asked for to an address.
async fn mails_to(mounted: &Mounted, email: &str) -> usize {
    let requested = mounted.published("customer.link_requested.v1").await;
    requested.iter().filter(|link| link["email"] == email).count()
}

#[tokio::test]
async fn nobody_is_sent_mail_without_end_by_those_who_want_its_address() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("eve@example.com").await["session"]);
    let mut answers = Vec::new();
    for number in 0..8 {
        let name = format!("Eve {number}");
        let wish = json!({"email": "ada@example.com", "name": name, "current_password": PASSWORD});
        let answer = mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await;
        assert_eq!(answer.headers.contains_key(header::RETRY_AFTER), answer.status == 429);
        answers.push(answer.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429, 429, 429]);
    assert_eq!(mails_to(&mounted, "ada@example.com").await, 5);
    let view = mounted.with(&access, Method::GET, "/me", None).await.of(200);
    assert_eq!(text(&view["name"]), "Eve 4", "what must wait changes nothing");
    // The password was right each time: who must wait for mail may change all else.
    let change = json!({"password": "another good one", "current_password": PASSWORD});
    mounted.with(&access, Method::PATCH, "/me", Some(&change)).await.of(200);
    mounted.advance(Duration::from_secs(1));
    let wish = json!({"email": "ada@example.com", "current_password": "another good one"});
    mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await.of(200);
}

#[tokio::test]
async fn nobody_is_sent_mail_without_end_by_those_who_sign_up_and_leave() {
    let mounted = Mounted::start().await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        let answer = mounted.post("/customers", &sign_up("ada@example.com")).await;
        answers.push(answer.status.as_u16());
        if answer.status == 201 {
            let (access, _) = tokens(&answer.body["session"]);
            let leave = json!({"password": PASSWORD});
            mounted.with(&access, Method::DELETE, "/me", Some(&leave)).await.of(204);
        }
    }
    assert_eq!(answers, [201; 8], "nobody is kept from signing up");
    assert_eq!(mails_to(&mounted, "ada@example.com").await, 5);
}

#[tokio::test]
async fn a_client_asks_for_so_much_mail_and_for_no_more() {
    let mounted = Mounted::start().await;
    let send = async |number: usize, from| {
        let body = sign_up(&format!("reader{number}@example.com"));
        mounted.send(Method::POST, "/customers", &[], Some(&body), from).await
    };
    let client = [198, 51, 100, 7];
    for number in 0..100 {
        send(number, client).await.of(201);
    }
    assert_eq!(send(100, client).await.problem(), (429, "too_many_attempts"));
    send(100, [198, 51, 100, 8]).await.of(201);
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let again = mounted.send(Method::POST, "/me/verify-email", &headers, None, client).await;
    assert_eq!(again.problem(), (429, "too_many_attempts"));
    mounted.send(Method::POST, "/me/verify-email", &headers, None, [198, 51, 100, 8]).await.of(202);
}

#[tokio::test]
async fn mail_calls_nobody_by_name_whose_address_it_may_not_be() {
    let mounted = Mounted::start().await;
    let session = mounted.sign_up("ada@example.com").await["session"].clone();
    let forgotten = json!({"email": "ada@example.com"});
    mounted.post("/auth/forgot-password", &forgotten).await.of(202);
    let (access, _) = tokens(&session);
    mounted.post("/auth/verify-email", &json!({"token": mounted.link(VerifyEmail).await})).await.of(204);
    mounted.post("/auth/forgot-password", &forgotten).await.of(202);
    let wish = json!({"email": "eve@example.com", "current_password": PASSWORD});
    mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await.of(200);
    let requested = mounted.published("customer.link_requested.v1").await;
    let names: Vec<&str> = requested.iter().map(|link| text(&link["name"])).collect();
    assert_eq!(names, ["", "", "Ada Lovelace", ""], "{requested:?}");
}

#[tokio::test]
async fn another_password_ends_all_sessions_and_verifies_the_address() {
    let mounted = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    for _ in 0..6 {
        mounted.log_in("ada@example.com", "a wrong guess").await;
    }
    mounted.post("/auth/forgot-password", &json!({"email": " ADA@example.com"})).await.of(202);
    let token = mounted.link(ResetPassword).await;
    let body = |password: &str| json!({"token": token, "password": password});
    assert_eq!(
        mounted.post("/auth/verify-email", &json!({"token": token})).await.problem(),
        (422, "link_invalid")
    );
    assert_eq!(
        mounted.post("/auth/reset-password", &body("ada@example.com")).await.problem(),
        (422, "invalid_input")
    );
    mounted.post("/auth/reset-password", &body("another good one")).await.of(204);
    assert_eq!(
        mounted.post("/auth/reset-password", &body("a third good one")).await.problem(),
        (422, "link_invalid")
    );
    assert_eq!(mounted.with(&access, Method::GET, "/me", None).await.status, 401);
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.status, 401);
    let answer = mounted.log_in("ada@example.com", "another good one").await.of(200);
    assert_eq!(answer["customer"]["email_verified"], true);
}

#[tokio::test]
async fn a_link_to_another_password_lasts_an_hour_and_until_the_password_changes() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let ask = || async {
        mounted.post("/auth/forgot-password", &json!({"email": "ada@example.com"})).await.of(202);
        mounted.link(ResetPassword).await
    };
    let token = ask().await;
    let change = json!({"password": "another good one", "current_password": PASSWORD});
    mounted.with(&access, Method::PATCH, "/me", Some(&change)).await.of(200);
    let reset = |token: &str| json!({"token": token, "password": "a third good one"});
    assert_eq!(mounted.post("/auth/reset-password", &reset(&token)).await.problem(), (422, "link_invalid"));
    let token = ask().await;
    mounted.advance(HOUR);
    assert_eq!(mounted.post("/auth/reset-password", &reset(&token)).await.problem(), (422, "link_invalid"));
}

#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let mounted = Mounted::start().await;
    mounted.sign_up("ada@example.com").await;
    let ask = async |email: &str| mounted.post("/auth/forgot-password", &json!({"email": email})).await;
    let (known, unknown) = (ask("ada@example.com").await, ask("eve@example.com").await);
    assert_eq!((known.status, known.body), (unknown.status, unknown.body));
    let requested = mounted.published("customer.link_requested.v1").await;
    assert_eq!(requested.len(), 2);
    assert_eq!(requested[1]["purpose"], "reset_password");
    assert!(requested[1]["link_id"].is_string() && requested[1].get("token").is_none());
}

#[tokio::test]
async fn made_up_tokens_are_counted() {
    let mut config = super::cheap();
    config.free_attempts_per_address = 3;
    let mounted = Mounted::start_with(config).await;
    let body = sign_up("ada@example.com");
    mounted.send(Method::POST, "/customers", &[], Some(&body), [198, 51, 100, 7]).await.of(201);
    let elsewhere = Mounted::start().await;
    elsewhere.sign_up("ada@example.com").await;
    let foreign = elsewhere.link(VerifyEmail).await;
    let mut problems = Vec::new();
    for token in [foreign.as_str(), "", "x", "y"] {
        problems.push(mounted.post("/auth/verify-email", &json!({"token": token})).await.status.as_u16());
    }
    assert_eq!(problems, [422, 422, 422, 429]);
}

async fn moves(mounted: &Mounted) {
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    mounted.post("/auth/verify-email", &json!({"token": mounted.link(VerifyEmail).await})).await.of(204);
    let wish = json!({"email": "Ada@Example.org", "current_password": PASSWORD});
    let without = json!({"email": "ada@example.org"});
    assert_eq!(
        mounted.with(&access, Method::PATCH, "/me", Some(&without)).await.problem(),
        (422, "invalid_input")
    );
    let view = mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await.of(200);
    assert_eq!((text(&view["email"]), text(&view["pending_email"])), ("ada@example.com", "ada@example.org"));
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    assert_eq!(mounted.log_in("ada@example.org", PASSWORD).await.status, 401);
    let token = mounted.link(VerifyEmail).await;
    mounted.post("/auth/verify-email", &json!({"token": token})).await.of(204);
    let view = mounted.with(&access, Method::GET, "/me", None).await.of(200);
    assert_eq!(
        (text(&view["email"]), &view["email_verified"], view.get("pending_email")),
        ("ada@example.org", &json!(true), None)
    );
    mounted.log_in("ada@example.org", PASSWORD).await.of(200);
    mounted.sign_up("ada@example.com").await;
    let updated = mounted.published("customer.updated.v1").await;
    assert_eq!((updated.len(), text(&updated[0]["email"])), (1, "ada@example.org"));
    assert_eq!(mounted.published("customer.email_verified.v1").await.len(), 2);
}

#[tokio::test]
async fn another_address_counts_once_it_is_verified() {
    moves(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_counts_once_it_is_verified_on_postgres_too() {
    on_postgres(async |mounted| {
        moves(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn an_address_that_another_takes_meanwhile_is_not_had() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let wish = json!({"email": "ada@example.org", "current_password": PASSWORD});
    mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await.of(200);
    let token = mounted.link(VerifyEmail).await;
    mounted.sign_up("ada@example.org").await;
    assert_eq!(
        mounted.post("/auth/verify-email", &json!({"token": token})).await.problem(),
        (409, "email_taken")
    );
    assert_eq!(
        mounted.with(&access, Method::PATCH, "/me", Some(&wish)).await.problem(),
        (409, "email_taken")
    );
    assert_eq!(mounted.with(&access, Method::GET, "/me", None).await.of(200)["email"], "ada@example.com");
}
