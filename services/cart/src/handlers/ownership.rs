//! Whose a cart is.

use contracts::{CartId, CustomerId, Refusal};
use engine::{Cx, Key, Needs, Rows};

use super::{cart_mut, items::follow};
use crate::{
    domain::{Cart, CartProduct, CurrentCart, ItemChange, cart_not_found, cart_product_id},
    message::{Message, Reply},
    service::Carts,
};

/// How many carts of a customer are emptied in one decision.
const FORGOTTEN_AT_ONCE: usize = 50;

/// Lets a command through to a cart that is open to its caller.
pub(crate) fn check_caller(
    message: &Message,
    caller: Option<CustomerId>,
    rows: &Rows,
) -> Result<(), Refusal> {
    let Some(cart_id) = message.cart_id() else { return Ok(()) };
    match rows.get::<Cart>(cart_id) {
        Some(cart) if !cart.is_open_to(caller) => Err(cart_not_found()),
        _ => Ok(()),
    }
}

/// Both carts, and the lines that may move.
pub(crate) fn need_both(cart_id: CartId, customer_id: CustomerId, needs: &mut Needs<'_>) {
    needs.write::<Cart>(cart_id);
    let earlier = needs.write::<CurrentCart>(customer_id).map(|current| current.cart_id);
    let Some(earlier) = earlier.filter(|earlier| *earlier != cart_id) else { return };
    let lines = needs.write::<Cart>(earlier).map(|cart| cart.lines.as_slice()).unwrap_or_default();
    let products: Vec<_> = lines.iter().map(|line| line.product_id).collect();
    for product in products {
        needs.write::<CartProduct>(cart_product_id(cart_id, product));
        needs.write::<CartProduct>(cart_product_id(earlier, product));
    }
}

/// What a customer opens is the customer's, and its current cart.
pub(crate) fn own(cart_id: CartId, customer_id: CustomerId, rows: &mut Rows) -> Result<Reply, Refusal> {
    let cart = cart_mut(rows, cart_id)?;
    cart.claim(customer_id)?;
    let reply = Reply::Cart(Box::new(cart.clone()));
    rows.put(CurrentCart { customer_id, cart_id });
    Ok(reply)
}

/// A guest has logged in with this cart: it is the customer's current one from now on.
pub(crate) fn claim(
    cart_id: CartId,
    customer_id: CustomerId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    cart_mut(rows, cart_id)?.claim(customer_id)?;
    let earlier = rows.get::<CurrentCart>(customer_id).map(|current| current.cart_id);
    if let Some(earlier_id) = earlier.filter(|earlier| *earlier != cart_id)
        && let Some(mut earlier) = rows.get::<Cart>(earlier_id).cloned()
    {
        let moved = cart_mut(rows, cart_id)?.take_over(&mut earlier);
        if !moved.is_empty() {
            rows.put(earlier);
        }
        for line in moved {
            follow(earlier_id, line.out, rows, cx);
            follow(cart_id, line.into, rows, cx);
        }
    }
    rows.put(CurrentCart { customer_id, cart_id });
    Ok(Reply::Cart(Box::new(cart_mut(rows, cart_id)?.clone())))
}

/// The carts that a customer who has no account any more has had, from the first one past `after`.
pub(crate) fn need_carts_of(customer_id: CustomerId, after: Option<CartId>, needs: &mut Needs<'_>) {
    needs.write::<CurrentCart>(customer_id);
    needs.write_all::<Cart>("customer_id", customer_id.0, after.map(Key::from), FORGOTTEN_AT_ONCE);
    let carts = needs.matching::<Cart>("customer_id", &customer_id.0.into());
    let lines = carts.iter().flat_map(|cart| cart.lines.iter().map(|line| (cart.cart_id, line.product_id)));
    for (cart_id, product_id) in lines.collect::<Vec<_>>() {
        needs.write::<CartProduct>(cart_product_id(cart_id, product_id));
    }
}

/// Empties them.
pub(crate) fn forget(
    customer_id: CustomerId,
    after: Option<CartId>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Reply {
    rows.remove::<CurrentCart>(customer_id);
    let carts = rows.matching::<Cart>("customer_id", &customer_id.0.into());
    let carts: Vec<Cart> = carts.into_iter().filter(|cart| Some(cart.cart_id) > after).cloned().collect();
    let last = carts.last().filter(|_| carts.len() >= FORGOTTEN_AT_ONCE).map(|cart| cart.cart_id);
    for mut cart in carts {
        let (cart_id, changes) = (cart.cart_id, cart.forget_customer());
        rows.put(cart);
        changes.into_iter().for_each(|change: ItemChange| follow(cart_id, change, rows, cx));
    }
    if let Some(after) = last {
        let next = Message::ForgetCustomer { customer_id, after: Some(after) };
        cx.schedule(customer_id, "forget_customer", cx.now(), next);
    }
    Reply::Done
}
