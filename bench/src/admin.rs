//! The admin routes that benchmarks use, under `/api/v1/admin`, with the header `X-Admin-Token`.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST products` | `{"products": [{"sku", "name", "description", "price": Money, "weight_grams", "stocked"}]}` | 200 `{"products": [{"sku", "id"}]}`, one for each, in the same order |
//! | `POST stock` | `{"stock": [{"product_id", "on_hand"}]}` | 200 `{}`: each product has exactly so many units from now on |
//! | `POST wallets/adjustments` | `{"adjustments": [{"id", "customer_id", "amount": Money, "reason"}]}`, at most 500 | 200 `{}`: each is made once |
//! | `POST replay/orders` | `{"orders": [`[`ReplayedOrder`]`]}`, at most 200 | 200 `{"orders": [{"invoice", "order_id"}]}`, one for each, in the same order, committed |
//! | `GET system` | | 200 `{"durability": ..., "lag": 0, "parked": 0, ...}`: settings as read back from the databases; events that some consumer has yet to handle; keys that are parked |
//!
//! `Money` is `{"amount": 1999, "currency": "EUR"}`. A repeated `sku` or `invoice` changes nothing and is answered
//! with the id that it has.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::{http::Connection, server::Server};

/// Products in one request.
const PRODUCTS_AT_ONCE: usize = 500;

/// Wallets in one request.
const WALLETS_AT_ONCE: usize = 500;

/// How long events may take to reach every service once nothing is sent any more.
const SETTLE_PATIENCE: Duration = Duration::from_secs(120);

/// Between two questions whether something has happened.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// An amount in minor units.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: &'static str,
}

/// A product to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewProduct {
    /// The shop's own code.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// What one unit costs.
    pub price: Money,
    /// Weight of one unit.
    pub weight_grams: u32,
    /// Whether its units are counted.
    pub stocked: bool,
}

/// Units of a product.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StockLevel {
    /// The product.
    pub product_id: Uuid,
    /// Units on the shelf from now on.
    pub on_hand: u64,
}

/// Money for a customer's wallet.
#[derive(Clone, Debug, Serialize)]
pub struct WalletAdjustment {
    /// An adjustment of the same id is made once.
    pub id: String,
    /// Whose wallet.
    pub customer_id: Uuid,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: &'static str,
}

/// An order that was placed elsewhere, at another time. It costs the sum of its lines; shipping is a line, where
/// there was any.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayedOrder<'a> {
    /// Its number there.
    pub invoice: &'a str,
    /// When it was placed, in microseconds since 1970: the order's own time, and that of all that follows from it.
    pub at_us: i64,
    /// Its customer, who pays from the wallet; `None` for a guest, who pays by card.
    pub customer_id: Option<Uuid>,
    /// Where mail goes.
    pub email: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// What was sold; a product may stand on several lines.
    pub lines: Vec<ReplayedLine<'a>>,
}

/// One line of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReplayedLine<'a> {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: &'a str,
    /// Units.
    pub quantity: u32,
    /// What one unit cost, in thousandths of the currency's main unit (pounds), which can be less than a penny.
    pub unit_price_thousandths: i64,
    /// What the line cost.
    pub line_total: Money,
    /// Whether the product's units are counted.
    pub stocked: bool,
}

/// The admin routes of a running server.
pub struct Admin {
    connection: Connection,
    token: String,
}

/// What `GET system` says.
#[derive(Clone, Debug, Deserialize)]
pub struct System {
    /// Settings as the databases say them.
    pub durability: serde_json::Value,
    /// Events that some consumer has yet to handle.
    pub lag: u64,
    /// Keys that are parked.
    pub parked: u64,
}

impl Admin {
    /// Connects to a server.
    ///
    /// # Errors
    /// It does not listen.
    pub async fn connect(server: &Server) -> anyhow::Result<Self> {
        Self::connect_to(server.address, &server.admin_token).await
    }

    async fn connect_to(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        Ok(Self { connection: Connection::open(address).await?, token: token.to_owned() })
    }

