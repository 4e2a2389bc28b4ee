//! Staff: invitations, roles, and what admins may not do.

use std::time::Duration;

use axum::http::{Method, header};
use futures_util::future::join_all;
use identity::LinkPurpose;
use serde_json::{Value, json};

use super::{Mounted, PASSWORD, on_postgres, text, tokens};

#[tokio::test]
async fn who_is_invited_chooses_a_password_once() {
    let mounted = Mounted::start().await;
    let body = json!({"email": "Grace@Example.com", "name": "Grace Hopper", "role": "staff"});
    let invited = mounted.operator(Method::POST, "/admin/staff", Some(&body)).await.of(201);
    assert_eq!(
        (&invited["staff"]["email"], &invited["staff"]["invited"]),
        (&json!("grace@example.com"), &json!(true))
    );
    assert_eq!(
        mounted.operator(Method::POST, "/admin/staff", Some(&body)).await.problem(),
        (409, "email_taken")
    );
    assert_eq!(mounted.log_in_staff("grace@example.com", None).await.problem(), (401, "invalid_credentials"));
    let accept = json!({"token": invited["invitation_token"], "password": PASSWORD});
    let common = json!({"token": invited["invitation_token"], "password": "password1"});
    assert_eq!(mounted.post("/staff/accept-invitation", &common).await.problem(), (422, "invalid_input"));
    mounted.post("/staff/accept-invitation", &accept).await.of(204);
    assert_eq!(mounted.post("/staff/accept-invitation", &accept).await.problem(), (422, "link_invalid"));
    let session = mounted.log_in_staff("grace@example.com", None).await.of(200);
    assert_eq!(
        (&session["staff"]["role"], &session["session"]["expires_in"]),
        (&json!("staff"), &json!(900))
    );
    // The two kinds of account know nothing of one another.
    assert_eq!(mounted.log_in("grace@example.com", PASSWORD).await.status, 401);
    mounted.sign_up("grace@example.com").await;
    assert_eq!(
        mounted.published("customer.link_requested.v1").await.len(),
        1,
        "invitations are told to nobody"
    );
}

#[tokio::test]
async fn an_invitation_lasts_two_days_and_a_repeat_is_answered_with_the_same() {
    let mounted = Mounted::start().await;
    let body = json!({"email": "grace@example.com", "name": "Grace Hopper", "role": "admin"});
    let token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    let headers = [("x-admin-token", token.as_str()), ("idempotency-key", "invite-grace")];
    let send = || mounted.send(Method::POST, "/admin/staff", &headers, Some(&body), [127, 0, 0, 1]);
    let (first, again) = (send().await.of(201), send().await.of(201));
    assert_eq!(first, again);
    mounted.advance(Duration::from_secs(48 * 3_600));
    let accept = json!({"token": first["invitation_token"], "password": PASSWORD});
    assert_eq!(mounted.post("/staff/accept-invitation", &accept).await.problem(), (422, "link_invalid"));
}

#[tokio::test]
async fn a_role_counts_from_the_next_token_and_who_is_disabled_is_out_at_once() {
    let mounted = Mounted::start().await.behind_the_table();
    let api = |path: &str| format!("/api/v1{path}");
    let staff = {
        let body = json!({"email": "grace@example.com", "name": "Grace", "role": "vendor"});
        let invited = mounted.operator(Method::POST, &api("/admin/staff"), Some(&body)).await.of(201);
        let accept = json!({"token": invited["invitation_token"], "password": PASSWORD});
        mounted.post(&api("/staff/accept-invitation"), &accept).await.of(204);
        invited["staff"].clone()
    };
    let path = api(&format!("/admin/staff/{}", text(&staff["id"])));
    let log_in = json!({"email": "grace@example.com", "password": PASSWORD});
    let session = mounted.post(&api("/staff/login"), &log_in).await.of(200);
    let (access, refresh) = tokens(&session["session"]);
    assert_eq!(
        mounted.with(&access, Method::GET, &api("/admin/customers"), None).await.problem(),
        (403, "forbidden")
    );
    mounted.operator(Method::PATCH, &path, Some(&json!({"role": "staff"}))).await.of(200);
    assert_eq!(mounted.with(&access, Method::GET, &api("/admin/customers"), None).await.status, 403);
    let next = mounted.post(&api("/auth/refresh"), &json!({"refresh_token": refresh})).await.of(200);
    let (access, refresh) = tokens(&next);
    mounted.with(&access, Method::GET, &api("/admin/customers"), None).await.of(200);
    assert_eq!(
        mounted.with(&access, Method::GET, &api("/admin/staff"), None).await.status,
        403,
        "admins alone"
    );
    assert_eq!(mounted.with(&access, Method::GET, &api("/me"), None).await.status, 403, "no customer");
    mounted.operator(Method::PATCH, &path, Some(&json!({"disabled": true}))).await.of(200);
    assert_eq!(mounted.with(&access, Method::GET, &api("/admin/customers"), None).await.status, 401);
    assert_eq!(mounted.post(&api("/auth/refresh"), &json!({"refresh_token": refresh})).await.status, 401);
    assert_eq!(mounted.post(&api("/staff/login"), &log_in).await.problem(), (403, "account_disabled"));
    let customer = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
    let (ada, _) = tokens(&mounted.post(&api("/customers"), &customer).await.of(201)["session"]);
    assert_eq!(
        mounted.with(&ada, Method::GET, &api("/admin/customers"), None).await.problem(),
        (403, "forbidden")
    );
    assert_eq!(mounted.with(&ada, Method::GET, &api("/staff/me"), None).await.status, 403);
}

