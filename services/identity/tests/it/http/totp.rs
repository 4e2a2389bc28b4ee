//! The second factor of staff.

use std::time::Duration;

use axum::http::Method;
use engine::Clock;
use futures_util::future::join_all;
use identity::SecondFactorSetting;
use ring::hmac;
use serde_json::json;

use super::{Mounted, PASSWORD, text, tokens};

/// What an authenticator app shows, so many steps from now.
pub fn code(mounted: &Mounted, secret: &str, steps: i64) -> String {
    let mut bits = String::new();
    for letter in secret.bytes() {
        let value =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|other| *other == letter).expect("base 32");
        bits.push_str(&format!("{value:05b}"));
    }
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|bits| u8::from_str_radix(std::str::from_utf8(bits).expect("ASCII"), 2).expect("bits"))
        .collect();
    let step = mounted.clock.now().0 / 30_000_000 + steps;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let start = usize::from(mac.as_ref()[19] & 15);
    let four: [u8; 4] = mac.as_ref()[start..start + 4].try_into().expect("four");
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// Sets a second factor up; its secret and the recovery codes.
pub async fn enrol(mounted: &Mounted, access: &str) -> (String, Vec<String>) {
    let password = json!({"password": PASSWORD});
    let begun = mounted.with(access, Method::POST, "/staff/me/totp", Some(&password)).await.of(200);
    let secret = text(&begun["secret"]).to_owned();
    assert!(text(&begun["otpauth_uri"]).contains(&secret));
    let body = json!({"code": code(mounted, &secret, 0)});
    let confirmed = mounted.with(access, Method::POST, "/staff/me/totp/confirm", Some(&body)).await.of(200);
    let codes = confirmed["recovery_codes"].as_array().expect("codes");
    (secret, codes.iter().map(|code| text(code).to_owned()).collect())
}

async fn access(mounted: &Mounted, code: Option<&str>) -> String {
    tokens(&mounted.log_in_staff("grace@example.com", code).await.of(200)["session"]).0
}

#[tokio::test]
async fn once_confirmed_it_is_asked_for_and_each_code_is_good_once() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let elsewhere = access(&mounted, None).await;
    let own = access(&mounted, None).await;
    let wrong = json!({"password": "not that one"});
    assert_eq!(
        mounted.with(&own, Method::POST, "/staff/me/totp", Some(&wrong)).await.problem(),
        (401, "invalid_credentials")
    );
    let (secret, recovery) = enrol(&mounted, &own).await;
    assert_eq!(recovery.len(), 10);
    assert_eq!(
        mounted.with(&elsewhere, Method::GET, "/staff/me", None).await.status,
        401,
        "a password alone"
    );
    assert_eq!(
        mounted.log_in_staff("grace@example.com", None).await.problem(),
        (401, "second_factor_required")
    );
    let confirmed = code(&mounted, &secret, 0);
    assert_eq!(
        mounted.log_in_staff("grace@example.com", Some(&confirmed)).await.problem(),
        (401, "invalid_code")
    );
    mounted.advance(Duration::from_secs(30));
    let next = code(&mounted, &secret, 0);
    let at_once = join_all((0..3).map(|_| mounted.log_in_staff("grace@example.com", Some(&next)))).await;
    let taken = at_once.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 1, "also when it comes more than once at a time");
    let before = code(&mounted, &secret, -1);
    assert_eq!(
        mounted.log_in_staff("grace@example.com", Some(&before)).await.problem(),
        (401, "invalid_code")
    );
    let early = code(&mounted, &secret, 1);
    mounted.log_in_staff("grace@example.com", Some(&early)).await.of(200);
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let own = access(&mounted, None).await;
    let (_, recovery) = enrol(&mounted, &own).await;
    let written = recovery[3].to_uppercase().replace('-', " ");
    mounted.log_in_staff("grace@example.com", Some(&written)).await.of(200);
    assert_eq!(
        mounted.log_in_staff("grace@example.com", Some(&recovery[3])).await.problem(),
        (401, "invalid_code")
    );
    mounted.log_in_staff("grace@example.com", Some(&recovery[4])).await.of(200);
}

