//! Orders that were placed elsewhere, at another time: put through this shop as if they were placed here.

use std::sync::Arc;

use axum::{Json, extract::State};
use contracts::{Address, CustomerId, Money, OrderId, ProductId, Timestamp};
use engine::{Actor, Clock, SystemClock};
use garde::Validate;
use host::{Body, Problem, Staff, command_key_of};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::{Api, shipping::country_code};
use crate::{
    domain::{ImportLine, WALLET},
    message::{Message, Reply},
};

/// How replayed orders of guests are paid: by the mock gateway, which approves.
const CARD: &str = "pm_mock_approve";

/// What stands in an address for what was not recorded.
const NOT_RECORDED: &str = "not recorded";

/// Orders to be replayed, oldest first.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayOrders {
    /// 1 to 200 orders.
    #[garde(length(min = 1, max = 200), dive)]
    orders: Vec<ReplayedOrder>,
}

/// An order that was placed elsewhere. It costs the sum of its lines; shipping is a line, where there was any.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayedOrder {
    /// Its number there. An order of the same number is placed once.
    #[garde(length(bytes, min = 1, max = 100))]
    #[schema(example = "536365")]
    invoice: String,
    /// When it was placed, in microseconds since 1970: in 2000 or later, and a day from now at the latest. A virtual clock is set to it,
    /// and so is never set back.
    #[garde(custom(placed_by_now))]
    at_us: i64,
    /// Who placed it, and pays from the wallet; a guest pays by card.
    #[garde(skip)]
    customer_id: Option<CustomerId>,
    #[garde(custom(host::email))]
    email: String,
    /// ISO 3166-1 alpha-2 code.
    #[garde(custom(country_code))]
    country: String,
    #[garde(length(min = 1, max = 2000), dive)]
    lines: Vec<ReplayedLine>,
}

/// The first moment of the year 2000.
const EARLIEST_US: i64 = 946_684_800_000_000;

/// How far ahead of the machine's clock an order's may be.
const AHEAD_US: i64 = 24 * 60 * 60 * 1_000_000;

/// An order was placed at some time in the past. By the machine's clock: the shop's own is set by these orders, and would stay at the end
/// of time for good.
fn placed_by_now(at_us: &i64, (): &()) -> garde::Result {
    let latest_us = SystemClock.now().0.saturating_add(AHEAD_US);
    if (EARLIEST_US..=latest_us).contains(at_us) {
        return Ok(());
    }
    Err(garde::Error::new("not a time from the year 2000 until tomorrow"))
}

/// A line of such an order. Lines of one product may repeat.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayedLine {
    #[garde(skip)]
    product_id: ProductId,
    #[garde(length(chars, max = 200))]
    name: String,
    #[garde(range(min = 1, max = 100_000))]
    quantity: u32,
    /// What one unit cost, in thousandths of the currency's main unit, which can be less than its smallest coin.
    #[garde(range(min = 0, max = 1_000_000_000_000_000))]
    unit_price_thousandths: i64,
    /// What the line cost. Stated, because it was rounded once for all its units.
    #[garde(skip)]
    line_total: Money,
    #[garde(skip)]
    stocked: bool,
}

impl From<ReplayedLine> for ImportLine {
    fn from(line: ReplayedLine) -> Self {
        let currency = line.line_total.currency;
        let minor_units = 10_i128.pow(u32::from(currency.exponent().unwrap_or(0)));
        // Half a minor unit is rounded up.
        let amount = (i128::from(line.unit_price_thousandths) * minor_units + 500) / 1_000;
        Self {
            product_id: line.product_id,
            name: line.name,
            quantity: line.quantity,
            unit_price: Money::new(i64::try_from(amount).unwrap_or(i64::MAX), currency),
            line_total: line.line_total,
            stocked: line.stocked,
        }
    }
}

/// The orders, in the order of the request.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PlacedOrders {
    orders: Vec<PlacedInvoice>,
}

/// What an invoice became.
#[derive(Serialize, utoipa::ToSchema)]
struct PlacedInvoice {
    invoice: String,
    order_id: OrderId,
}

/// Puts orders of another time through the shop. Orders of one time are placed together, and each time only after the one before is committed.
#[utoipa::path(post, path = "/admin/replay/orders", tag = "admin", request_body = ReplayOrders,
    responses((status = 200, body = PlacedOrders), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn replay_orders(
    State(api): State<Arc<Api>>,
    Staff(actor): Staff,
    Body(request): Body<ReplayOrders>,
) -> Result<Json<PlacedOrders>, Problem> {
    let mut placed = Vec::with_capacity(request.orders.len());
    let mut waiting = request.orders.into_iter().peekable();
    while let Some(first) = waiting.next() {
        let at_us = first.at_us;
        if let Some(clock) = &api.virtual_clock {
            clock.advance_to(Timestamp(at_us));
        }
        let mut together = vec![first];
        while let Some(next) = waiting.next_if(|next| next.at_us == at_us) {
            together.push(next);
        }
        placed.extend(place(&api, &actor, together).await?);
    }
    Ok(Json(PlacedOrders { orders: placed }))
}

/// Places orders of one time, and waits until all are committed.
async fn place(
    api: &Arc<Api>,
    actor: &Actor,
    orders: Vec<ReplayedOrder>,
) -> Result<Vec<PlacedInvoice>, Problem> {
    let mut imports = JoinSet::new();
    for (index, order) in orders.into_iter().enumerate() {
        let (api, actor) = (api.clone(), actor.clone());
        imports.spawn(async move { (index, import(&api, actor, order).await) });
    }
    let mut placed = Vec::with_capacity(imports.len());
    while let Some(joined) = imports.join_next().await {
        let (index, invoice) = joined.map_err(|_| Problem::internal())?;
        placed.push((index, invoice?));
    }
    placed.sort_unstable_by_key(|(index, _)| *index);
    Ok(placed.into_iter().map(|(_, invoice)| invoice).collect())
}

async fn import(api: &Api, actor: Actor, order: ReplayedOrder) -> Result<PlacedInvoice, Problem> {
    let ReplayedOrder { invoice, customer_id, email, country, lines, .. } = order;
    let key = command_key_of(&[b"replayed order", invoice.as_bytes()]);
    let not_recorded = || NOT_RECORDED.to_owned();
    let shipping_address = Address {
        name: email.clone(),
        street: not_recorded(),
        postal_code: not_recorded(),
        city: not_recorded(),
        country,
    };
    let message = Message::Import {
        cart_id: api.new_cart_id(),
        customer_id,
        lines: lines.into_iter().map(ImportLine::from).collect(),
        email,
        shipping_address,
        payment_method: if customer_id.is_some() { WALLET } else { CARD }.to_owned(),
    };
    match api.engine.command_by(actor, Some(key), message).await? {
        Reply::CheckedOut { order_id, .. } => Ok(PlacedInvoice { invoice, order_id }),
        Reply::Done | Reply::Cart(_) | Reply::Item(..) => Err(Problem::internal()),
    }
}
