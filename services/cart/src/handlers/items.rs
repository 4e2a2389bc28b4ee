//! Opening a cart, and putting things in and out.

use contracts::{CartId, Currency, ProductId, Refusal};
use engine::{Cx, Rows};

use super::{cart_mut, check_unused};
use crate::{
    domain::{Cart, CartProduct, Fact, ItemChange, ProductCopy, cart_product_id, product_not_found},
    message::Reply,
    service::Carts,
};

pub(crate) fn create(
    cart_id: CartId,
    currency: Currency,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    check_unused(rows, cart_id)?;
    let cart = Cart::open(cart_id, currency, cx.now());
    rows.put(cart.clone());
    cx.publish::<Cart>(cart_id, Fact::Created(cart_id));
    Ok(Reply::Cart(Box::new(cart)))
}

pub(crate) fn add(
    cart_id: CartId,
    product_id: ProductId,
    quantity: u32,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let product = rows.get::<ProductCopy>(product_id).cloned().ok_or_else(product_not_found)?;
    let cart = cart_mut(rows, cart_id)?;
    let change = cart.add(&product, quantity)?;
    let reply = Reply::Item(Box::new(cart.clone()), Some(change));
    follow(cart_id, change, rows, cx);
    Ok(reply)
}

pub(crate) fn set(
    cart_id: CartId,
    product_id: ProductId,
    quantity: u32,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    change(cart_id, rows, cx, |cart| cart.set_quantity(product_id, quantity))
}

pub(crate) fn remove(
    cart_id: CartId,
    product_id: ProductId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    change(cart_id, rows, cx, |cart| cart.remove(product_id))
}

pub(crate) fn revert(
    cart_id: CartId,
    refused: &ItemChange,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    change(cart_id, rows, cx, |cart| cart.revert(refused))
}

pub(crate) fn touch(cart_id: CartId, rows: &mut Rows) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.touch()?;
    Ok(Reply::Cart(Box::new(cart.clone())))
}

/// Lets the domain change a cart's line, and does what follows from the change.
fn change(
    cart_id: CartId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
    decide: impl FnOnce(&mut Cart) -> Result<Option<ItemChange>, Refusal>,
) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    let change = decide(cart)?;
    let reply = Reply::Item(Box::new(cart.clone()), change);
    if let Some(change) = change {
        follow(cart_id, change, rows, cx);
    }
    Ok(reply)
}

/// Keeps the index in step with a line, and announces the change.
pub(super) fn follow(cart_id: CartId, change: ItemChange, rows: &mut Rows, cx: &mut Cx<'_, Carts>) {
    if change.previous_quantity == 0 {
        rows.put(CartProduct::of(cart_id, change.product_id));
    }
    if change.quantity == 0 {
        rows.remove::<CartProduct>(cart_product_id(cart_id, change.product_id));
    }
    cx.publish::<Cart>(cart_id, Fact::ItemChanged(cart_id, change));
}