#[tokio::test]
async fn codes_cannot_be_guessed_and_the_password_alone_forgets_no_guess() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let own = access(&mounted, None).await;
    enrol(&mounted, &own).await;
    let mut looked_at = 0;
    for _ in 0..20 {
        let without = mounted.log_in_staff("grace@example.com", None).await;
        assert!(matches!(without.problem(), (401, "second_factor_required") | (429, _)));
        looked_at += u32::from(mounted.log_in_staff("grace@example.com", Some("000000")).await.status == 401);
    }
    assert!(looked_at <= 5, "{looked_at}");
}

#[tokio::test]
async fn it_is_given_up_with_password_and_code() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let own = access(&mounted, None).await;
    let (secret, _) = enrol(&mounted, &own).await;
    let remove = async |body| mounted.with(&own, Method::DELETE, "/staff/me/totp", Some(&body)).await;
    let used = code(&mounted, &secret, 0);
    assert_eq!(remove(json!({"password": PASSWORD, "code": used})).await.problem(), (401, "invalid_code"));
    mounted.advance(Duration::from_secs(30));
    let next = code(&mounted, &secret, 0);
    assert_eq!(remove(json!({"password": "not that one", "code": next})).await.status, 401);
    remove(json!({"password": PASSWORD, "code": next})).await.of(204);
    assert_eq!(
        remove(json!({"password": PASSWORD, "code": next})).await.problem(),
        (409, "second_factor_not_set")
    );
    mounted.log_in_staff("grace@example.com", None).await.of(200);
}

#[tokio::test]
async fn where_it_is_wanted_of_all_a_session_without_it_may_only_set_it_up() {
    let mut config = super::cheap();
    config.staff_second_factor = SecondFactorSetting::Required;
    let mounted = Mounted::start_with(config).await;
    mounted.add_staff("grace@example.com", "admin").await;
    let session = mounted.log_in_staff("grace@example.com", None).await.of(200)["session"].clone();
    assert_eq!(session["second_factor_missing"], true);
    let (limited, refresh) = tokens(&session);
    assert_eq!(
        mounted.with(&limited, Method::GET, "/admin/customers", None).await.problem(),
        (403, "second_factor_missing")
    );
    mounted.with(&limited, Method::GET, "/staff/me", None).await.of(200);
    let (secret, _) = enrol(&mounted, &limited).await;
    assert_eq!(mounted.with(&limited, Method::GET, "/admin/customers", None).await.status, 403);
    let (full, _) = tokens(&mounted.refresh(&refresh).await.of(200));
    mounted.with(&full, Method::GET, "/admin/customers", None).await.of(200);
    mounted.advance(Duration::from_secs(30));
    let next = code(&mounted, &secret, 0);
    let session = mounted.log_in_staff("grace@example.com", Some(&next)).await.of(200)["session"].clone();
    mounted.with(&tokens(&session).0, Method::GET, "/admin/customers", None).await.of(200);

    let other = tokens(&session).0;
    mounted.advance(Duration::from_secs(30));
    let remove = json!({"password": PASSWORD, "code": code(&mounted, &secret, 0)});
    mounted.with(&full, Method::DELETE, "/staff/me/totp", Some(&remove)).await.of(204);
    for ended in [&full, &other] {
        assert_eq!(mounted.with(ended, Method::GET, "/admin/customers", None).await.status, 401);
    }
    let session = mounted.log_in_staff("grace@example.com", None).await.of(200)["session"].clone();
    let (limited, _) = tokens(&session);

    let mounted = mounted.behind_the_table();
    let of_table = mounted.with(&limited, Method::GET, "/api/v1/admin/customers", None).await;
    assert_eq!(of_table.problem(), (403, "second_factor_missing"));
    mounted.with(&limited, Method::GET, "/api/v1/staff/me", None).await.of(200);
}
