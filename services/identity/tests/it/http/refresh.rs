//! Refresh tokens, the end of sessions, and the keys.

use std::{collections::BTreeSet, time::Duration};

use axum::http::Method;
use contracts::Timestamp;
use engine::Clock;
use futures_util::{FutureExt, future::join_all};
use identity::SigningKey;
use serde_json::json;

use super::{Mounted, PASSWORD, on_postgres, text, tokens};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn is_open(mounted: &Mounted, access: &str) -> bool {
    mounted.with(access, Method::GET, "/me/sessions", None).await.status == 200
}

/// A token is good once; used again later it ends the session, with its access tokens.
async fn reuse(mounted: &Mounted) {
    let session = mounted.sign_up("ada@example.com").await["session"].clone();
    let (_, first) = tokens(&session);
    let (_, second) = tokens(&mounted.refresh(&first).await.of(200));
    let (access, third) = tokens(&mounted.refresh(&second).await.of(200));
    assert!(is_open(mounted, &access).await);
    assert_eq!(mounted.refresh(&first).await.problem(), (401, "invalid_refresh_token"));
    assert_eq!(
        mounted.with(&access, Method::GET, "/me/sessions", None).await.problem(),
        (401, "invalid_token")
    );
    assert_eq!(mounted.refresh(&third).await.problem(), (401, "invalid_refresh_token"));
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_the_session() {
    reuse(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_that_comes_again_ends_the_session_on_postgres() {
    on_postgres(async |mounted| {
        reuse(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_for_ten_seconds() {
    let mounted = Mounted::start().await;
    let (_, first) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let (_, lost) = tokens(&mounted.refresh(&first).await.of(200));
    mounted.advance(Duration::from_secs(10));
    let (_, kept) = tokens(&mounted.refresh(&first).await.of(200));
    assert_ne!(lost, kept);
    // Whichever answer has arrived is used; the other one ends the session.
    let (_, next) = tokens(&mounted.refresh(&kept).await.of(200));
    assert_eq!(mounted.refresh(&lost).await.status, 401);
    assert_eq!(mounted.refresh(&next).await.status, 401);

    let (_, first) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    let (_, next) = tokens(&mounted.refresh(&first).await.of(200));
    mounted.advance(Duration::from_secs(11));
    assert_eq!(mounted.refresh(&first).await.status, 401);
    assert_eq!(mounted.refresh(&next).await.status, 401);
}

#[tokio::test]
async fn tabs_that_refresh_at_once_stay_logged_in() {
    let mounted = Mounted::start().await;
    let (_, first) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let answers = join_all((0..3).map(|_| mounted.refresh(&first))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let (access, _) = tokens(&mounted.refresh(&tokens(&answers[1].body).1).await.of(200));
    assert!(is_open(&mounted, &access).await);
}

#[tokio::test]
async fn a_made_up_token_ends_nothing() {
    let mounted = Mounted::start().await;
    let elsewhere = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let (_, foreign) = tokens(&elsewhere.sign_up("ada@example.com").await["session"]);
    let mut changed = refresh.clone().into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("ASCII");
    for forged in ["", "x", &foreign, &changed, &access] {
        assert!(matches!(mounted.refresh(forged).await.status.as_u16(), 401 | 422), "{forged}");
    }
    mounted.refresh(&refresh).await.of(200);
    assert!(!is_open(&elsewhere, &access).await, "another installation trusts other keys");
}

#[tokio::test]
async fn a_session_slides_and_is_bounded() {
    let mounted = Mounted::start().await;
    let (access, mut refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    mounted.advance(Duration::from_secs(900));
    assert_eq!(
        mounted.with(&access, Method::GET, "/me/sessions", None).await.problem(),
        (401, "token_expired")
    );
    for _ in 0..3 {
        mounted.advance(29 * DAY);
        refresh = tokens(&mounted.refresh(&refresh).await.of(200)).1;
    }
    mounted.advance(4 * DAY);
    assert_eq!(mounted.refresh(&refresh).await.status, 401, "after 90 days in any case");
    let (_, refresh) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    mounted.advance(30 * DAY);
    assert_eq!(mounted.refresh(&refresh).await.status, 401, "after 30 days without use");
}

#[tokio::test]
async fn who_logs_out_is_out_at_once_and_after_a_restart() {
    let mounted = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let (other_access, other_refresh) =
        tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    mounted.with(&access, Method::POST, "/auth/logout", Some(&json!({}))).await.of(204);
    assert!(!is_open(&mounted, &access).await);
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    mounted.post("/auth/logout", &json!({"refresh_token": other_refresh})).await.of(204);
    mounted.post("/auth/logout", &json!({"refresh_token": other_refresh})).await.of(204);
    assert_eq!(mounted.post("/auth/logout", &json!({})).await.problem(), (422, "invalid_input"));
    let (kept, _) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    let mounted = mounted.restart(|_| ()).await;
    assert!(!is_open(&mounted, &access).await && !is_open(&mounted, &other_access).await);
    assert!(is_open(&mounted, &kept).await, "keys and sessions outlast a restart");
}

#[tokio::test]
async fn a_customer_ends_its_own_sessions_and_no_others() {
    let mounted = Mounted::start().await;
    let (ada, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let elsewhere = mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"].clone();
    let eve = mounted.sign_up("eve@example.com").await["session"].clone();
    let listed = mounted.with(&ada, Method::GET, "/me/sessions", None).await.of(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    let of_eve = format!("/me/sessions/{}", text(&eve["session_id"]));
    assert_eq!(mounted.with(&ada, Method::DELETE, &of_eve, None).await.status, 404);
    assert!(is_open(&mounted, &tokens(&eve).0).await);
    let of_ada = format!("/me/sessions/{}", text(&elsewhere["session_id"]));
    mounted.with(&ada, Method::DELETE, &of_ada, None).await.of(204);
    assert!(!is_open(&mounted, &tokens(&elsewhere).0).await);
    let (third, _) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    mounted.with(&ada, Method::DELETE, "/me/sessions", None).await.of(204);
    assert!(!is_open(&mounted, &third).await && is_open(&mounted, &ada).await);
}

#[tokio::test]
async fn keys_follow_one_another_unnoticed() {
    let mounted = Mounted::start().await;
    let published = |mounted: &Mounted| -> Vec<String> {
        let set = mounted.ctx.access.key_set();
        set["keys"].as_array().expect("keys").iter().map(|key| text(&key["kid"]).to_owned()).collect()
    };
    let before = published(&mounted);
    assert_eq!(before.len(), 2, "the next key is published before it signs");
    let (_, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    mounted.advance(30 * DAY - Duration::from_secs(60));
    let (old, refresh) = tokens(&mounted.refresh(&refresh).await.of(200));
    mounted.advance(Duration::from_secs(120));
    let (new, _) = tokens(&mounted.refresh(&refresh).await.of(200));
    let key_of = |token: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64");
        let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
        text(&header["kid"]).to_owned()
    };
    assert_ne!(key_of(&old), key_of(&new));
    assert!(before.contains(&key_of(&new)), "it was published before");
    assert!(is_open(&mounted, &old).await && is_open(&mounted, &new).await);
}

#[tokio::test]
async fn without_its_secret_the_installation_trusts_new_keys_only() {
    let mounted = Mounted::start().await;
    let (access, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    std::fs::remove_file(mounted.directory.path().join("identity.key")).expect("it was there");
    let mounted = mounted.restart(|_| ()).await;
    assert!(!is_open(&mounted, &access).await);
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    let (access, _) = tokens(&mounted.log_in("ada@example.com", PASSWORD).await.of(200)["session"]);
    assert!(is_open(&mounted, &access).await);
}

#[tokio::test]
async fn a_clock_that_is_set_back_breaks_nothing() {
    let mounted = Mounted::start().await;
    let (_, refresh) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let earlier = Timestamp(mounted.clock.now().0 - 3_600_000_000 * 24 * 40);
    let mounted = mounted.restart_at(earlier, |_| ()).await;
    let (access, refresh) = tokens(&mounted.refresh(&refresh).await.of(200));
    assert!(is_open(&mounted, &access).await);
    let (access, _) = tokens(&mounted.refresh(&refresh).await.of(200));
    assert!(is_open(&mounted, &access).await);
    mounted.log_in("ada@example.com", PASSWORD).await.of(200);
}

/// The keys that are trusted are those that are kept.
async fn trusts_what_it_keeps(mounted: &Mounted) {
    let kept: Vec<SigningKey> =
        mounted.service.reads().select("ORDER BY key_id", Vec::new()).await.expect("it reads");
    let kept: BTreeSet<String> = kept.iter().map(|key| key.key_id.to_string()).collect();
    let trusted = mounted.ctx.access.key_set();
    let trusted = trusted["keys"].as_array().expect("keys").iter();
    let trusted: BTreeSet<String> = trusted.map(|key| text(&key["kid"]).to_owned()).collect();
    assert_eq!(trusted, kept);
}

#[tokio::test]
async fn keys_are_revoked_also_when_the_caller_goes_away() {
    let mounted = Mounted::start().await;
    let (access, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    let mut rotating =
        Box::pin(mounted.operator(Method::POST, "/admin/identity/keys/rotate?revoke=true", None));
    assert!(rotating.as_mut().now_or_never().is_none(), "it is under way");
    drop(rotating);
    let revoked = async {
        while mounted.with(&access, Method::GET, "/me", None).await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), revoked).await.expect("it is carried out to its end");
    trusts_what_it_keeps(&mounted).await;
}

#[tokio::test]
async fn a_token_that_is_over_keeps_nobody_from_coming_back_or_leaving() {
    let mounted = Mounted::start().await;
    let session = mounted.sign_up("ada@example.com").await["session"].clone();
    let mounted = mounted.behind_the_table();
    let (access, refresh) = tokens(&session);
    mounted.advance(Duration::from_secs(900));
    let over = mounted.with(&access, Method::GET, "/api/v1/me", None).await;
    assert_eq!(over.problem(), (401, "token_expired"));
    let body = json!({"refresh_token": refresh});
    let next = mounted.with(&access, Method::POST, "/api/v1/auth/refresh", Some(&body)).await.of(200);
    let (next_access, next_refresh) = tokens(&next);
    let body = json!({"refresh_token": next_refresh});
    mounted.with(&access, Method::POST, "/api/v1/auth/logout", Some(&body)).await.of(204);
    let ended = mounted.with(&next_access, Method::GET, "/api/v1/me", None).await;
    assert_eq!(ended.problem(), (401, "invalid_token"));
    // Its session has ended already: whoever leaves again has left.
    mounted.with(&next_access, Method::POST, "/api/v1/auth/logout", Some(&body)).await.of(204);
}
