//! Whose a cart is: a guest's becomes a customer's when the guest logs in, with what the customer had in a cart before.

use contracts::{CartId, CustomerId, Refusal};

use super::{
    Cart, CartStatus,
    cart::LINES_MAX,
    item::{ItemChange, Line},
};

/// The cart that a customer sees as its own: the one it opened or brought last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentCart {
    /// The customer.
    pub customer_id: CustomerId,
    /// The cart.
    pub cart_id: CartId,
}

/// A line that went from one cart to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedLine {
    /// As the cart that had it sees it.
    pub out: ItemChange,
    /// As the cart that has it sees it.
    pub into: ItemChange,
}

impl Cart {
    /// Makes a guest's cart a customer's; says whether it was not before.
    ///
    /// # Errors
    /// `cart_not_found` where it is another customer's; `cart_checked_out`.
    pub fn claim(&mut self, customer_id: CustomerId) -> Result<bool, Refusal> {
        if !self.is_open_to(Some(customer_id)) {
            return Err(not_found());
        }
        self.check_open()?;
        Ok(self.customer_id.replace(customer_id).is_none())
    }

    /// Takes over from an earlier cart what this one has not. Of a product that is in both, the quantity here stands: it is what the
    /// customer chose last. What is in another currency, or too much, stays where it is.
    pub fn take_over(&mut self, earlier: &mut Cart) -> Vec<MovedLine> {
        if earlier.status != CartStatus::Open || self.status != CartStatus::Open {
            return Vec::new();
        }
        if self.lines.is_empty() {
            self.currency = earlier.currency;
        }
        if self.currency != earlier.currency {
            return Vec::new();
        }
        let (mut moved, mut kept) = (Vec::new(), Vec::new());
        for line in std::mem::take(&mut earlier.lines) {
            if self.line(line.product_id).is_some() || self.lines.len() >= LINES_MAX {
                kept.push(line);
                continue;
            }
            earlier.revision += 1;
            self.revision += 1;
            let Line { product_id, quantity, stocked, .. } = line;
            let out = ItemChange {
                product_id,
                previous_quantity: quantity,
                quantity: 0,
                revision: earlier.revision,
                stocked,
            };
            let into =
                ItemChange { product_id, previous_quantity: 0, quantity, revision: self.revision, stocked };
            self.lines.push(Line { revision: self.revision, ..line });
            moved.push(MovedLine { out, into });
        }
        earlier.lines = kept;
        if self.shipping_address.is_none() {
            self.shipping_address = earlier.shipping_address.clone();
            self.shipping_method = self.shipping_method.take().or_else(|| earlier.shipping_method.clone());
        }
        moved
    }

    /// Keeps nothing of a customer who has no account any more.
    pub fn forget_customer(&mut self) -> Vec<ItemChange> {
        self.shipping_address = None;
        let mut changes = Vec::new();
        if self.status == CartStatus::Open {
            for line in std::mem::take(&mut self.lines) {
                self.revision += 1;
                changes.push(ItemChange {
                    product_id: line.product_id,
                    previous_quantity: line.quantity,
                    quantity: 0,
                    revision: self.revision,
                    stocked: line.stocked,
                });
            }
        }
        changes
    }
}

/// There is no such cart, or it is not the caller's.
pub fn not_found() -> Refusal {
    Refusal::not_found("cart_not_found", "There is no such cart.")
}
