//! A customer with an account: the cart that comes along, the wallet, the orders, and what staff do for them.

use std::path::Path;

use serde_json::{Value, json};
use testkit::PostgresServer;

use crate::{
    buyer::shop,
    people::{Person, eventually},
};

const ADDRESS: &str = r#"{"name":"Ada Lovelace","street":"12 St James's Square","postal_code":"SW1Y 4JH","city":"London","country":"GB"}"#;

fn address() -> Value {
    serde_json::from_str(ADDRESS).expect("JSON")
}

/// A cart with a product, ready to be checked out, and what it costs.
/// A customer's cart that can be checked out: its path, and what it comes to.
pub fn filled_cart(person: &mut Person, product: &Value, quantity: u32) -> (String, Value) {
    let cart = person.ask("POST", "/carts", Some(json!({})), 201);
    let path = format!("/carts/{}", cart["id"].as_str().expect("an id"));
    let item = json!({"product_id": product["id"], "quantity": quantity});
    person.ask("POST", &format!("{path}/items"), Some(item), 200);
    person.ask("PUT", &format!("{path}/shipping-address"), Some(address()), 200);
    let ready = person.ask("PUT", &format!("{path}/shipping-method"), Some(json!({"code": "standard"})), 200);
    (path, ready["total"].clone())
}

/// Checks a cart out; the order's id.
pub fn check_out(person: &mut Person, cart: &str, total: &Value, method: &str) -> String {
    let body = json!({"email": "ada@example.com", "total": total, "payment_method": method});
    let placed = person.ask("POST", &format!("{cart}/checkout"), Some(body), 202);
    placed["order"]["id"].as_str().expect("an id").to_owned()
}

fn wait_for_status(person: &mut Person, order: &str, wanted: &str) -> Value {
    let mut last = Value::Null;
    eventually(&format!("{order} is {wanted}"), || {
        last = person.send("GET", &format!("/api/v1/orders/{order}"), None).expect("an answer").json();
        last["status"] == wanted
    });
    last
}

fn wait_for_balance(person: &mut Person, amount: i64) {
    eventually(&format!("the wallet holds {amount}"), || {
        let wallet = person.send("GET", "/api/v1/me/wallet", None).expect("an answer").json();
        wallet["balances"][0]["amount"] == amount
    });
}

