//! Every route of the contract and every role: exactly those come in whom the contract names.

use serde_json::{Value, json};

use crate::{buyer::shop, people::Person};

/// What stands for any id of a path.
const ID: &str = "00000000-0000-7000-8000-000000000000";

/// Who may call a route, by its `x-access`: guest, customer, vendor, staff, admin, operator.
fn admitted(access: &str) -> [bool; 6] {
    match access {
        "everyone" | "order_holder" => [true; 6],
        "customer" => [false, true, false, false, false, false],
        // About the account itself, and the installation's token has none.
        "staff_account" => [false, false, true, true, true, false],
        "staff" => [false, false, false, true, true, true],
        "admin" => [false, false, false, false, true, true],
        other => panic!("`{other}` is no rule of access: a route without one answers nobody"),
    }
}

struct Operation {
    method: String,
    path: String,
    access: String,
    has_body: bool,
}

fn operations(contract: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in contract["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Some(access) = operation["x-access"].as_str() else { continue };
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                access: access.to_owned(),
                has_body: operation["requestBody"].is_object(),
            });
        }
    }
    // What ends a session comes last, so that nobody is turned away for want of one.
    operations.sort_by_key(|operation| {
        let ends = operation.path.contains("session") || operation.path.contains("logout");
        (ends, operation.path.clone(), operation.method.clone())
    });
    operations
}

/// A path with something in the place of each variable.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { ID } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn exactly_those_come_in_whom_the_contract_names() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "1"]);
    let address = process.address;
    let mut operator = Person::operator(address, directory.path());
    let [vendor, staff, admin] = ["vendor", "staff", "admin"]
        .map(|role| Person::staff(&mut operator, &format!("{role}@example.com"), role));
    let customer = Person::customer(address, "ada@example.com");
    let mut people = [Person::guest(address, "guest"), customer, vendor, staff, admin, operator];
    let contract = people[0].send("GET", "/openapi.json", None).expect("the contract").json();
    let operations = operations(&contract);
    assert!(operations.len() > 100, "the contract has {} operations", operations.len());
    for Operation { method, path, access, has_body } in operations {
        let ends_sessions = path.contains("session") || path.contains("logout");
        for (person, may) in people.iter_mut().zip(admitted(&access)) {
            // Whoever may end sessions is not asked to: the next route would not know it any more.
            if may && ends_sessions && method != "GET" {
                continue;
            }
            let body = has_body.then(|| json!({}));
            let answer = person.send(&method, &filled(&path), body.as_ref()).expect("the shop answers");
            let refused = matches!(answer.status, 401 | 403);
            assert_eq!(refused, !may, "{method} {path} ({access}): {} {}", answer.status, answer.json());
            if refused {
                let code = answer.json()["code"].clone();
                assert!(code == "login_required" || code == "forbidden", "{method} {path}: {code}");
                let challenge = answer.header("www-authenticate");
                assert_eq!(challenge.is_some(), answer.status == 401, "{method} {path}");
            }
            assert!(answer.status < 500 || answer.status == 503, "{method} {path}: {}", answer.json());
        }
    }
    assert!(process.stop().expect("it stops").success());
}

/// The table has no route that the contract has not: a rule for nothing would hide a slip in a name.
#[test]
fn every_rule_is_for_a_route() {
    let contract: Value = serde_json::from_str(include_str!("../../../contract/openapi.json")).expect("JSON");
    for (method, path, access) in host::access_table() {
        if !path.starts_with("/api/v1/") || path.ends_with("openapi.json") {
            continue;
        }
        let operation = &contract["paths"][path][method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{method} {path} ({access:?}) is in the table alone");
    }
}

#[test]
fn tokens_that_are_not_good_open_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "1"]);
    let address = process.address;
    let ada = Person::customer(address, "ada@example.com");
    let parts: Vec<&str> = ada.token().split('.').collect();
    let forged = [
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        format!("{}.eyJyb2xlIjoiYWRtaW4ifQ.{}", parts[0], parts[2]),
        "a.b.c".to_owned(),
        format!("{}.{}.", parts[0], parts[1]),
    ];
    for token in forged {
        let mut thief = Person::guest(address, "thief").with_token(&token);
        for path in ["/me", "/products", "/admin/orders"] {
            let problem = thief.ask("GET", path, None, 401);
            assert_eq!(problem["code"], "invalid_token", "{path}");
        }
    }
    assert!(process.stop().expect("it stops").success());
}
