//! A cart and the changes that a customer makes to it.

use std::sync::Arc;

use contracts::{Address, CartId, Currency, CustomerId, Money, OrderId, ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Pricing, ProductCopy,
    item::{ItemChange, Line},
};

/// Most lines of a cart that a customer fills.
pub const LINES_MAX: usize = 200;

/// Where a cart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CartStatus {
    /// It can be changed.
    Open,
    /// It has become an order and is not changed any more.
    CheckedOut,
}

/// A shopping cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// Its id.
    pub cart_id: CartId,
    /// The customer whose it is; none for a guest's, which its id opens.
    pub customer_id: Option<CustomerId>,
    /// Where it stands.
    pub status: CartStatus,
    /// The currency of all its amounts: that of the first product in it.
    pub currency: Currency,
    /// How often it was changed.
    pub revision: i64,
    /// What is in it, in the order in which it was added.
    pub lines: Vec<Line>,
    /// Where it is to be sent.
    pub shipping_address: Option<Arc<Address>>,
    /// How it is to be sent: a shipping option's code.
    pub shipping_method: Option<String>,
    /// The order that it became.
    pub order_id: Option<OrderId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it became an order.
    pub checked_out_at: Option<Timestamp>,
}

impl Cart {
    /// An empty cart. Its currency stands until the first product is added.
    pub fn open(cart_id: CartId, currency: Currency, now: Timestamp) -> Self {
        Self {
            cart_id,
            customer_id: None,
            status: CartStatus::Open,
            currency,
            revision: 0,
            lines: Vec::new(),
            shipping_address: None,
            shipping_method: None,
            order_id: None,
            created_at: now,
            checked_out_at: None,
        }
    }

    /// Whether somebody may use it who has its id: a guest's cart everybody, a customer's the customer alone.
    pub fn is_open_to(&self, caller: Option<CustomerId>) -> bool {
        self.customer_id.is_none() || self.customer_id == caller
    }

    /// What the lines cost.
    pub fn subtotal(&self) -> Money {
        // Each line's total is bounded so that the sum of the most lines is in range.
        Money::new(self.lines.iter().map(|line| line.total_amount).sum(), self.currency)
    }