fn a_customer_buys(data: &Path, arguments: &[&str]) {
    let config = data.join("isotope.toml");
    std::fs::write(&config, "[fulfilment]\nparcels_move_by_themselves = false\n").expect("written");
    let mut all = vec!["--config", config.to_str().expect("a path")];
    all.extend(arguments);
    let process = shop(data, &all);
    let server = process.address;
    let mut guest = Person::guest(server, "guest");
    let products = guest.ask("GET", "/products?sort=price", None, 200);
    let product = products["items"].as_array().expect("items").iter().find(|item| item["stocked"] == true);
    let product = product.expect("something is counted").clone();

    // A guest's cart comes along when the guest signs up, and is the customer's own from then on.
    let (guests_cart, total) = filled_cart(&mut guest, &product, 2);
    let cart_id = guests_cart.trim_start_matches("/carts/").to_owned();
    let body = json!({"email": "ada@example.com", "password": crate::people::PASSWORD, "name": "Ada Lovelace",
        "cart_id": cart_id});
    let signed_up = guest.ask("POST", "/customers", Some(body), 201);
    let token = signed_up["session"]["access_token"].as_str().expect("a token").to_owned();
    let mut ada = Person::guest(server, "ada").with_token(&token);
    eventually("the cart is Ada's", || {
        ada.send("GET", "/api/v1/me/cart", None).expect("an answer").json()["id"] == cart_id.as_str()
    });
    assert_eq!(guest.ask("GET", &guests_cart, None, 404)["code"], "cart_not_found");
    let mut bob = Person::customer(server, "bob@example.com");
    assert_eq!(bob.ask("GET", &guests_cart, None, 404)["code"], "cart_not_found");

    // Without money in the wallet the order is cancelled and its stock given back.
    let stock = |guest: &mut Person| {
        guest.ask("GET", &format!("/products/{}/stock", product["id"].as_str().expect("an id")), None, 200)
    };
    let before = stock(&mut guest);
    let unpaid = check_out(&mut ada, &guests_cart, &total, "wallet");
    let order = wait_for_status(&mut ada, &unpaid, "cancelled");
    assert_eq!(order["cancel_reason"], "payment_failed");
    eventually("the stock is back", || {
        stock(&mut guest)["available"].as_i64() == before["available"].as_i64().map(|units| units + 2)
    });
    assert_eq!(bob.ask("GET", &format!("/orders/{unpaid}"), None, 404)["code"], "not_found");
    for part in ["", "/payment", "/timeline"] {
        assert_eq!(guest.ask("GET", &format!("/orders/{unpaid}{part}"), None, 404)["code"], "not_found");
        ada.ask("GET", &format!("/orders/{unpaid}{part}"), None, 200);
    }

    // Topped up, it pays.
    let price = total["amount"].as_i64().expect("an amount");
    let top_up = json!({"amount": {"amount": price + 500, "currency": total["currency"]}, "payment_method": "pm_mock_approve"});
    ada.ask("POST", "/me/wallet/top-ups", Some(top_up), 202);
    wait_for_balance(&mut ada, price + 500);
    let (cart, total) = filled_cart(&mut ada, &product, 2);
    let paid = check_out(&mut ada, &cart, &total, "wallet");
    wait_for_status(&mut ada, &paid, "paid");
    wait_for_balance(&mut ada, 500);

    // Staff see it in the queue, send it, and pay a part back.
    let mut operator = Person::operator(server, data);
    let mut sam = Person::staff(&mut operator, "sam@example.com", "staff");
    let queued = |sam: &mut Person, status: &str| {
        let queue = sam.ask("GET", &format!("/admin/fulfilment?status={status}"), None, 200);
        queue["items"].as_array().expect("items").iter().any(|item| item["order_id"] == paid.as_str())
    };
    eventually("the order is in the queue", || queued(&mut sam, "pending"));
    sam.ask("POST", &format!("/admin/orders/{paid}/pack"), Some(json!({})), 200);
    assert!(queued(&mut sam, "packed"));
    let by_hand = json!({"carrier": "DHL", "tracking_number": "JD0146"});
    sam.ask("POST", &format!("/admin/orders/{paid}/ship"), Some(by_hand), 200);
    wait_for_status(&mut ada, &paid, "shipped");
    let delivery = ada.ask("GET", &format!("/orders/{paid}/delivery"), None, 200);
    assert_eq!((&delivery["carrier"], &delivery["tracking_number"]), (&json!("DHL"), &json!("JD0146")));
    sam.ask("POST", &format!("/admin/orders/{paid}/deliver"), Some(json!({})), 200);
    wait_for_status(&mut ada, &paid, "delivered");
    assert!(!queued(&mut sam, "shipped"), "what has arrived is in no queue");
    let too_much = json!({"amount": price + 1, "reason": "A mug came broken"});
    assert_eq!(
        sam.ask("POST", &format!("/admin/orders/{paid}/refunds"), Some(too_much), 422)["code"],
        "refund_too_large"
    );
    let refund = json!({"amount": 300, "reason": "A mug came broken"});
    assert_eq!(
        sam.ask("POST", &format!("/admin/orders/{paid}/refunds"), Some(refund), 200)["status"],
        "completed"
    );
    wait_for_balance(&mut ada, 800);
    assert_eq!(ada.ask("GET", &format!("/orders/{paid}/payment"), None, 200)["refunded"]["amount"], 300);

    // Ada's own lists, page by page and filtered; nobody else's orders are among them.
    let first = ada.ask("GET", "/me/orders?limit=1", None, 200);
    assert_eq!(first["items"][0]["id"], paid.as_str());
    let cursor = first["next_cursor"].as_str().expect("a second page");
    let second = ada.ask("GET", &format!("/me/orders?limit=1&cursor={cursor}"), None, 200);
    assert_eq!(
        (second["items"][0]["id"].as_str(), &second["next_cursor"]),
        (Some(unpaid.as_str()), &Value::Null)
    );
    let cancelled = ada.ask("GET", "/me/orders?status=cancelled", None, 200);
    assert_eq!(cancelled["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(bob.ask("GET", "/me/orders", None, 200)["items"], json!([]));
    let again = ada.ask("GET", "/me/buy-again", None, 200);
    assert_eq!(again["items"][0]["product_id"], product["id"]);
    assert_eq!((&again["items"][0]["quantity"], &again["items"][0]["orders"]), (&json!(2), &json!(1)));

    // Staff find it, and what they did is in the audit log.
    let found = sam.ask("GET", "/admin/orders?email=ADA@example.com&status=delivered", None, 200);
    assert_eq!(found["items"][0]["id"], paid.as_str());
    let audit =
        operator.ask("GET", "/admin/system/audit-log?actor=sam@example.com&service=fulfilment", None, 200);
    let actions: Vec<&str> = audit["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    let step = |name: &str| format!("POST /api/v1/admin/orders/{paid}/{name}");
    assert_eq!(actions, [step("deliver"), step("ship"), step("pack")]);
    assert_eq!(audit["items"][1]["changes"][0]["before"]["status"], "packed");
    assert_eq!(audit["items"][1]["changes"][0]["after"]["status"], "shipped");
    assert_eq!(sam.ask("GET", "/admin/system/audit-log", None, 403)["code"], "forbidden");
    assert!(process.stop().expect("it stops").success());
    let report = crate::buyer::audit(data, arguments);
    assert_eq!(report["clean"], true, "{report:#}");
}

#[test]
fn a_customer_buys_from_the_wallet_on_sqlite() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    a_customer_buys(directory.path(), &[]);
}

#[test]
fn a_customer_buys_from_the_wallet_on_postgres() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let url = server.url("shop").expect("a database is made");
    a_customer_buys(directory.path(), &["--database-url", &url]);
}
