//! From a cart to an order: the customer's own cart, one that is bought at once, and one that is imported.

use contracts::{CartId, CustomerId, Money, OrderId, Refusal};
use engine::{Cx, Rows};

use super::{cart_mut, check_unused};
use crate::{
    domain::{
        Cart, CartProduct, CheckoutRequest, Fact, INCLUDED, Pricing, ProductCopy, cart_product_id,
        imported_lines, product_not_found,
    },
    message::{Message, Reply},
    service::Carts,
};

pub(crate) fn check_out(
    pricing: &Pricing,
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let Message::CheckOut { cart_id, customer_id, email, total, payment_method } = message else {
        return Ok(Reply::Done);
    };
    let wish = Wish { customer_id: *customer_id, email, total: *total, payment_method };
    let reply = place(cart_mut(rows, *cart_id)?, &wish, pricing, cx)?;
    let cart = cart_mut(rows, *cart_id)?;
    let indexed: Vec<_> = cart.lines.iter().map(|line| cart_product_id(*cart_id, line.product_id)).collect();
    for key in indexed {
        rows.remove::<CartProduct>(key);
    }
    Ok(reply)
}

pub(crate) fn buy_now(
    pricing: &Pricing,
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let Message::BuyNow {
        cart_id,
        product_id,
        quantity,
        customer_id,
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
    cart.set_shipping_method(shipping_method, pricing)?;
    let wish = Wish { customer_id: *customer_id, email, total: *total, payment_method };
    let reply = place(&mut cart, &wish, pricing, cx)?;
    rows.put(cart);
    Ok(reply)
}

pub(crate) fn import(
    pricing: &Pricing,
    message: &Message,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let Message::Import { cart_id, customer_id, lines, email, shipping_address, payment_method } = message
    else {
        return Ok(Reply::Done);
    };
    check_unused(rows, *cart_id)?;
    let (currency, lines) = imported_lines(lines)?;
    let mut cart = Cart::open(*cart_id, currency, cx.now());
    cart.lines = lines;
    cart.revision = 1;
    cart.set_shipping_address(shipping_address.clone())?;
    cart.shipping_method = Some(INCLUDED.to_owned());
    // Nobody saw another total than the sum of what the lines state.
    let wish = Wish { customer_id: *customer_id, email, total: pricing.amounts(&cart).total, payment_method };
    let reply = place(&mut cart, &wish, pricing, cx)?;
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

/// What a customer says at checkout, in whichever way the order comes.
struct Wish<'a> {
    customer_id: Option<CustomerId>,
    email: &'a str,
    total: Money,
    payment_method: &'a str,
}

/// Checks a cart out as a new order, to which all that follows belongs.
fn place(
    cart: &mut Cart,
    wish: &Wish<'_>,
    pricing: &Pricing,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let order_id = OrderId(cx.new_id());
    cx.correlate(order_id);
    let &Wish { customer_id, email, total, payment_method } = wish;
    let request = CheckoutRequest { order_id, customer_id, email, total, payment_method };
    let checked_out = cart.check_out(&request, pricing, cx.now())?;
    let (cart_id, total) = (checked_out.cart_id, checked_out.total);
    cx.publish::<Cart>(cart_id, Fact::CheckedOut(Box::new(checked_out)));
    Ok(Reply::CheckedOut { cart_id, order_id, total })
}