    /// What the lines weigh.
    pub fn weight_grams(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.weight_grams) * u64::from(line.quantity)).sum()
    }

    /// The line of a product.
    pub fn line(&self, product: ProductId) -> Option<&Line> {
        self.lines.iter().find(|line| line.product_id == product)
    }

    /// Adds units of a product to what is there of it.
    ///
    /// # Errors
    /// `cart_checked_out`, `product_not_found`, `currency_mismatch`, `quantity_out_of_range`, `cart_full`, `amount_out_of_range`.
    pub fn add(&mut self, product: &ProductCopy, quantity: u32) -> Result<ItemChange, Refusal> {
        self.check_open()?;
        if quantity == 0 {
            return Err(super::item::quantity_out_of_range(super::QUANTITY_MAX));
        }
        if !product.sold {
            return Err(super::product_not_found());
        }
        if self.lines.is_empty() {
            self.currency = product.currency;
        }
        if self.currency != product.currency {
            let detail =
                format!("The cart is in {}; the product is sold in another currency.", self.currency.code());
            return Err(Refusal::invalid("currency_mismatch", detail));
        }
        let revision = self.revision + 1;
        let is_full = self.lines.len() >= LINES_MAX;
        let known = self.lines.iter_mut().find(|line| line.product_id == product.product_id);
        let previous_quantity = match known {
            Some(line) => {
                let previous = line.quantity;
                line.refresh(product)?;
                line.set_quantity(previous.saturating_add(quantity), revision)?;
                previous
            }
            None if is_full => {
                let detail = format!("A cart has at most {LINES_MAX} lines.");
                return Err(Refusal::conflict("cart_full", detail));
            }
            None => {
                self.lines.push(Line::new(product, quantity, revision)?);
                0
            }
        };
        self.revision = revision;
        let quantity = previous_quantity + quantity;
        let (product_id, stocked) = (product.product_id, product.stocked);
        Ok(ItemChange { product_id, previous_quantity, quantity, revision, stocked })
    }

    /// Sets the units of a product that is in the cart; no change when there are that many already.
    ///
    /// # Errors
    /// `cart_checked_out`, `item_not_found`, `quantity_out_of_range`, `amount_out_of_range`.
    pub fn set_quantity(&mut self, product: ProductId, quantity: u32) -> Result<Option<ItemChange>, Refusal> {
        self.check_open()?;
        let revision = self.revision + 1;
        let Some(line) = self.lines.iter_mut().find(|line| line.product_id == product) else {
            return Err(Refusal::not_found("item_not_found", "The product is not in the cart."));
        };
        let previous_quantity = line.quantity;
        if previous_quantity == quantity {
            return Ok(None);
        }
        line.set_quantity(quantity, revision)?;
        self.revision = revision;
        Ok(Some(ItemChange {
            product_id: product,
            previous_quantity,
            quantity,
            revision,
            stocked: line.stocked,
        }))
    }

    /// Takes a product out; no change when it is not in.
    ///
    /// # Errors
    /// `cart_checked_out`.
    pub fn remove(&mut self, product: ProductId) -> Result<Option<ItemChange>, Refusal> {
        self.check_open()?;
        let Some(index) = self.lines.iter().position(|line| line.product_id == product) else {
            return Ok(None);
        };
        let Line { quantity: previous_quantity, stocked, .. } = self.lines.remove(index);
        self.revision += 1;
        let revision = self.revision;
        Ok(Some(ItemChange { product_id: product, previous_quantity, quantity: 0, revision, stocked }))
    }

    /// Takes a change back that inventory refused. Nothing happens when the line was changed since, or the cart became an order:
    /// then a later decision stands, and the order's own validation has the last word on stock.
    ///
    /// # Errors
    /// `quantity_out_of_range`, for a quantity that no line can have had.
    pub fn revert(&mut self, refused: &ItemChange) -> Result<Option<ItemChange>, Refusal> {
        let is_current = self.line(refused.product_id).is_some_and(|line| line.revision == refused.revision);
        if self.status != CartStatus::Open || !is_current {
            return Ok(None);
        }
        match refused.previous_quantity {
            0 => self.remove(refused.product_id),
            quantity => self.set_quantity(refused.product_id, quantity),
        }
    }

    /// Takes over what a product is now: its price, name, weight and tax. One that is not sold any more goes out; the change is answered.
    ///
    /// # Errors
    /// `amount_out_of_range`, for a price that no cart can count.
    pub fn refresh(&mut self, product: &ProductCopy) -> Result<Option<ItemChange>, Refusal> {
        if self.status != CartStatus::Open || self.currency != product.currency {
            return Ok(None);
        }
        if !product.sold {
            return self.remove(product.product_id);
        }
        let line = self.lines.iter_mut().find(|line| line.product_id == product.product_id);
        if let Some(line) = line
            && line.refresh(product)?
        {
            self.revision += 1;
        }
        Ok(None)
    }

    /// Counts a revision, and changes nothing else.
    ///
    /// # Errors
    /// `cart_checked_out`.
    pub fn touch(&mut self) -> Result<(), Refusal> {
        self.check_open()?;
        self.revision += 1;
        Ok(())
    }

    /// Says where it is to be sent.
    ///
    /// # Errors
    /// `cart_checked_out`, `shipping_address_invalid`.
    pub fn set_shipping_address(&mut self, address: Address) -> Result<(), Refusal> {
        self.check_open()?;
        check_address(&address)?;
        self.shipping_address = Some(Arc::new(address));
        self.revision += 1;
        Ok(())
    }

    /// Says how it is to be sent, by a shipping option's code.
    ///
    /// # Errors
    /// `cart_checked_out`, `shipping_method_unknown`, `shipping_method_unavailable`.
    pub fn set_shipping_method(&mut self, code: &str, pricing: &Pricing) -> Result<(), Refusal> {
        self.check_open()?;
        let price = pricing.option(code)?.price_amount(pricing.parcel_of(self));
        if price.is_none() {
            return Err(super::shipping::unavailable(code));
        }
        self.shipping_method = Some(code.to_owned());
        self.revision += 1;
        Ok(())
    }

    /// Takes everything out, because ordering has the order that the cart became; says whether anything changed.
    pub fn empty(&mut self, order: OrderId) -> bool {
        if self.order_id != Some(order) || self.lines.is_empty() {
            return false;
        }
        self.lines.clear();
        self.revision += 1;
        true
    }

    pub(super) fn check_open(&self) -> Result<(), Refusal> {
        match self.status {
            CartStatus::Open => Ok(()),
            CartStatus::CheckedOut => Err(Refusal::conflict(
                "cart_checked_out",
                "The cart has become an order and cannot be changed.",
            )),
        }
    }
}

fn check_address(address: &Address) -> Result<(), Refusal> {
    let refuse = |field: &str| {
        let detail = format!("The field `{field}` is empty, too long, or not printable.");
        Err(Refusal::invalid("shipping_address_invalid", detail))
    };
    for (field, text, length_max) in [
        ("name", &address.name, 200),
        ("street", &address.street, 200),
        ("postal_code", &address.postal_code, 20),
        ("city", &address.city, 100),
    ] {
        if text.trim().is_empty() || text.chars().count() > length_max || text.chars().any(char::is_control) {
            return refuse(field);
        }
    }
    if address.country.len() != 2 || !address.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let detail = "The field `country` is two capital letters, such as `DE`.";
        return Err(Refusal::invalid("shipping_address_invalid", detail));
    }
    Ok(())
}
