//! Where and how a cart is sent.

use contracts::{Address, CartId, Refusal};
use engine::Rows;

use super::cart_mut;
use crate::{domain::Pricing, message::Reply};

pub(crate) fn set_address(cart_id: CartId, address: &Address, rows: &mut Rows) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.set_shipping_address(address.clone())?;
    Ok(Reply::Cart(Box::new(cart.clone())))
}

pub(crate) fn set_method(
    pricing: &Pricing,
    cart_id: CartId,
    code: &str,
    rows: &mut Rows,
) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.set_shipping_method(code, pricing)?;
    Ok(Reply::Cart(Box::new(cart.clone())))
}
