//! Carts: they cost what the catalogue says, and what is held is what is in them.

use std::collections::BTreeMap;

use cart::domain::{Cart, CartStatus, ProductCopy};
use catalog::domain::{Product, ProductStatus};
use contracts::{CartId, ProductId, ServiceName};
use engine::Clock;
use inventory::Hold;

use super::{Violation, hold};
use crate::world::World;

/// The copies of products, and the lines of open carts, are as the catalogue has them.
pub(super) fn carts_have_the_prices(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "carts_have_the_prices";
    let shop = &world.shop;
    let products: BTreeMap<ProductId, Product> = shop
        .all::<Product>(ServiceName::Catalog)
        .into_iter()
        .map(|product| (product.product_id, product))
        .collect();
    for product in products.values() {
        let copy = shop.page::<ProductCopy>(ServiceName::Cart, product.product_id);
        let is_sold = product.status != ProductStatus::Deleted;
        let is_like = copy.as_ref().is_some_and(|copy| {
            copy.sold == is_sold
                && (!is_sold || (copy.price() == product.price() && copy.name == product.name))
        });
        hold(is_like, || {
            let message = format!("the copy {copy:?} is not {product:?}");
            Violation::new(RULE, message).about(product.product_id)
        })?;
    }
    for cart in shop.all::<Cart>(ServiceName::Cart) {
        let wrong = cart.lines.iter().filter(|_| cart.status == CartStatus::Open).find(|line| {
            let product = products.get(&line.product_id);
            let sold = product.filter(|product| product.status != ProductStatus::Deleted);
            let total = line.unit_price_amount * i64::from(line.quantity);
            sold.is_none_or(|product| product.price_amount != line.unit_price_amount)
                || line.total_amount != total
        });
        hold(wrong.is_none(), || {
            let message = format!("open cart {} has {wrong:?}, which is not the catalogue's", cart.cart_id);
            Violation::new(RULE, message).about(cart.cart_id)
        })?;
    }
    Ok(())
}

/// Of what is held for an open cart nothing is more than is in it, and nothing that was told to be held is missing before its time.
pub(super) fn holds_are_the_carts(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "holds_are_the_carts";
    let shop = &world.shop;
    let carts: BTreeMap<CartId, Cart> =
        shop.all::<Cart>(ServiceName::Cart).into_iter().map(|cart| (cart.cart_id, cart)).collect();
    let now = shop.nodes[ServiceName::Inventory as usize].clock().now();
    let hold_time_us = i64::try_from(shop.plan.hold_time_ms).unwrap_or(i64::MAX) * 1_000;
    for held in shop.all::<Hold>(ServiceName::Inventory) {
        // A cart that is not there is one that somebody was about to order at once; its hold ends by itself.
        let Some(cart) = carts.get(&held.cart_id) else { continue };
        let is_open = cart.status == CartStatus::Open;
        for line in &held.lines {
            let wanted = cart.line(line.product_id).map_or(0, |line| line.quantity);
            let told = shop.acknowledged.held.get(&(cart.cart_id, line.product_id));
            let told = told.filter(|told| is_open && now.micros_since(told.since) < hold_time_us);
            let least = told.map_or(0, |told| told.quantity.min(wanted));
            let fits = is_open && (least..=wanted).contains(&line.quantity);
            hold(fits, || {
                let message = format!("{line:?} is held for {cart:?}, whose customer was told {told:?}");
                Violation::new(RULE, message).about(cart.cart_id)
            })?;
        }
    }
    Ok(())
}
