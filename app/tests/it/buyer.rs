//! A guest who buys over HTTP.

use std::{io, net::SocketAddr, path::Path};

use serde_json::{Value, json};
use testkit::{Answer, Client, ShopProcess};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_isotope");

/// Starts a shop whose orders need no grace period.
pub fn shop(data: &Path, arguments: &[&str]) -> ShopProcess {
    let all: Vec<&str> = ["--grace-period", "0s"].iter().chain(arguments).copied().collect();
    ShopProcess::start(Path::new(PROGRAM), data, &all).expect("the shop starts")
}

/// Runs the audit on a data directory; its report.
pub fn audit(data: &Path, arguments: &[&str]) -> Value {
    let output = std::process::Command::new(PROGRAM)
        .args(["audit", "--json", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .expect("the audit runs");
    let report = serde_json::from_slice(&output.stdout);
    report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// An order that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub id: String,
    pub token: String,
}

pub struct Buyer {
    pub client: Client,
    /// Distinguishes this buyer's idempotency keys from others'.
    pub name: String,
    requests: u32,
}

impl Buyer {
    pub fn new(address: SocketAddr, name: &str) -> Self {
        Self { client: Client::new(address), name: name.to_owned(), requests: 0 }
    }

    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.client.get(&format!("/api/v1{path}"), &[])
    }

    pub fn post(&mut self, path: &str, body: &Value) -> io::Result<Answer> {
        self.requests += 1;
        let key = format!("{}-{}-of-a-buyer-in-a-test", self.name, self.requests);
        self.client.post(&format!("/api/v1{path}"), &[("idempotency-key", &key)], body)
    }

    pub fn put(&mut self, path: &str, body: &Value) -> io::Result<Answer> {
        self.client.send("PUT", &format!("/api/v1{path}"), &[], Some(body.to_string().as_bytes()))
    }

    /// The first page of products, without families: those are bought by their variants.
    pub fn products(&mut self) -> io::Result<Vec<Value>> {
        let page = self.get("/products?limit=100")?.json();
        let mut products = page["items"].as_array().cloned().unwrap_or_default();
        products.retain(|product| product["buyable"] == true);
        Ok(products)
    }

    /// A cart that is ready to be checked out.
    pub fn cart(&mut self, product: &str, quantity: u32) -> io::Result<Result<Value, Answer>> {
        let cart = self.post("/carts", &json!({}))?;
        if cart.status != 201 {
            return Ok(Err(cart));
        }
        let id = cart.json()["id"].as_str().unwrap_or_default().to_owned();
        let item = self
            .post(&format!("/carts/{id}/items"), &json!({ "product_id": product, "quantity": quantity }))?;
        if item.status != 200 {
            return Ok(Err(item));
        }
        let addressed = self.put(&format!("/carts/{id}/shipping-address"), &address())?;
        if addressed.status != 200 {
            return Ok(Err(addressed));
        }
        let cart = self.put(&format!("/carts/{id}/shipping-method"), &json!({ "code": "standard" }))?;
        Ok(if cart.status == 200 { Ok(cart.json()) } else { Err(cart) })
    }

    pub fn check_out(&mut self, cart: &Value, payment_method: &str) -> io::Result<Answer> {
        let id = cart["id"].as_str().unwrap_or_default();
        let body =
            json!({ "email": "ada@example.com", "total": cart["total"], "payment_method": payment_method });
        self.post(&format!("/carts/{id}/checkout"), &body)
    }

    /// Buys; the acknowledged order, or the answer that says no.
    pub fn buy(
        &mut self,
        product: &str,
        quantity: u32,
        payment_method: &str,
    ) -> io::Result<Result<Placed, Answer>> {
        let cart = match self.cart(product, quantity)? {
            Ok(cart) => cart,
            Err(answer) => return Ok(Err(answer)),
        };
        Ok(placed(self.check_out(&cart, payment_method)?))
    }

    /// What one unit of a product at this price costs, with standard shipping.
    pub fn cart_quote(&self, price: i64) -> i64 {
        price + if price > 5_000 { 0 } else { 490 }
    }

    pub fn order(&mut self, order: &Placed) -> io::Result<Answer> {
        let bearer = format!("Bearer {}", order.token);
        self.client.get(&format!("/api/v1/orders/{}", order.id), &[("authorization", &bearer)])
    }

    /// Asks until the order stands at one of these.
    pub fn wait_for(&mut self, order: &Placed, statuses: &[&str]) -> Value {
        let asked_at = std::time::Instant::now();
        loop {
            let answer = self.order(order).expect("the shop answers");
            let view = answer.json();
            if statuses.iter().any(|status| view["status"] == *status) {
                return view;
            }
            let waited = asked_at.elapsed().as_secs();
            assert!(waited < 60, "order {} does not get to {statuses:?}: {} {view}", order.id, answer.status);
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
    }
}

pub fn placed(answer: Answer) -> Result<Placed, Answer> {
    let view = answer.json();
    match (answer.status, view["order"]["id"].as_str(), view["order_token"].as_str()) {
        (202, Some(id), Some(token)) => Ok(Placed { id: id.to_owned(), token: token.to_owned() }),
        _ => Err(answer),
    }
}

pub fn address() -> Value {
    json!({
        "name": "Ada Lovelace", "street": "12 St James's Square", "postal_code": "SW1Y 4JH", "city": "London", "country": "GB",
    })
}
