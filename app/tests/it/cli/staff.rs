//! `isotope staff`.

use serde_json::json;

use crate::{
    buyer::{Buyer, shop},
    command::{fine, on},
};

#[test]
fn an_invitation_from_the_command_line_opens_an_account() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    fine(data, &["migrate"]);
    // On a stopped shop first, then on the same one at work.
    let invited = &fine(data, &["staff", "add", "Grace@Example.com", "--role", "admin", "--json"]).lines()[0];
    assert_eq!(invited["staff"]["email"], "grace@example.com");
    let twice = on(data, &["staff", "add", "grace@example.com", "--role", "staff"]);
    assert!(twice.code == 1 && twice.err.contains("email_taken"), "{}", twice.err);

    let process = shop(data, &["--seed-products", "0"]);
    let mut buyer = Buyer::new(process.address, "grace");
    let mut post = |path: &str, body| buyer.post(path, &body).expect("the shop answers");
    let password = "correct horse battery";
    let accept = json!({"token": invited["invitation_token"], "password": password});
    assert_eq!(post("/staff/accept-invitation", accept.clone()).status, 204);
    assert_eq!(post("/staff/accept-invitation", accept).json()["code"], "link_invalid");
    let log_in = json!({"email": "grace@example.com", "password": password});
    let session = post("/staff/login", log_in.clone());
    assert_eq!((session.status, &session.json()["staff"]["role"]), (200, &json!("admin")));
    let bearer = format!("Bearer {}", session.json()["session"]["access_token"].as_str().expect("a token"));
    let overview = buyer.client.get("/api/v1/admin/system", &[("authorization", &bearer)]);
    assert_eq!(overview.expect("the shop answers").status, 200);

    fine(data, &["staff", "add", "ada@example.com", "--role", "vendor", "--name", "Ada"]);
    let listed = fine(data, &["staff", "list", "--json"]).lines();
    let of = |number: usize| (listed[number]["email"].clone(), listed[number]["invited"].clone());
    assert_eq!(
        [of(0), of(1)],
        [(json!("grace@example.com"), json!(false)), (json!("ada@example.com"), json!(true))]
    );
    assert!(fine(data, &["staff", "list"]).out.contains("SECOND FACTOR"));

    fine(data, &["staff", "reset", "GRACE@example.com"]);
    let after = buyer.client.get("/api/v1/admin/system", &[("authorization", &bearer)]);
    assert_eq!(after.expect("the shop answers").status, 401);
    assert_eq!(buyer.post("/staff/login", &log_in).expect("the shop answers").status, 401);
    let nobody = on(data, &["staff", "reset", "nobody@example.com"]);
    assert!(nobody.code == 1 && nobody.err.contains("no account"), "{}", nobody.err);
}
