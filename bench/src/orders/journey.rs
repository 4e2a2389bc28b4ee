//! One customer's way through the shop, request by request.

use std::{borrow::Cow, fmt::Write as _, rc::Rc, time::Instant};

use anyhow::ensure;
use contracts::Timestamp;
use engine::{Ids, RandomIds};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    catalogue::{CURRENCY, Catalogue, price_of},
    tally::Tally,
};
use crate::{
    clock::now_us,
    http::{Connection, HttpError, Response},
    random::Random,
};

pub(super) const ADDRESS: &str = r#"{"name":"Ada Lovelace","street":"12 St James's Square","postal_code":"SW1Y 4JH","city":"London","country":"GB"}"#;

pub(super) const SHIPPING_METHOD: &str = "standard";

const PAYMENT_METHOD: &str = "pm_mock_approve";

/// The shop accepted an order.
pub(super) struct Accepted {
    pub order: Uuid,
    pub token: String,
}

/// Why a journey ended without an order.
pub(super) enum NoOrder {
    /// The shop said that there is not enough stock.
    Refused,
    /// The run is over; nobody waits for this order.
    Over,
    /// What should not happen.
    Error(String),
}

impl From<HttpError> for NoOrder {
    fn from(error: HttpError) -> Self {
        Self::Error(match &error {
            HttpError::Connection(source) => format!("{error}: {source}"),
            _ => error.to_string(),
        })
    }
}

/// A customer with an open connection.
pub(super) struct Journey {
    connection: Connection,
    catalogue: Rc<Catalogue>,
    tally: Rc<Tally>,
    random: Random,
    email: String,
    /// The header that says whose requests these are; a guest has none.
    authorization: Option<String>,
    /// Makes idempotency keys of this customer its own.
    name: String,
    checkouts: u64,
    body: String,
}

#[derive(Deserialize)]
struct ProductPage<'a> {
    #[serde(borrow)]
    items: Vec<Listed<'a>>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    id: &'a str,
}

#[derive(Deserialize)]
struct Cart<'a> {
    id: &'a str,
    total: Amount,
}

#[derive(Deserialize)]
struct Amount {
    amount: i64,
}

#[derive(Deserialize)]
struct SignedUp<'a> {
    #[serde(borrow)]
    session: Session<'a>,
}

#[derive(Deserialize)]
struct Session<'a> {
    access_token: &'a str,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Answer<'a> {
    order: AnsweredOrder,
    order_token: &'a str,
}

#[derive(Deserialize)]
struct AnsweredOrder {
    id: Uuid,
}

/// An order as its customer sees it.
#[derive(Deserialize)]
pub(super) struct SeenOrder {
    pub status: String,
    pub cancel_reason: Option<String>,
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

impl Journey {
    pub fn new(number: usize, connection: Connection, catalogue: Rc<Catalogue>, tally: Rc<Tally>) -> Self {
        Self {
            connection,
            catalogue,
            tally,
            random: Random::new(number as u64),
            email: format!("shopper-{number}@example.com"),
            authorization: None,
            // A guest's idempotency key is one that nobody can guess.
            name: RandomIds::new().next(Timestamp(now_us())).to_string(),
            checkouts: 0,
            body: String::new(),
        }
    }

    /// Becomes a customer with an account, and asks as one from now on, for at least `seconds`.
    pub async fn sign_up(&mut self, seconds: u64) -> anyhow::Result<()> {
        let body =
            format!(r#"{{"email":"{}","password":"{}","name":"Ada Lovelace"}}"#, self.email, self.name);
        let response = self.connection.send("POST", format_args!("/api/v1/customers"), &[], &body).await?;
        ensure!(response.status == 201, "POST customers: {} {}", response.status, response.text());
        let Session { access_token, expires_in } =
            serde_json::from_slice::<SignedUp<'_>>(response.body)?.session;
        ensure!(
            expires_in >= seconds,
            "an access token opens the shop for {expires_in} s, and this takes {seconds} s"
        );
        self.authorization = Some(format!("Bearer {access_token}"));
        Ok(())
    }

    /// After a broken connection.
    pub async fn reconnect(&mut self) -> std::io::Result<()> {
        self.connection.reopen().await
    }

    /// Lists products, fills a cart with one to three of them, and checks out.
    pub async fn buy_some(&mut self) -> Result<Accepted, NoOrder> {
        let page = self.random.below(self.catalogue.pages.len());
        let catalogue = Rc::clone(&self.catalogue);
        let response = self.get(format_args!("/products?{}", catalogue.pages[page])).await?;
        let listed: ProductPage<'_> = read(&response, 200)?;
        let mut items: Vec<Uuid> = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            items.push(
                item.id.parse().map_err(|_| NoOrder::Error(format!("`{}` is no product id", item.id)))?,
            );
        }
        let count = (1 + self.random.below(3)).min(items.len());
        self.random.choose_to_front(&mut items, count);
        self.buy_in_cart(&items[..count]).await
    }

