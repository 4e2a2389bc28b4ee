//! No secret stands in the database, a recorded reply, an event or a log line.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::Method;
use identity::LinkPurpose::{ResetPassword, VerifyEmail};
use serde_json::{Value, json};

use super::{Mounted, PASSWORD, sign_up, text};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test has failed").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Remembers all secrets of an answer.
fn remember(secrets: &mut Vec<String>, answer: &Value) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    (
                        "access_token" | "refresh_token" | "invitation_token" | "secret",
                        Value::String(secret),
                    ) => {
                        secrets.push(secret.clone());
                    }
                    ("recovery_codes", Value::Array(codes)) => {
                        for code in codes {
                            secrets.push(text(code).to_owned());
                            secrets.push(text(code).replace('-', ""));
                        }
                    }
                    _ => remember(secrets, value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| remember(secrets, item)),
        _ => {}
    }
}

#[tokio::test]
async fn no_secret_is_written_down() {
    let log = Captured::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("trace").with_writer(move || writer.clone()).finish();
    // Lanes and hashing have threads of their own; this process has one test of the log.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let (another, third) = ("another good password", "a third good password");
    let mut secrets: Vec<String> = [PASSWORD, another, third, "a wrong guess"].map(str::to_owned).to_vec();
    let mounted = Mounted::start().await;

    let key = [("idempotency-key", "0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11")];
    let mut access = String::new();
    for _ in 0..2 {
        let body = sign_up("ada@example.com");
        let answer =
            mounted.send(Method::POST, "/customers", &key, Some(&body), [127, 0, 0, 1]).await.of(201);
        remember(&mut secrets, &answer);
        let next = mounted.refresh(text(&answer["session"]["refresh_token"])).await.of(200);
        remember(&mut secrets, &next);
        access = text(&next["access_token"]).to_owned();
        mounted.refresh(text(&answer["session"]["refresh_token"])).await.of(200);
    }
    mounted.log_in("ada@example.com", "a wrong guess").await.of(401);
    // A token that is used twice is written of.
    let copied = mounted.log_in("ada@example.com", PASSWORD).await.of(200);
    remember(&mut secrets, &copied);
    let copied = text(&copied["session"]["refresh_token"]);
    remember(&mut secrets, &mounted.refresh(copied).await.of(200));
    mounted.advance(Duration::from_secs(11));
    mounted.refresh(copied).await.of(401);
    let verify = mounted.link(VerifyEmail).await;
    mounted.post("/auth/verify-email", &json!({"token": verify})).await.of(204);
    let change = json!({"password": another, "current_password": PASSWORD, "email": "ada@example.org"});
    mounted.with(&access, Method::PATCH, "/me", Some(&change)).await.of(200);
    secrets.push(mounted.link(VerifyEmail).await);
    mounted.post("/auth/forgot-password", &json!({"email": "ada@example.com"})).await.of(202);
    let reset = mounted.link(ResetPassword).await;
    mounted.post("/auth/reset-password", &json!({"token": reset, "password": third})).await.of(204);
    secrets.extend([verify, reset]);

    let invite = json!({"email": "grace@example.com", "name": "Grace Hopper", "role": "admin"});
    let admin_token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    let headers = [("x-admin-token", admin_token.as_str()), ("idempotency-key", "grace")];
    let invited =
        mounted.send(Method::POST, "/admin/staff", &headers, Some(&invite), [127, 0, 0, 1]).await.of(201);
    remember(&mut secrets, &invited);
    let accept = json!({"token": invited["invitation_token"], "password": PASSWORD});
    mounted.post("/staff/accept-invitation", &accept).await.of(204);
    let session = mounted.log_in_staff("grace@example.com", None).await.of(200);
    remember(&mut secrets, &session);
    let own = text(&session["session"]["access_token"]).to_owned();
    let begun = mounted
        .with(&own, Method::POST, "/staff/me/totp", Some(&json!({"password": PASSWORD})))
        .await
        .of(200);
    remember(&mut secrets, &begun);
    let code = super::totp::code(&mounted, text(&begun["secret"]), 0);
    let confirmed = mounted
        .with(&own, Method::POST, "/staff/me/totp/confirm", Some(&json!({"code": code})))
        .await
        .of(200);
    remember(&mut secrets, &confirmed);
    mounted.advance(Duration::from_secs(60));
    let recovery = text(&confirmed["recovery_codes"][0]);
    remember(&mut secrets, &mounted.log_in_staff("grace@example.com", Some(recovery)).await.of(200));
    mounted.with(&own, Method::POST, "/admin/identity/keys/rotate", None).await.of(204);
    secrets.push(admin_token);

    mounted.service.stop().await;
    assert!(secrets.len() > 40, "{}", secrets.len());
    let files = std::fs::read_dir(mounted.directory.path()).expect("a folder");
    let mut looked_at = 0;
    for file in files {
        let path = file.expect("an entry").path();
        if !path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.starts_with("identity.db"))
        {
            continue;
        }
        let bytes = std::fs::read(&path).expect("it reads");
        looked_at += bytes.len();
        for secret in &secrets {
            assert!(!holds(&bytes, secret), "{} holds {secret}", path.display());
        }
        // PKCS#8 of an Ed25519 key begins so.
        let key = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
        assert!(!bytes.windows(key.len()).any(|window| window == key), "a key that is not sealed");
    }
    assert!(looked_at > 10_000, "the database was looked at");
    let log = log.0.lock().expect("no test has failed");
    assert!(!log.is_empty(), "the log was looked at");
    for secret in secrets.iter().map(String::as_str).chain(["$argon2id$"]) {
        assert!(!holds(&log, secret), "the log holds {secret}");
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    let secret = secret.as_bytes();
    bytes.windows(secret.len()).any(|window| window == secret)
}