    /// Makes products; their ids, in the same order.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn add_products(&mut self, products: &[NewProduct]) -> anyhow::Result<Vec<Uuid>> {
        #[derive(Serialize)]
        struct Request<'a> {
            products: &'a [NewProduct],
        }
        #[derive(Deserialize)]
        struct Made {
            products: Vec<MadeProduct>,
        }
        #[derive(Deserialize)]
        struct MadeProduct {
            id: Uuid,
        }

        let mut ids = Vec::with_capacity(products.len());
        for products in products.chunks(PRODUCTS_AT_ONCE) {
            let made: Made = self.post("products", &Request { products }).await?;
            ensure!(made.products.len() == products.len(), "the server made another number of products");
            ids.extend(made.products.into_iter().map(|product| product.id));
        }
        Ok(ids)
    }

    /// Puts money into wallets; what was put in by an earlier run is not put in again.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn adjust_wallets(&mut self, adjustments: &[WalletAdjustment]) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            adjustments: &'a [WalletAdjustment],
        }
        for adjustments in adjustments.chunks(WALLETS_AT_ONCE) {
            let _: serde_json::Value = self.post("wallets/adjustments", &Request { adjustments }).await?;
        }
        Ok(())
    }

    /// Sets what is on the shelves. With a `key`, once: a repeat of an earlier run changes nothing.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn set_stock(&mut self, levels: &[StockLevel], key: Option<&str>) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Request<'a> {
            stock: &'a [StockLevel],
        }
        for (number, stock) in levels.chunks(PRODUCTS_AT_ONCE).enumerate() {
            let key = key.map(|key| format!("{key} {number}"));
            let _: serde_json::Value = self.post_once("stock", key.as_deref(), &Request { stock }).await?;
        }
        Ok(())
    }

    /// Places orders of another time; their ids, in the same order.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn replay_orders(&mut self, orders: &[ReplayedOrder<'_>]) -> anyhow::Result<Vec<Uuid>> {
        #[derive(Serialize)]
        struct Request<'a> {
            orders: &'a [ReplayedOrder<'a>],
        }
        #[derive(Deserialize)]
        struct Placed {
            orders: Vec<PlacedOrder>,
        }
        #[derive(Deserialize)]
        struct PlacedOrder {
            order_id: Uuid,
        }

        let placed: Placed = self.post("replay/orders", &Request { orders }).await?;
        ensure!(placed.orders.len() == orders.len(), "the server placed another number of orders");
        Ok(placed.orders.into_iter().map(|order| order.order_id).collect())
    }

    /// How the machine stands.
    ///
    /// # Errors
    /// The server does not answer, or says no `durability`, `lag` and `parked`.
    pub async fn system(&mut self) -> anyhow::Result<System> {
        let headers = [("x-admin-token", self.token.as_str())];
        let response = self.connection.get(format_args!("/api/v1/admin/system"), &headers).await?;
        ensure!(response.status == 200, "GET system: {} {}", response.status, response.text());
        serde_json::from_slice(response.body).with_context(|| format!("GET system: {}", response.text()))
    }

    /// Waits until every event has been handled by all who listen.
    ///
    /// # Errors
    /// It has not within two minutes, or something is parked.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + SETTLE_PATIENCE;
        loop {
            let system = self.system().await?;
            ensure!(system.parked == 0, "{} keys are parked", system.parked);
            if system.lag == 0 {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "after {} s, {} events are still not handled",
                SETTLE_PATIENCE.as_secs(),
                system.lag
            );
            sleep_until(Instant::now() + ASK_EVERY).await;
        }
    }

    /// The commits of all services since the server started, as its metrics count them. On SQLite each is one fsync.
    ///
    /// # Errors
    /// The server does not answer, or counts no commits.
    pub async fn commits(&mut self) -> anyhow::Result<u64> {
        let response = self.connection.get(format_args!("/metrics"), &[]).await?;
        ensure!(response.status == 200, "GET /metrics: {}", response.status);
        sum_of_metric(&response.text(), "isotope_commits_total")
            .context("/metrics has no isotope_commits_total")
    }

    async fn post<A: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> anyhow::Result<A> {
        self.post_once(path, None, body).await
    }

    async fn post_once<A: DeserializeOwned>(
        &mut self,
        path: &str,
        key: Option<&str>,
        body: &impl Serialize,
    ) -> anyhow::Result<A> {
        let token = ("x-admin-token", self.token.as_str());
        let headers: Vec<(&str, &str)> =
            [token].into_iter().chain(key.map(|key| ("idempotency-key", key))).collect();
        let body = serde_json::to_string(body)?;
        let response =
            self.connection.send("POST", format_args!("/api/v1/admin/{path}"), &headers, &body).await?;
        ensure!(response.status == 200, "POST {path}: {} {}", response.status, response.text());
        serde_json::from_slice(response.body).with_context(|| format!("POST {path}: {}", response.text()))
    }
}

/// The sum of a metric over its labels in Prometheus text; `None` when it is not there.
fn sum_of_metric(text: &str, name: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        rest.starts_with(['{', ' ']).then_some(())?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    values.map(|value| value as u64).reduce(|sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::sum_of_metric;

    #[test]
    fn a_metric_is_summed_over_its_labels_only() {
        let text =
            "# TYPE a_total counter\na_total{service=\"x y\"} 3\na_total{service=\"z\"} 4\na_total_more 9\n";
        assert_eq!(sum_of_metric(text, "a_total"), Some(7));
        assert_eq!(sum_of_metric(text, "b_total"), None);
    }
}
