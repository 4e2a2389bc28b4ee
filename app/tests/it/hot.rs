//! One product that everybody wants: exactly what there is gets sold.

use std::sync::Mutex;

use testkit::PostgresServer;

use crate::buyer::{Buyer, Placed, address, audit, placed, shop};

const STOCK: usize = 20;
const BUYERS: usize = 16;

/// Everybody buys the hot product until they are refused; paid orders and answers that were neither.
fn sell_out(arguments: &[&str], buy_now: bool) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let stock = STOCK.to_string();
    let all: Vec<&str> =
        ["--seed-products", "1", "--seed-stock", &stock].iter().chain(arguments).copied().collect();
    let process = shop(directory.path(), &all);
    let accepted: Mutex<Vec<Placed>> = Mutex::default();
    std::thread::scope(|scope| {
        for number in 0..BUYERS {
            let (accepted, address) = (&accepted, process.address);
            scope.spawn(move || {
                let mut buyer = Buyer::new(address, &format!("buyer-{number}"));
                let product = buyer.products().expect("the shop answers")[0].clone();
                for _ in 0..4 {
                    match buy(&mut buyer, &product, buy_now) {
                        Ok(order) => accepted.lock().expect("not poisoned").push(order),
                        Err(code) => assert_eq!(code, "out_of_stock"),
                    }
                }
            });
        }
    });
    let mut buyer = Buyer::new(process.address, "last");
    let accepted = accepted.into_inner().expect("not poisoned");
    let mut paid = 0;
    for order in &accepted {
        let view = buyer.wait_for(order, &["paid", "packed", "shipped", "delivered", "cancelled"]);
        match view["cancel_reason"].as_str() {
            None => paid += 1,
            Some(reason) => assert_eq!(reason, "out_of_stock"),
        }
    }
    assert_eq!(paid, STOCK, "of {} accepted orders", accepted.len());
    let database: Vec<&str> = match arguments.iter().position(|argument| *argument == "--database-url") {
        Some(place) => arguments[place..place + 2].to_vec(),
        None => Vec::new(),
    };
    let report = audit(directory.path(), &database);
    assert_eq!(report["clean"], true, "{report:#}");
}

fn buy(buyer: &mut Buyer, product: &serde_json::Value, buy_now: bool) -> Result<Placed, String> {
    let id = product["id"].as_str().expect("a product has an id");
    let answer = if buy_now {
        let price = product["price"]["amount"].as_i64().expect("a product has a price");
        let currency = &product["price"]["currency"];
        let quote = buyer.cart_quote(price);
        let body = serde_json::json!({
            "product_id": id, "quantity": 1, "email": "ada@example.com", "shipping_address": address(),
            "shipping_method": "standard", "payment_method": "pm_mock_approve",
            "total": { "amount": quote, "currency": currency },
        });
        placed(buyer.post("/orders", &body).expect("the shop answers"))
    } else {
        buyer.buy(id, 1, "pm_mock_approve").expect("the shop answers")
    };
    answer.map_err(|answer| {
        assert_eq!(answer.status, 409, "{}", answer.json());
        answer.json()["code"].as_str().unwrap_or_default().to_owned()
    })
}

#[test]
fn with_holds_exactly_the_stock_is_sold() {
    sell_out(&["--holds", "on"], false);
}

#[test]
fn without_holds_exactly_the_stock_is_sold() {
    sell_out(&["--holds", "off"], false);
}

#[test]
fn bought_at_once_exactly_the_stock_is_sold() {
    sell_out(&[], true);
}

#[test]
fn on_postgres_exactly_the_stock_is_sold() {
    let server = PostgresServer::start().expect("PostgreSQL starts");
    for (holds, buy_now) in [("on", false), ("off", false), ("on", true)] {
        let url = server.url("shop").expect("a database is made");
        sell_out(&["--database-url", &url, "--holds", holds], buy_now);
    }
}
