//! Placing an order at once, and what every order is remembered by.

use cart::domain::{Cart, Pricing, ProductCopy};
use contracts::{CartId, Currency, Money, Refusal, ServiceName, Timestamp};
use engine::CommandKey;
use uuid::Uuid;

use super::{Shopper, Stage, Wish, address};
use crate::{
    ask::{Ask, Reply},
    client::Heard,
    shop::Shop,
};

/// How everything is sent.
pub(super) const SHIPPING: &str = "standard";

/// What a page shows as the total of a cart.
pub(super) fn total_of(cart: &Cart) -> Money {
    Pricing::default().amounts(cart).total
}

/// What a page shows as the total of some units of a product.
fn total_at_once(product: &ProductCopy, quantity: u32) -> Result<Money, Refusal> {
    let mut cart = Cart::open(CartId(Uuid::nil()), Currency::EUR, Timestamp(0));
    cart.add(product, quantity)?;
    cart.set_shipping_address(address())?;
    cart.set_shipping_method(SHIPPING, &Pricing::default())?;
    Ok(total_of(&cart))
}

impl Shopper {
    pub(super) fn ask_for_order(&mut self, shop: &mut Shop) -> Option<(Ask, Option<CommandKey>)> {
        let request = self.request.as_ref()?;
        let &Wish::BuyNow(product_id, quantity) = &request.wish else { return None };
        let key = Some(request.key);
        let hold = |cart_id, quantity, revision| {
            Ask::Inventory(inventory::Message::SetHold { cart_id, product_id, quantity, revision })
        };
        Some(match request.stage.clone() {
            Stage::HoldAtOnce(_) => {
                let cart_id = CartId(shop.new_id());
                if !shop.plan.holds {
                    self.request.as_mut()?.stage = Stage::Place(cart_id);
                    return self.ask_for_order(shop);
                }
                self.request.as_mut()?.stage = Stage::HoldAtOnce(cart_id);
                (hold(cart_id, quantity, 1), None)
            }
            Stage::Place(cart_id) => {
                let product = shop.page::<ProductCopy>(ServiceName::Cart, product_id)?;
                let total = match &request.body {
                    Some(Ask::Cart(cart::Message::BuyNow { total, .. })) => *total,
                    _ => total_at_once(&product, quantity).ok()?,
                };
                let ask = Ask::Cart(cart::Message::BuyNow {
                    cart_id,
                    product_id,
                    quantity,
                    customer_id: self.customer,
                    email: "ada@example.com".into(),
                    total,
                    shipping_address: address(),
                    shipping_method: SHIPPING.into(),
                    payment_method: self.method.clone(),
                });
                self.request.as_mut()?.body = Some(ask.clone());
                (ask, key)
            }
            Stage::Refuse(cart_id, refusal) => {
                (Ask::Cart(cart::Message::RefuseOrder { cart_id, refusal }), key)
            }
            Stage::GiveBack(cart_id) => (hold(cart_id, 0, 2), None),
            _ => return None,
        })
    }

    pub(super) fn hear_of_order(&mut self, stage: Stage, heard: Heard, shop: &mut Shop) {
        let Some(&Wish::BuyNow(product_id, _)) = self.request.as_ref().map(|request| &request.wish) else {
            return self.done();
        };
        match (stage, heard) {
            (Stage::HoldAtOnce(cart_id), Heard::Done(_)) => self.go_on(Stage::Place(cart_id)),
            (Stage::HoldAtOnce(cart_id), Heard::Refused(refusal)) => {
                let product = shop.page::<ProductCopy>(ServiceName::Cart, product_id);
                match product.is_some_and(|product| product.stocked) {
                    true => self.go_on(Stage::Refuse(cart_id, refusal)),
                    false => self.go_on(Stage::Place(cart_id)),
                }
            }
            (Stage::Place(cart_id), Heard::Done(Reply::Cart(reply))) => {
                let placed = self.ordered(&reply, shop);
                match placed == Some(cart_id) || !shop.plan.holds {
                    true => self.done(),
                    false => self.go_on(Stage::GiveBack(cart_id)),
                }
            }
            (Stage::Place(cart_id), Heard::Refused(refusal)) => {
                if refusal.code == "total_changed" && self.tries < 5 {
                    self.tries += 1;
                    self.script.push_front(Wish::BuyNow(product_id, 1));
                }
                match shop.plan.holds {
                    true => self.go_on(Stage::GiveBack(cart_id)),
                    false => self.done(),
                }
            }
            (Stage::Refuse(..), Heard::Done(Reply::Cart(reply))) => {
                self.ordered(&reply, shop);
                self.done();
            }
            _ => self.done(),
        }
    }

    /// The order is the shopper's now, whatever happens; answers its cart.
    pub(super) fn ordered(&mut self, reply: &cart::Reply, shop: &mut Shop) -> Option<CartId> {
        let &cart::Reply::CheckedOut { cart_id, order_id, .. } = reply else { return None };
        shop.acknowledged.orders.insert(order_id, cart_id);
        self.order = Some(order_id);
        Some(cart_id)
    }
}
