//! A customer's own orders, and what it bought before.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use contracts::{Money, OrderId, ProductId};
use garde::Validate;
use host::{Customer, ListAddress, Page, PageQuery, Params, Problem};
use serde::{Deserialize, Serialize};

use super::{Api, list, views::OrderSummary};
use crate::{
    domain::Status,
    store::{self, Wanted},
};

/// How many of a customer's latest orders are looked through for what could be bought again.
const ORDERS_LOOKED_THROUGH: u32 = 100;

/// Which of the own orders a customer wants to see.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MyOrdersQuery {
    /// Only those that stand so.
    #[serde(default)]
    #[garde(skip)]
    #[param(inline)]
    status: Option<Status>,
    /// Only those placed at this time or later, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    placed_from: Option<list::Moment>,
    /// Only those placed before this time, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    placed_before: Option<list::Moment>,
    /// How many items, 1 to 100.
    #[serde(default = "host::default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    cursor: Option<String>,
}

/// The customer's orders, newest first. Those that it placed as a guest are among them once its address is verified.
#[utoipa::path(get, path = "/me/orders", tag = "me", params(MyOrdersQuery),
    responses((status = 200, body = Page<OrderSummary>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn my_orders(
    State(api): State<Api>,
    customer: Customer,
    address: ListAddress,
    Params(query): Params<MyOrdersQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        customer_id: Some(customer.id),
        status: query.status,
        placed_from: query.placed_from.map(|moment| moment.0),
        placed_before: query.placed_before.map(|moment| moment.0),
        before: list::place(query.cursor.as_deref())?,
        ..Wanted::default()
    };
    list::page(&api, &wanted, query.limit, &address, OrderSummary::of).await
}

/// A product that the customer has bought.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct BoughtProduct {
    product_id: ProductId,
    /// Its name at the time.
    name: String,
    /// What one unit cost at the time.
    unit_price: Money,
    /// Units bought, in all the orders that were looked through.
    quantity: u64,
    /// In how many orders.
    orders: u32,
    /// The latest order of it.
    last_order_id: OrderId,
    last_bought_at: String,
}

/// What the customer has bought, latest first, from its last 100 orders. Cancelled ones do not count.
#[utoipa::path(get, path = "/me/buy-again", tag = "me", params(PageQuery),
    responses((status = 200, body = Page<BoughtProduct>), (status = 422, body = Problem)))]
pub(super) async fn buy_again(
    State(api): State<Api>,
    customer: Customer,
    address: ListAddress,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Response, Problem> {
    let skip = match cursor.as_deref().map(str::parse::<usize>) {
        None => 0,
        Some(Ok(skip)) => skip,
        Some(Err(_)) => return Err(list::invalid_cursor()),
    };
    let wanted = Wanted { customer_id: Some(customer.id), ..Wanted::default() };
    let orders = store::listed(api.engine.reads(), &wanted, ORDERS_LOOKED_THROUGH).await?;
    let mut places: HashMap<ProductId, usize> = HashMap::new();
    let mut bought: Vec<BoughtProduct> = Vec::new();
    for (order, purchase) in orders.into_iter().filter(|(order, _)| order.status != Status::Cancelled) {
        for line in purchase.lines {
            let place = *places.entry(line.product_id).or_insert(bought.len());
            if place == bought.len() {
                bought.push(BoughtProduct {
                    product_id: line.product_id,
                    name: line.name,
                    unit_price: Money::new(line.unit_price, order.currency),
                    quantity: 0,
                    orders: 0,
                    last_order_id: order.id,
                    last_bought_at: order.created_us.to_rfc3339(),
                });
            }
            bought[place].quantity += u64::from(line.quantity);
            bought[place].orders += 1;
        }
    }
    let has_more = bought.len() > skip.saturating_add(limit as usize);
    let next_cursor = has_more.then(|| (skip + limit as usize).to_string());
    let items: Vec<BoughtProduct> = bought.into_iter().skip(skip).take(limit as usize).collect();
    Ok(address.page(Page { items, next_cursor }, limit))
}
