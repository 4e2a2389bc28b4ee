//! What carts look like to customers.

use std::sync::Arc;

use contracts::{Address, CartId, Currency, Money, OrderId, ProductId, Timestamp, questions::CartHold};
use serde::Serialize;

use crate::domain::{Cart, CartStatus, Line, Pricing, TaxShare};

/// A cart.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CartView {
    id: CartId,
    #[schema(inline)]
    status: CartStatus,
    /// The currency of all its amounts: that of the first product in it.
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    lines: Vec<LineView>,
    /// What the lines cost.
    subtotal: Money,
    /// What shipping costs; 0 while no method is chosen.
    shipping: Money,
    /// The tax of lines and shipping, for where the cart is sent; for the shop's own country while that is not known.
    tax: Money,
    /// That tax by rate.
    taxes: Vec<TaxView>,
    /// Whether prices and shipping have the tax in them; where they have not, the total has.
    prices_include_tax: bool,
    /// What a checkout has to state.
    total: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Address>)]
    shipping_address: Option<Arc<Address>>,
    /// The shipping option's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "standard")]
    shipping_method: Option<String>,
    /// When the holds of its units end, unless the cart changes or they are renewed. Only where something is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds_expire_at: Option<String>,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// How often it was changed.
    revision: i64,
    created_at: String,
}

/// A product in a cart.
#[derive(Serialize, utoipa::ToSchema)]
struct LineView {
    product_id: ProductId,
    #[schema(value_type = String)]
    name: Arc<str>,
    quantity: u32,
    unit_price: Money,
    line_total: Money,
    /// The tax rate, in hundredths of a percent: 1,900 is 19 %.
    #[schema(example = 1900)]
    tax_rate_bp: u32,
    /// Whether its units are held in stock for this cart. Not there where nobody asked, and for what is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<bool>,
}

/// Tax of one rate.
#[derive(Serialize, utoipa::ToSchema)]
struct TaxView {
    /// The rate, in hundredths of a percent: 1,900 is 19 %.
    #[schema(example = 1900)]
    rate_bp: u32,
    amount: Money,
}

impl CartView {
    /// A cart at what it costs by these settings.
    pub fn of(cart: Cart, pricing: &Pricing) -> Self {
        let currency = cart.currency;
        let amounts = pricing.amounts(&cart);
        let country = pricing.country_of(&cart).to_owned();
        let tax_view =
            |share: TaxShare| TaxView { rate_bp: share.rate_bp, amount: Money::new(share.amount, currency) };
        let line_view = |line: Line| LineView {
            product_id: line.product_id,
            name: line.name,
            quantity: line.quantity,
            unit_price: Money::new(line.unit_price_amount, currency),
            line_total: Money::new(line.total_amount, currency),
            tax_rate_bp: pricing.rate_bp(&country, line.tax_class),
            held: None,
        };
        Self {
            id: cart.cart_id,
            status: cart.status,
            currency,
            subtotal: amounts.subtotal,
            shipping: amounts.shipping,
            tax: amounts.tax,
            taxes: amounts.taxes.into_iter().map(tax_view).collect(),
            prices_include_tax: pricing.prices_include_tax,
            total: amounts.total,
            holds_expire_at: None,
            lines: cart.lines.into_iter().map(line_view).collect(),
            shipping_address: cart.shipping_address,
            shipping_method: cart.shipping_method,
            order_id: cart.order_id,
            revision: cart.revision,
            created_at: cart.created_at.to_rfc3339(),
        }
    }
}

impl CartView {
    /// Says which lines are held, and until when.
    pub fn with_holds(mut self, stocked: &[ProductId], held: Option<CartHold>) -> Self {
        let (lines, expires_at) = held.map(|held| (held.lines, held.expires_at)).unzip();
        let lines = lines.unwrap_or_default();
        for line in &mut self.lines {
            let units = lines.iter().find(|held| held.product_id == line.product_id);
            let is_held = units.is_some_and(|held| held.quantity >= line.quantity);
            line.held = stocked.contains(&line.product_id).then_some(is_held);
        }
        let is_held = self.lines.iter().any(|line| line.held == Some(true));
        self.holds_expire_at = expires_at.filter(|_| is_held).map(Timestamp::to_rfc3339);
        self
    }
}
