//! The checkout: the one way from a cart to an order.

use std::sync::Arc;

use contracts::{Address, CartId, CustomerId, Money, OrderId, Refusal, Timestamp};

use super::{Cart, CartStatus, Line, Pricing};

const EMAIL_LENGTH_MAX: usize = 254;
const PAYMENT_METHOD_LENGTH_MAX: usize = 200;

/// What a customer says at checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutRequest<'a> {
    /// The id that the order will have.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about the order goes.
    pub email: &'a str,
    /// The total that the customer has seen.
    pub total: Money,
    /// [`WALLET`], or a gateway's token for a payment method, never a card number.
    pub payment_method: &'a str,
}

/// The payment method of a customer who pays from the own wallet.
pub const WALLET: &str = "wallet";

/// A line as it is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedLine {
    /// The cart's line.
    pub line: Line,
    /// The tax rate where the order goes, in hundredths of a percent.
    pub tax_rate_bp: u32,
}

/// A cart became an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOut {
    /// The cart.
    pub cart_id: CartId,
    /// The cart's revision with the checkout in it.
    pub revision: i64,
    /// The order.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about the order goes.
    pub email: String,
    /// Where it is sent.
    pub shipping_address: Arc<Address>,
    /// How it is sent: a shipping option's code.
    pub shipping_method: String,
    /// What that costs.
    pub shipping_price: Money,
    /// The tax of lines and shipping.
    pub tax: Money,
    /// Whether prices have the tax in them.
    pub prices_include_tax: bool,
    /// How it is paid.
    pub payment_method: String,
    /// What is ordered.
    pub lines: Vec<OrderedLine>,
    /// What will be charged.
    pub total: Money,
}

impl Cart {
    /// Makes the cart an order.
    ///
    /// # Errors
    /// `cart_checked_out`, `cart_empty`, `shipping_address_missing`, `shipping_method_missing`, `email_invalid`,
    /// `shipping_method_unknown`, `shipping_method_unavailable`, `payment_method_invalid`, or `total_changed` when the customer has
    /// seen another total.
    pub fn check_out(
        &mut self,
        request: &CheckoutRequest<'_>,
        pricing: &Pricing,
        now: Timestamp,
    ) -> Result<CheckedOut, Refusal> {
        self.check_open()?;
        if self.lines.is_empty() {
            return Err(Refusal::conflict("cart_empty", "There is nothing in the cart."));
        }
        let shipping_address = self.shipping_address.clone().ok_or_else(|| {
            Refusal::invalid(
                "shipping_address_missing",
                "Say where the order goes: the cart has no shipping address.",
            )
        })?;
        let shipping_method = self.shipping_method.clone().ok_or_else(|| {
            Refusal::invalid(
                "shipping_method_missing",
                "Say how the order is sent: the cart has no shipping method.",
            )
        })?;
        check_email(request.email)?;
        check_payment_method(request)?;
        pricing.shipping_amount(self)?;
        let amounts = pricing.amounts(self);
        let total = amounts.total;
        if request.total != total {
            let detail =
                format!("The total is now {} minor units of {}.", total.amount, total.currency.code());
            return Err(Refusal::conflict("total_changed", detail));
        }
        let country = pricing.country_of(self);
        let ordered = |line: &Line| OrderedLine {
            line: line.clone(),
            tax_rate_bp: pricing.rate_bp(country, line.tax_class),
        };
        let lines = self.lines.iter().map(ordered).collect();
        self.status = CartStatus::CheckedOut;
        self.order_id = Some(request.order_id);
        self.checked_out_at = Some(now);
        self.revision += 1;
        Ok(CheckedOut {
            cart_id: self.cart_id,
            revision: self.revision,
            order_id: request.order_id,
            customer_id: request.customer_id,
            email: request.email.to_owned(),
            shipping_address,
            shipping_method,
            shipping_price: amounts.shipping,
            tax: amounts.tax,
            prices_include_tax: pricing.prices_include_tax,
            payment_method: request.payment_method.to_owned(),
            lines,
            total,
        })
    }
}

/// Something, an @, and a domain. Whether mail arrives, only mail can tell.
fn check_email(email: &str) -> Result<(), Refusal> {
    let has_parts = email
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let is_odd = email.chars().any(|character| character.is_whitespace() || character.is_control());
    if has_parts && !is_odd && email.len() <= EMAIL_LENGTH_MAX {
        return Ok(());
    }
    Err(Refusal::invalid("email_invalid", "The e-mail address does not look like one."))
}

fn check_payment_method(request: &CheckoutRequest<'_>) -> Result<(), Refusal> {
    let token = request.payment_method;
    if token == WALLET && request.customer_id.is_none() {
        return Err(Refusal::invalid("payment_method_invalid", "A guest has no wallet to pay from."));
    }
    let is_token = token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token && (1..=PAYMENT_METHOD_LENGTH_MAX).contains(&token.len()) {
        return Ok(());
    }
    Err(Refusal::invalid("payment_method_invalid", "The payment method is not a gateway's token."))
}
