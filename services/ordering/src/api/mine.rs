//! A customer's own orders, and what it bought before.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use contracts::{Money, OrderId, ProductId};
use garde::Validate;
use host::{Customer, ListAddress, Moment, Page, PageQuery, Params, Problem, cursor};
use serde::{Deserialize, Serialize};

use super::{Api, list, views::OrderSummary};
use crate::{
    domain::{Order, Purchase, Status},
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
    placed_from: Option<Moment>,
    /// Only those placed before this time, as RFC 3339.
    #[serde(default)]
    #[garde(skip)]
    #[param(value_type = Option<String>, format = DateTime)]
    placed_before: Option<Moment>,
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
        before: cursor(query.cursor.as_deref())?,
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
    let skip: usize = host::cursor(cursor.as_deref())?.unwrap_or(0);
    let wanted = Wanted { customer_id: Some(customer.id), ..Wanted::default() };
    let orders = store::listed(api.engine.reads(), &wanted, ORDERS_LOOKED_THROUGH).await?;
    let bought = bought(orders);
    let has_more = bought.len() > skip.saturating_add(limit as usize);
    let next_cursor = has_more.then(|| (skip + limit as usize).to_string());
    let items: Vec<BoughtProduct> = bought.into_iter().skip(skip).take(limit as usize).collect();
    Ok(address.page(Page { items, next_cursor }, limit))
}

/// The products of orders, which come latest first.
fn bought(orders: Vec<(Order, Purchase)>) -> Vec<BoughtProduct> {
    // Where a product stands, and in which order it was met last: one may have it on several lines.
    let mut met: HashMap<ProductId, (usize, OrderId)> = HashMap::new();
    let mut bought: Vec<BoughtProduct> = Vec::new();
    for (order, purchase) in orders.into_iter().filter(|(order, _)| order.status != Status::Cancelled) {
        for line in purchase.lines {
            let known = met.get(&line.product_id).copied();
            let place = known.map_or(bought.len(), |(place, _)| place);
            if known.is_none() {
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
            bought[place].orders += u32::from(known.is_none_or(|(_, last)| last != order.id));
            met.insert(line.product_id, (place, order.id));
        }
    }
    bought
}

#[cfg(test)]
mod tests {
    use contracts::{Address, CartId, Currency, OrderId, ProductId, Timestamp};
    use uuid::Uuid;

    use super::bought;
    use crate::domain::{Line, Order, Purchase, Reason, Status};

    /// An order of some units of products, line by line.
    fn order(number: u128, status: Status, lines: &[(u128, u32)]) -> (Order, Purchase) {
        let id = OrderId(Uuid::from_u128(number));
        let text = || "12 Square".to_owned();
        let order = Order {
            id,
            cart_id: CartId(Uuid::nil()),
            customer_id: None,
            status,
            total: 0,
            currency: Currency::EUR,
            payment_method: "wallet".to_owned(),
            cancel_reason: (status == Status::Cancelled).then_some(Reason::Customer),
            cancel_requested: false,
            created_us: Timestamp(0),
            paid_us: None,
            updated_us: Timestamp(0),
        };
        let line = |(product, quantity): &(u128, u32)| Line {
            product_id: ProductId(Uuid::from_u128(*product)),
            name: "Mug".to_owned(),
            quantity: *quantity,
            unit_price: 500,
            line_total: 500 * i64::from(*quantity),
            tax_rate_bp: 1_900,
            stocked: true,
        };
        let purchase = Purchase {
            order_id: id,
            customer_id: None,
            email: "ada@example.com".to_owned(),
            email_key: None,
            lines: lines.iter().map(line).collect(),
            shipping_method: "standard".to_owned(),
            shipping_price: 0,
            shipping_address: Address {
                name: text(),
                street: text(),
                postal_code: text(),
                city: text(),
                country: "GB".to_owned(),
            },
            tax: 0,
            prices_include_tax: true,
        };
        (order, purchase)
    }

    #[test]
    fn an_order_with_a_product_on_several_lines_counts_once() {
        let orders = vec![
            order(3, Status::Delivered, &[(1, 2), (2, 1), (1, 3)]),
            order(2, Status::Cancelled, &[(2, 7)]),
            order(1, Status::Paid, &[(1, 1), (1, 1)]),
        ];
        let counted: Vec<(u128, u64, u32, u128)> = bought(orders)
            .iter()
            .map(|product| {
                let (id, last) = (product.product_id.0.as_u128(), product.last_order_id.0.as_u128());
                (id, product.quantity, product.orders, last)
            })
            .collect();
        assert_eq!(counted, [(1, 7, 2, 3), (2, 1, 1, 3)]);
    }
}