async fn last_admin(mounted: &Mounted) {
    let one = mounted.add_staff("one@example.com", "admin").await;
    let (own, _) = tokens(&mounted.log_in_staff("one@example.com", None).await.of(200)["session"]);
    let path = |staff: &Value| format!("/admin/staff/{}", text(&staff["id"]));
    for change in [json!({"disabled": true}), json!({"role": "staff"})] {
        let refused = mounted.with(&own, Method::PATCH, &path(&one), Some(&change)).await;
        assert_eq!(refused.problem(), (409, "own_account"), "{change}");
        let refused = mounted.operator(Method::PATCH, &path(&one), Some(&change)).await;
        assert_eq!(refused.problem(), (409, "last_admin"), "{change}");
    }
    // Who was invited and has not come yet is no admin that the shop could be left to.
    let body = json!({"email": "two@example.com", "name": "Two", "role": "admin"});
    let two = mounted.operator(Method::POST, "/admin/staff", Some(&body)).await.of(201);
    let change = json!({"disabled": true});
    assert_eq!(
        mounted.operator(Method::PATCH, &path(&one), Some(&change)).await.problem(),
        (409, "last_admin")
    );
    let accept = json!({"token": two["invitation_token"], "password": PASSWORD});
    mounted.post("/staff/accept-invitation", &accept).await.of(204);
    let (one, two) = (path(&one), path(&two["staff"]));
    // Both at once: one of them stays.
    let change = Some(&change);
    let ended = join_all([&one, &two].map(|path| mounted.operator(Method::PATCH, path, change))).await;
    let mut statuses: Vec<u16> = ended.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn the_last_admin_stays() {
    last_admin(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_admin_stays_on_postgres() {
    on_postgres(async |mounted| {
        last_admin(&mounted).await;
        mounted
    })
    .await;
}

async fn reset_of_the_last_admin(mounted: &Mounted) {
    let one = mounted.add_staff("one@example.com", "admin").await;
    let two = mounted.add_staff("two@example.com", "admin").await;
    let log_in = async |email| tokens(&mounted.log_in_staff(email, None).await.of(200)["session"]).0;
    let (of_one, of_two) = (log_in("one@example.com").await, log_in("two@example.com").await);
    let path = |staff: &Value| format!("/admin/staff/{}", text(&staff["id"]));
    let reset = format!("{}/reset", path(&one));
    let nothing = json!({});
    assert_eq!(
        mounted.with(&of_one, Method::POST, &reset, Some(&nothing)).await.problem(),
        (409, "own_account")
    );
    // Its token says that it is an admin until it ends.
    let demoted = json!({"role": "staff"});
    mounted.operator(Method::PATCH, &path(&two), Some(&demoted)).await.of(200);
    assert_eq!(
        mounted.with(&of_two, Method::POST, &reset, Some(&nothing)).await.problem(),
        (409, "last_admin")
    );
    mounted.with(&of_one, Method::GET, "/staff/me", None).await.of(200);
    let of_another = format!("{}/reset", path(&two));
    mounted.with(&of_one, Method::POST, &of_another, Some(&nothing)).await.of(200);
    mounted.operator(Method::POST, &reset, Some(&nothing)).await.of(200);
}

#[tokio::test]
async fn the_last_admin_is_reset_with_the_installations_token_alone() {
    reset_of_the_last_admin(&Mounted::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_admin_is_reset_with_the_installations_token_alone_on_postgres() {
    on_postgres(async |mounted| {
        reset_of_the_last_admin(&mounted).await;
        mounted
    })
    .await;
}

#[tokio::test]
async fn nobody_of_staff_is_called_operator() {
    let mounted = Mounted::start().await;
    let body = json!({"email": "grace@example.com", "name": " Operator", "role": "staff"});
    let refused = mounted.operator(Method::POST, "/admin/staff", Some(&body)).await;
    assert_eq!(
        (refused.problem(), &refused.body["errors"][0]["field"]),
        ((422, "invalid_input"), &json!("name"))
    );
    let staff = mounted.add_staff("grace@example.com", "staff").await;
    let path = format!("/admin/staff/{}", text(&staff["id"]));
    let refused = mounted.operator(Method::PATCH, &path, Some(&json!({"name": "operator"}))).await;
    assert_eq!(refused.problem(), (422, "invalid_input"));
}

#[tokio::test]
async fn a_version_is_of_all_that_admins_see() {
    let mounted = Mounted::start().await;
    let body = json!({"email": "grace@example.com", "name": "Grace Hopper", "role": "staff"});
    let invited = mounted.operator(Method::POST, "/admin/staff", Some(&body)).await.of(201);
    let path = format!("/admin/staff/{}", text(&invited["staff"]["id"]));
    let mut seen: Vec<(Value, String)> = Vec::new();
    let mut look = async || {
        let read = mounted.operator(Method::GET, &path, None).await;
        let etag = read.headers[header::ETAG].to_str().expect("text").to_owned();
        let view = read.of(200);
        for (other, of_other) in &seen {
            assert_eq!(*of_other == etag, *other == view, "{etag}: {view}; {of_other}: {other}");
        }
        seen.push((view, etag));
    };
    look().await;
    mounted.advance(Duration::from_secs(30));
    let accept = json!({"token": invited["invitation_token"], "password": PASSWORD});
    mounted.post("/staff/accept-invitation", &accept).await.of(204);
    look().await;
    let (access, _) = tokens(&mounted.log_in_staff("grace@example.com", None).await.of(200)["session"]);
    look().await;
    mounted.advance(Duration::from_secs(30));
    let (secret, _) = super::totp::enrol(&mounted, &access).await;
    look().await;
    mounted.advance(Duration::from_secs(30));
    let code = super::totp::code(&mounted, &secret, 0);
    let remove = json!({"password": PASSWORD, "code": code});
    mounted.with(&access, Method::DELETE, "/staff/me/totp", Some(&remove)).await.of(204);
    look().await;
}

/// The actions of the audit log with who did them, oldest first.
async fn audited(mounted: &Mounted) -> Vec<(String, String)> {
    let sql = "SELECT actor, action FROM audit_log ORDER BY id".to_owned();
    let rows = mounted.service.reads().query(sql, Vec::new()).await.expect("it reads");
    rows.iter()
        .map(|row| (row.try_get_by_index(0).expect("text"), row.try_get_by_index(1).expect("text")))
        .collect()
}

#[tokio::test]
async fn sessions_that_staff_end_are_in_the_audit_log() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let log_in = async || tokens(&mounted.log_in_staff("grace@example.com", None).await.of(200)["session"]);
    let (own, _) = log_in().await;
    let before = audited(&mounted).await.len();
    mounted.with(&own, Method::DELETE, "/staff/me/sessions", None).await.of(204);
    mounted.with(&own, Method::POST, "/auth/logout", Some(&json!({}))).await.of(204);
    let (_, refresh) = log_in().await;
    mounted.post("/auth/logout", &json!({"refresh_token": refresh})).await.of(204);
    mounted.post("/auth/logout", &json!({"refresh_token": refresh})).await.of(204);
    let by_grace = |action: &str| ("Grace Hopper".to_owned(), action.to_owned());
    let log_out = by_grace("POST /api/v1/auth/logout");
    assert_eq!(
        audited(&mounted).await[before..],
        [by_grace("DELETE /api/v1/staff/me/sessions"), log_out.clone(), log_out]
    );
    let (ada, _) = tokens(&mounted.sign_up("ada@example.com").await["session"]);
    mounted.with(&ada, Method::POST, "/auth/logout", Some(&json!({}))).await.of(204);
    assert_eq!(audited(&mounted).await.len(), before + 3, "customers are in no audit log");
}

#[tokio::test]
async fn a_change_is_made_to_the_version_that_was_read() {
    let mounted = Mounted::start().await;
    let staff = mounted.add_staff("grace@example.com", "staff").await;
    let path = format!("/admin/staff/{}", text(&staff["id"]));
    let read = mounted.operator(Method::GET, &path, None).await;
    let etag = read.headers[header::ETAG].to_str().expect("text").to_owned();
    let token = mounted.ctx.secrets.admin_token().as_str().to_owned();
    let rename = async |name: &str, etag: &str| {
        let headers = [("x-admin-token", token.as_str()), ("if-match", etag)];
        mounted.send(Method::PATCH, &path, &headers, Some(&json!({"name": name})), [127, 0, 0, 1]).await
    };
    assert_eq!(rename("Rear Admiral", &etag).await.of(200)["name"], "Rear Admiral");
    assert_eq!(rename("Amazing", &etag).await.problem(), (412, "precondition_failed"));
    assert_eq!(rename("Amazing", "x").await.problem(), (412, "precondition_failed"));
    assert_eq!(mounted.operator(Method::PATCH, &path, Some(&json!({"role": "customer"}))).await.status, 422);
}

#[tokio::test]
async fn a_reset_takes_everything_and_invites_again() {
    let mounted = Mounted::start().await;
    let staff = mounted.add_staff("grace@example.com", "staff").await;
    let (access, refresh) = tokens(&mounted.log_in_staff("grace@example.com", None).await.of(200)["session"]);
    let path = format!("/admin/staff/{}/reset", text(&staff["id"]));
    let first = mounted.operator(Method::POST, &path, Some(&json!({}))).await.of(200);
    assert_eq!(mounted.with(&access, Method::GET, "/staff/me", None).await.status, 401);
    assert_eq!(mounted.refresh(&refresh).await.status, 401);
    assert_eq!(mounted.log_in_staff("grace@example.com", None).await.status, 401);
    let second = mounted.operator(Method::POST, &path, Some(&json!({}))).await.of(200);
    let accept =
        |invited: &Value| json!({"token": invited["invitation_token"], "password": "another good one"});
    assert_eq!(
        mounted.post("/staff/accept-invitation", &accept(&first)).await.problem(),
        (422, "link_invalid")
    );
    mounted.post("/staff/accept-invitation", &accept(&second)).await.of(204);
    assert_eq!(mounted.log_in_staff("grace@example.com", None).await.status, 401, "the old password is gone");
    let body = json!({"email": "grace@example.com", "password": "another good one"});
    mounted.post("/staff/login", &body).await.of(200);
}

#[tokio::test]
async fn staff_change_their_own_password_with_the_one_until_now() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let (elsewhere, _) = tokens(&mounted.log_in_staff("grace@example.com", None).await.of(200)["session"]);
    let (access, _) = tokens(&mounted.log_in_staff("grace@example.com", None).await.of(200)["session"]);
    let wrong = json!({"current_password": "not that one", "password": "another good one"});
    let refused = mounted.with(&access, Method::POST, "/staff/me/password", Some(&wrong)).await;
    assert_eq!(refused.problem(), (401, "invalid_credentials"));
    let right = json!({"current_password": PASSWORD, "password": "another good one"});
    mounted.with(&access, Method::POST, "/staff/me/password", Some(&right)).await.of(204);
    assert_eq!(mounted.with(&elsewhere, Method::GET, "/staff/me", None).await.status, 401);
    mounted.with(&access, Method::GET, "/staff/me", None).await.of(200);
    let sessions = mounted.with(&access, Method::GET, "/staff/me/sessions", None).await.of(200);
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_admins_do_is_in_the_audit_log_without_secrets() {
    let mounted = Mounted::start().await;
    mounted.add_staff("grace@example.com", "staff").await;
    let sql = "SELECT action, changes FROM audit_log ORDER BY id".to_owned();
    let rows = mounted.service.reads().query(sql, Vec::new()).await.expect("it reads");
    let rows: Vec<(String, String)> = rows
        .iter()
        .map(|row| (row.try_get_by_index(0).expect("text"), row.try_get_by_index(1).expect("text")))
        .collect();
    assert_eq!(rows[0].0, "POST /admin/staff");
    assert_eq!(rows[1].0, "POST /api/v1/staff/accept-invitation");
    assert!(rows[1].1.contains("(secret, changed)") && !rows[1].1.contains("argon2id"), "{}", rows[1].1);
    let invitations: Vec<identity::Link> =
        mounted.service.reads().select("ORDER BY link_id", Vec::new()).await.expect("it reads");
    assert!(invitations.iter().all(|link| link.purpose != LinkPurpose::Invitation), "it is used up");
}
