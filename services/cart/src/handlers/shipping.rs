//! Where and how a cart is sent.

use contracts::{Address, CartId, Refusal};
use engine::Rows;

use super::cart_mut;
use crate::{domain::ShippingMethod, message::Reply};

pub(crate) fn set_address(cart_id: CartId, address: &Address, rows: &mut Rows) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.set_shipping_address(address.clone())?;
    Ok(Reply::Cart(Box::new(cart.clone())))
}

pub(crate) fn set_method(cart_id: CartId, method: ShippingMethod, rows: &mut Rows) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.set_shipping_method(method)?;
    Ok(Reply::Cart(Box::new(cart.clone())))
}
