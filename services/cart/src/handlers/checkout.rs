//! From a cart to an order: the customer's own cart, one that is bought at once, and one that is imported.

use contracts::{CartId, Money, OrderId, Refusal};
use engine::{Cx, Rows};

use super::{cart_mut, check_unused};
use crate::{
    domain::{
        Cart, CartProduct, CheckoutRequest, Fact, ProductCopy, ShippingMethod, cart_product_id,
        imported_lines, product_not_found,
    },
    message::{Message, Reply},
    service::Carts,
};

pub(crate) fn check_out(
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let Message::CheckOut { cart_id, email, total, payment_method } = message else { return Ok(Reply::Done) };
    let reply = place(cart_mut(rows, *cart_id)?, email, *total, payment_method, cx)?;
    let cart = cart_mut(rows, *cart_id)?;
    let indexed: Vec<_> = cart.lines.iter().map(|line| cart_product_id(*cart_id, line.product_id)).collect();
    for key in indexed {
        rows.remove::<CartProduct>(key);
    }
    Ok(reply)
}

pub(crate) fn buy_now(message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Carts>) -> Result<Reply, Refusal> {
    let Message::BuyNow {
        cart_id,
        product_id,
        quantity,
        email,
        total,
        shipping_address,
        shipping_method,
        payment_method,
    } = message
    else {
        return Ok(Reply::Done);
    };
    check_unused(rows, *cart_id)?;
    let product = rows.get::<ProductCopy>(*product_id).ok_or_else(product_not_found)?;
    let mut cart = Cart::open(*cart_id, product.currency, cx.now());
    cart.add(product, *quantity)?;
    cart.set_shipping_address(shipping_address.clone())?;
    cart.set_shipping_method(*shipping_method)?;
    let reply = place(&mut cart, email, *total, payment_method, cx)?;
    rows.put(cart);
    Ok(reply)
}

pub(crate) fn import(message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Carts>) -> Result<Reply, Refusal> {
    let Message::Import { cart_id, lines, email, shipping_address, payment_method } = message else {
        return Ok(Reply::Done);
    };
    check_unused(rows, *cart_id)?;
    let (currency, lines) = imported_lines(lines)?;
    let mut cart = Cart::open(*cart_id, currency, cx.now());
    cart.lines = lines;
    cart.revision = 1;
    cart.set_shipping_address(shipping_address.clone())?;
    cart.set_shipping_method(ShippingMethod::Included)?;
    // Nobody saw another total than the sum of what the lines state.
    let total = cart.total();
    let reply = place(&mut cart, email, total, payment_method, cx)?;
    rows.put(cart);
    Ok(reply)
}

/// Ordering has the order: the cart holds nothing any more. Its units are the order's, so nothing is released.
pub(crate) fn empty(cart_id: CartId, order_id: OrderId, rows: &mut Rows) -> Reply {
    let is_its_order = rows.get::<Cart>(cart_id).is_some_and(|cart| cart.order_id == Some(order_id));
    if !is_its_order {
        tracing::debug!(%cart_id, %order_id, "an order says that it came from a cart that knows nothing of it");
        return Reply::Done;
    }
    if let Some(cart) = rows.get_mut::<Cart>(cart_id) {
        cart.empty(order_id);
    }
    Reply::Done
}

/// Checks a cart out as a new order, to which all that follows belongs.
fn place(
    cart: &mut Cart,
    email: &str,
    total: Money,
    payment_method: &str,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let order_id = OrderId(cx.new_id());
    cx.correlate(order_id);
    let checked_out =
        cart.check_out(&CheckoutRequest { order_id, email, total, payment_method }, cx.now())?;
    let (cart_id, total) = (checked_out.cart_id, checked_out.total);
    cx.publish::<Cart>(cart_id, Fact::CheckedOut(Box::new(checked_out)));
    Ok(Reply::CheckedOut { cart_id, order_id, total })
}
