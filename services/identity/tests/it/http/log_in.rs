//! Logging in.

use std::time::Duration;

use axum::http::{Method, header};
use futures_util::future::join_all;
use identity::HashCost;
use serde_json::json;

use super::{Mounted, PASSWORD, on_postgres, text, tokens};

#[tokio::test]
async fn the_right_password_opens_the_account_and_nothing_tells_whether_there_is_one() {
    let mounted = Mounted::start().await;
    let customer = mounted.sign_up("ada@example.com").await["customer"].clone();
    let answer = mounted.log_in("ADA@example.com", PASSWORD).await.of(200);
    assert_eq!(answer["customer"], customer);
    let wrong = mounted.log_in("ada@example.com", "another password").await;
    let unknown = mounted.log_in("eve@example.com", "another password").await;
    assert_eq!(wrong.problem(), (401, "invalid_credentials"));
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(wrong.headers[header::WWW_AUTHENTICATE], "Bearer");
}

/// Five guesses are free, whoever makes them at once or one by one, and the sixth waits.
async fn guesses(mounted: &Mounted) {
    mounted.sign_up("ada@example.com").await;
    let guess = async |number: u8| {
        let body = json!({"email": "ada@example.com", "password": format!("guess number {number}")});
        mounted.send(Method::POST, "/auth/login", &[], Some(&body), [10, 0, 0, number]).await
    };
    let answers = join_all((0..40).map(guess)).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    let refused = answers.iter().filter(|answer| answer.problem() == (429, "too_many_attempts")).count();
    assert_eq!((looked_at, refused), (5, 35), "many at once gain nothing");
    let refused = answers.iter().find(|answer| answer.status == 429).expect("some");
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    // The right password has to wait as well: else it would be told from a wrong one.
    assert_eq!(mounted.log_in("ada@example.com", PASSWORD).await.status, 429);
}

#[tokio::test]
async fn many_guesses_at_once_gain_nothing() {
    guesses(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_guesses_at_once_gain_nothing_on_postgres() {
    on_postgres(async |mounted| {
        guesses(&mounted).await;
        mounted
    })
    .await;
}

/// All that come at once from one address are counted, whichever account they are about.
async fn counted(mounted: &Mounted) {
    mounted.sign_up("ada@example.com").await;
    let guess = async |number: u8| {
        let body = json!({"email": format!("someone-{number}@example.com"), "password": "a wrong guess"});
        mounted.send(Method::POST, "/auth/login", &[], Some(&body), [10, 9, 9, 9]).await.status.as_u16()
    };
    assert_eq!(join_all((0..24).map(guess)).await, [401; 24]);
    let row = mounted.service.reads().get::<identity::Attempts>("address 10.9.9.9").await;
    assert_eq!(row.expect("it reads").map(|attempts| attempts.failures), Some(24));
}

#[tokio::test]
async fn all_that_come_at_once_are_counted() {
    counted(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_come_at_once_are_counted_on_postgres() {
    on_postgres(async |mounted| {
        counted(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn nobody_is_locked_out_for_good_and_a_session_goes_on_meanwhile() {
    let mounted = Mounted::start().await;
    let session = mounted.sign_up("ada@example.com").await["session"].clone();
    let mut waited = Vec::new();
    for _ in 0..20 {
        let answer = mounted.log_in("ada@example.com", "a wrong guess").await;
        if let Some(wait) = answer.headers.get(header::RETRY_AFTER) {
            let seconds: u64 = wait.to_str().expect("a number").parse().expect("a number");
            waited.push(seconds);
            mounted.advance(Duration::from_secs(seconds));
        }
    }
    assert_eq!(waited[..4], [1, 2, 4, 8]);
    assert!(waited.iter().all(|seconds| *seconds <= 900), "{waited:?}");
    mounted.refresh(&tokens(&session).1).await.of(200);
    mounted.advance(Duration::from_secs(900));
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    for _ in 0..5 {
        let after = mounted.log_in("ada@example.com", "a wrong guess").await;
        assert_eq!(after.status, 401, "a success forgets what was before");
    }
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_waits_also_when_it_has_one() {
    let mut config = super::cheap();
    config.free_attempts_per_address = 10;
    let mounted = Mounted::start_with(config).await;
    mounted.sign_up("eve@example.com").await;
    let mut refused = 0;
    for number in 0..12 {
        mounted.log_in("eve@example.com", PASSWORD).await;
        let guess = mounted.log_in(&format!("someone-{number}@example.com"), "a wrong guess").await;
        refused += usize::from(guess.status == 429);
    }
    assert!(refused >= 2, "{refused}");
    let body = json!({"email": "eve@example.com", "password": PASSWORD});
    mounted.send(Method::POST, "/auth/login", &[], Some(&body), [10, 1, 1, 1]).await.of(200);
}

#[tokio::test]
async fn only_a_named_proxy_is_believed() {
    let mut config = super::cheap();
    config.free_attempts_per_address = 3;
    config.trusted_proxies = vec!["10.0.0.1".parse().expect("an address")];
    let mounted = Mounted::start_with(config).await;
    let guess = async |from: [u8; 4], forwarded: String, account: usize| {
        let body = json!({"email": format!("someone-{account}@example.com"), "password": "a wrong guess"});
        let headers = [("x-forwarded-for", forwarded.as_str())];
        mounted.send(Method::POST, "/auth/login", &headers, Some(&body), from).await.status.as_u16()
    };
    let mut made_up = Vec::new();
    for number in 0..4 {
        made_up.push(guess([10, 0, 0, 9], format!("203.0.113.{number}"), number).await);
    }
    assert_eq!(made_up, [401, 401, 401, 429]);
    for number in 10..14 {
        assert_eq!(guess([10, 0, 0, 1], format!("203.0.113.{number}"), number).await, 401);
    }
}

#[tokio::test]
async fn a_password_is_hashed_anew_when_the_cost_has_grown() {
    let mounted = Mounted::start().await;
    let customer = mounted.sign_up("ada@example.com").await["customer"].clone();
    let id: contracts::CustomerId = text(&customer["id"]).parse().expect("an id");
    let dearer = HashCost { memory_kib: 16, passes: 2, lanes: 1 };
    let mounted = mounted.restart(|config| config.password_hash = dearer).await;
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    let stored: identity::Customer = mounted.service.reads().get(id).await.expect("it reads").expect("there");
    assert!(stored.password.0.contains("m=16,t=2,p=1"), "{}", stored.password.0);
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
}
