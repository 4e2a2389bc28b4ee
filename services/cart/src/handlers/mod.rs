//! Decisions on rows: each takes the rows of its message, lets the domain decide, and says what follows.

pub(crate) mod checkout;
pub(crate) mod items;
pub(crate) mod ownership;
pub(crate) mod products;
pub(crate) mod shipping;

use contracts::{CartId, Refusal};
use engine::Rows;

use crate::domain::{Cart, cart_not_found};

/// The cart of a command, to change it.
fn cart_mut(rows: &mut Rows, cart_id: CartId) -> Result<&mut Cart, Refusal> {
    rows.get_mut::<Cart>(cart_id).ok_or_else(cart_not_found)
}

/// A new cart's id must be new.
fn check_unused(rows: &Rows, cart_id: CartId) -> Result<(), Refusal> {
    if rows.get::<Cart>(cart_id).is_none() {
        return Ok(());
    }
    Err(Refusal::conflict("cart_exists", "There is a cart with this id already."))
}