    /// Puts one unit of each product into a new cart and checks out.
    pub async fn buy_in_cart(&mut self, items: &[Uuid]) -> Result<Accepted, NoOrder> {
        let response = self.send("POST", format_args!("/carts"), None, "{}").await?;
        let cart: Uuid = parse_id(read::<Cart<'_>>(&response, 201)?.id)?;
        for product in items {
            let body = format!(r#"{{"product_id":"{product}","quantity":1}}"#);
            let response = self.send("POST", format_args!("/carts/{cart}/items"), None, &body).await?;
            expect(&response, 200)?;
        }
        let response =
            self.send("PUT", format_args!("/carts/{cart}/shipping-address"), None, ADDRESS).await?;
        expect(&response, 200)?;
        let method = format!(r#"{{"code":"{SHIPPING_METHOD}"}}"#);
        let response = self.send("PUT", format_args!("/carts/{cart}/shipping-method"), None, &method).await?;
        let total = read::<Cart<'_>>(&response, 200)?.total.amount;

        let mut body = std::mem::take(&mut self.body);
        body.clear();
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            r#"{{"email":"{}","total":{{"amount":{total},"currency":"{CURRENCY}"}},"payment_method":"{PAYMENT_METHOD}"}}"#,
            self.email
        );
        let accepted = self.check_out(format_args!("/carts/{cart}/checkout"), &body).await;
        self.body = body;
        accepted
    }

    /// Lists products and orders one of them at once.
    pub async fn buy_one_now(&mut self) -> Result<Accepted, NoOrder> {
        let page = self.random.below(self.catalogue.pages.len());
        let catalogue = Rc::clone(&self.catalogue);
        let response = self.get(format_args!("/products?{}", catalogue.pages[page])).await?;
        expect(&response, 200)?;
        let index = self.random.below(catalogue.products.len());
        self.buy_now(index).await
    }

    /// Orders one unit of the product made as number `index`, without a cart.
    pub async fn buy_now(&mut self, index: usize) -> Result<Accepted, NoOrder> {
        let product = self.catalogue.products[index];
        let total = price_of(index) + self.catalogue.shipping;
        let body = format!(
            concat!(
                r#"{{"product_id":"{}","quantity":1,"email":"{}","total":{{"amount":{},"currency":"{}"}},"#,
                r#""shipping_address":{},"shipping_method":"{}","payment_method":"{}"}}"#
            ),
            product, self.email, total, CURRENCY, ADDRESS, SHIPPING_METHOD, PAYMENT_METHOD
        );
        self.check_out(format_args!("/orders"), &body).await
    }

    async fn check_out(&mut self, path: std::fmt::Arguments<'_>, body: &str) -> Result<Accepted, NoOrder> {
        self.checkouts += 1;
        let key = format!("{}-{}", self.name, self.checkouts);
        let asked_us = now_us();
        let asked = Instant::now();
        let response = self.send("POST", path, Some(&key), body).await?;
        let answer: Answer<'_> = read(&response, 202)?;
        let accepted = Accepted { order: answer.order.id, token: answer.order_token.to_owned() };
        self.tally.accepted(accepted.order, asked_us, asked.elapsed());
        Ok(accepted)
    }

    /// The order as its customer sees it now.
    pub async fn look_at(&mut self, accepted: &Accepted) -> Result<SeenOrder, NoOrder> {
        let authorization = format!("Bearer {}", accepted.token);
        let headers = [("authorization", authorization.as_str())];
        let path = format_args!("/api/v1/orders/{}", accepted.order);
        let response = self.connection.get(path, &headers).await?;
        self.tally.request();
        let status = if response.status == 202 { 202 } else { 200 };
        read(&response, status)
    }

    async fn get(&mut self, path: std::fmt::Arguments<'_>) -> Result<Response<'_>, NoOrder> {
        if self.tally.is_over() {
            return Err(NoOrder::Over);
        }
        let headers = self.authorization.as_deref().map(|value| ("authorization", value));
        let response = self.connection.get(format_args!("/api/v1{path}"), headers.as_slice()).await?;
        self.tally.request();
        Ok(response)
    }

    async fn send(
        &mut self,
        method: &str,
        path: std::fmt::Arguments<'_>,
        idempotency_key: Option<&str>,
        body: &str,
    ) -> Result<Response<'_>, NoOrder> {
        if self.tally.is_over() {
            return Err(NoOrder::Over);
        }
        let key = idempotency_key.map(|key| ("idempotency-key", key));
        let authorization = self.authorization.as_deref().map(|value| ("authorization", value));
        let headers: Vec<_> = key.into_iter().chain(authorization).collect();
        let response = self.connection.send(method, format_args!("/api/v1{path}"), &headers, body).await?;
        self.tally.request();
        Ok(response)
    }
}

fn expect(response: &Response<'_>, status: u16) -> Result<(), NoOrder> {
    if response.status == status {
        return Ok(());
    }
    let is_refusal = response.status == 409
        && serde_json::from_slice::<Problem<'_>>(response.body)
            .is_ok_and(|problem| problem.code == "out_of_stock");
    if is_refusal {
        return Err(NoOrder::Refused);
    }
    Err(NoOrder::Error(format!("{} instead of {status}: {}", response.status, response.text())))
}

fn read<'a, T: Deserialize<'a>>(response: &Response<'a>, status: u16) -> Result<T, NoOrder> {
    expect(response, status)?;
    serde_json::from_slice(response.body)
        .map_err(|error| NoOrder::Error(format!("{error} in {}", response.text())))
}

fn parse_id(text: &str) -> Result<Uuid, NoOrder> {
    text.parse().map_err(|_| NoOrder::Error(format!("`{text}` is no id")))
}
