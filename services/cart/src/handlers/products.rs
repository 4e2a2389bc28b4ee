//! The copies of products, and how a change reaches the open carts that hold the product.

use contracts::{CartId, ProductId, Refusal};
use engine::{Cx, Key, Needs, Rows, Value};
use uuid::Uuid;

use super::items;
use crate::{
    domain::{Cart, CartProduct, ProductChange, ProductCopy},
    message::{Message, Reply},
    service::Carts,
};

/// How many carts one message tells of a change.
const CHUNK: usize = 100;

pub(crate) fn product_created(product: &ProductCopy, rows: &mut Rows) -> Reply {
    match rows.get::<ProductCopy>(product.product_id) {
        Some(copy) => {
            tracing::debug!(product_id = %copy.product_id, "a product was announced again");
        }
        None => rows.put(product.clone()),
    }
    Reply::Done
}

pub(crate) fn product_changed(
    product_id: ProductId,
    change: &ProductChange,
    sequence: i64,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let Some(mut copy) = rows.get::<ProductCopy>(product_id).cloned() else {
        return Err(Refusal::early(format!("the product {product_id} is not known yet")));
    };
    if !copy.apply(change, sequence) {
        tracing::debug!(%product_id, sequence, "a change came late");
        return Ok(Reply::Done);
    }
    rows.put(copy);
    tell_carts(product_id, None, rows, cx);
    Ok(Reply::Done)
}

/// Asks for the next rows of the index.
pub(crate) fn need_carts(product_id: ProductId, after: Option<Uuid>, needs: &mut Needs<'_>) {
    needs.write_all::<CartProduct>("product_id", product_id.0, after.map(Key::from), CHUNK);
}

/// One message to each of the next carts, and one to go on after them.
pub(crate) fn tell_carts(product_id: ProductId, after: Option<Uuid>, rows: &Rows, cx: &mut Cx<'_, Carts>) {
    let now = cx.now();
    // Rows that other messages of the batch have loaded may be here too, and are past the chunk or in it: taking the first of
    // all of them leaves none out.
    let holding = rows.matching::<CartProduct>("product_id", &Value::from(product_id.0));
    let next: Vec<&CartProduct> =
        holding.into_iter().filter(|row| Some(row.id) > after).take(CHUNK).collect();
    for row in &next {
        let message = Message::RefreshCart { cart_id: row.cart_id, product_id };
        cx.schedule(row.cart_id, format!("refresh {product_id}"), now, message);
    }
    if let Some(last) = next.last().filter(|_| next.len() == CHUNK) {
        let message = Message::RefreshCarts { product_id, after: last.id };
        cx.schedule(product_id, "refresh", now, message);
    }
}

/// The cart takes over what the copy says by now, so that it does not matter which message of which change comes last.
pub(crate) fn refresh_cart(
    cart_id: CartId,
    product_id: ProductId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Carts>,
) -> Result<Reply, Refusal> {
    let (Some(cart), Some(product)) = (rows.get::<Cart>(cart_id), rows.get::<ProductCopy>(product_id)) else {
        return Ok(Reply::Done);
    };
    let mut refreshed = cart.clone();
    let gone = refreshed.refresh(&product.clone())?;
    if refreshed.revision != cart.revision {
        rows.put(refreshed);
    }
    if let Some(change) = gone {
        items::follow(cart_id, change, rows, cx);
    }
    Ok(Reply::Done)
}
