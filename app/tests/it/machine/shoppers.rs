//! Buyers who go on buying while the machine fails: an answer is a success, or a clear refusal.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::json;
use testkit::Answer;

use crate::buyer::{Buyer, Placed, address};

/// How long a test waits for what must come, on a machine that does other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a buyer rests between two orders, so that the shop is what is tested and not the load.
const REST: Duration = Duration::from_millis(20);

/// Waits until something is so.
pub fn wait_until(what: &str, mut asked: impl FnMut() -> bool) {
    let since = Instant::now();
    while !asked() {
        assert!(since.elapsed() < PATIENCE, "it never came to this: {what}");
        std::thread::park_timeout(REST);
    }
}

/// A refusal for now: 503, as a problem with its stable code.
pub fn assert_refused_for_now(answer: &Answer) {
    let problem = answer.json();
    assert_eq!(answer.status, 503, "{problem}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{problem}");
    assert_eq!(problem["code"], "unavailable", "{problem}");
}

/// Buys a lamp without a cart, under a key.
pub fn order_lamp(buyer: &mut Buyer, product: &str, key: &str) -> Answer {
    let body = json!({
        "product_id": product, "quantity": 1, "email": "ada@example.com",
        "total": { "amount": 8_900, "currency": "EUR" }, "shipping_method": "standard",
        "payment_method": "pm_mock_approve", "shipping_address": address(),
    });
    buyer.client.post("/api/v1/orders", &[("idempotency-key", key)], &body).expect("the shop answers")
}

/// The id of the lamp that tests buy.
pub fn lamp(buyer: &mut Buyer) -> String {
    let product = buyer.get("/products/walnut-desk-lamp").expect("the shop answers").json();
    product["id"].as_str().expect("a product").to_owned()
}

#[derive(Default)]
struct Books {
    placed: Mutex<Vec<Placed>>,
    refused: AtomicUsize,
    stop: AtomicBool,
}

/// Buyers at work, each on a thread.
pub struct Shoppers {
    books: Arc<Books>,
    threads: Vec<JoinHandle<()>>,
}

impl Shoppers {
    /// Sends so many into the shop. Every other one fills a cart, the rest buy at once.
    pub fn send(address: SocketAddr, name: &str, count: usize) -> Self {
        let books = Arc::<Books>::default();
        let threads = (0..count)
            .map(|number| {
                let (books, buyer) = (books.clone(), Buyer::new(address, &format!("{name}-{number}")));
                std::thread::spawn(move || shop_until_told(buyer, number % 2 == 0, &books))
            })
            .collect();
        Self { books, threads }
    }

    /// How many orders were acknowledged.
    pub fn placed(&self) -> usize {
        self.books.placed.lock().expect("not poisoned").len()
    }

    /// How many requests were refused for now.
    pub fn refused(&self) -> usize {
        self.books.refused.load(Ordering::Relaxed)
    }

    /// Waits until so many more orders are acknowledged.
    pub fn wait_for_more(&self, count: usize) {
        let before = self.placed();
        wait_until("orders are accepted", || self.placed() >= before + count || self.has_failed());
    }

    /// Waits until so many more requests are refused.
    pub fn wait_for_refusals(&self, count: usize) {
        let before = self.refused();
        wait_until("orders are refused", || self.refused() >= before + count || self.has_failed());
    }

    /// A thread that ends before it is told to has met an answer that it must not.
    fn has_failed(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Lets them finish; their orders.
    pub fn go_home(self) -> Vec<Placed> {
        self.books.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("every answer was a good one"));
        std::mem::take(&mut *self.books.placed.lock().expect("not poisoned"))
    }
}

fn shop_until_told(mut buyer: Buyer, fills_cart: bool, books: &Books) {
    let product = lamp(&mut buyer);
    let mut orders = 0;
    while !books.stop.load(Ordering::Relaxed) {
        orders += 1;
        let bought = match fills_cart {
            true => buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers"),
            false => {
                let key = format!("{}-{orders}-at-once-in-a-test", buyer.name);
                crate::buyer::placed(order_lamp(&mut buyer, &product, &key))
            }
        };
        match bought {
            Ok(order) => books.placed.lock().expect("not poisoned").push(order),
            Err(answer) => {
                assert_refused_for_now(&answer);
                books.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        std::thread::park_timeout(REST);
    }
}
