//! The carts' rules as the engine calls them.

use contracts::{Envelope, ProductId, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};

use crate::{
    domain::{Cart, CartProduct, CurrentCart, Fact, Pricing, ProductCopy, cart_product_id},
    events,
    handlers::{checkout, items, ownership, products, shipping},
    message::{Message, Reply},
};

/// The carts.
#[derive(Clone, Debug, Default)]
pub struct Carts {
    pricing: Pricing,
}

impl Carts {
    /// Carts that cost what these settings say.
    pub fn new(pricing: Pricing) -> Self {
        Self { pricing }
    }

    /// Shipping options and tax rates.
    pub(crate) fn pricing(&self) -> &Pricing {
        &self.pricing
    }
}

impl Service for Carts {
    const NAME: ServiceName = ServiceName::Cart;
    type Message = Message;
    type Reply = Reply;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![
            engine::table_of::<Cart>(),
            engine::table_of::<CartProduct>(),
            engine::table_of::<ProductCopy>(),
            engine::table_of::<CurrentCart>(),
        ]
    }

    fn key(&self, message: &Message) -> Key {
        match message {
            Message::ProductCreated(ProductCopy { product_id, .. })
            | Message::ProductChanged { product_id, .. }
            | Message::RefreshCarts { product_id, .. } => Key::from(*product_id),
            Message::ForgetCustomer { customer_id, .. } => Key::from(*customer_id),
            of_cart => of_cart.cart_id().map_or_else(|| Key::from(""), Key::from),
        }
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        match message {
            Message::From { caller, command } => {
                if let (Some(customer_id), Message::Create { .. }) = (caller, &**command) {
                    needs.write::<CurrentCart>(*customer_id);
                }
                self.needs(command, needs);
            }
            Message::Claim { cart_id, customer_id } => ownership::need_both(*cart_id, *customer_id, needs),
            Message::ForgetCustomer { customer_id, after } => {
                ownership::need_carts_of(*customer_id, *after, needs);
            }
            Message::Create { cart_id, .. }
            | Message::SetItem { cart_id, .. }
            | Message::Touch { cart_id }
            | Message::SetShippingAddress { cart_id, .. }
            | Message::SetShippingMethod { cart_id, .. }
            | Message::Import { cart_id, .. }
            | Message::OrderSubmitted { cart_id, .. } => {
                needs.write::<Cart>(*cart_id);
            }
            Message::AddItem { cart_id, product_id, .. } | Message::RefreshCart { cart_id, product_id } => {
                needs.write::<Cart>(*cart_id);
                needs.read::<ProductCopy>(*product_id);
                needs.write::<CartProduct>(cart_product_id(*cart_id, *product_id));
            }
            Message::RemoveItem { cart_id, product_id }
            | Message::RevertItem { cart_id, change: crate::domain::ItemChange { product_id, .. } } => {
                needs.write::<Cart>(*cart_id);
                needs.write::<CartProduct>(cart_product_id(*cart_id, *product_id));
            }
            Message::CheckOut { cart_id, .. } => {
                let lines =
                    needs.write::<Cart>(*cart_id).map(|cart| cart.lines.as_slice()).unwrap_or_default();
                let products: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
                for product_id in products {
                    needs.write::<CartProduct>(cart_product_id(*cart_id, product_id));
                }
            }
            Message::BuyNow { cart_id, product_id, .. } => {
                needs.write::<Cart>(*cart_id);
                needs.read::<ProductCopy>(*product_id);
            }
            Message::RefuseOrder { .. } => {}
            Message::ProductCreated(ProductCopy { product_id, .. }) => {
                needs.write::<ProductCopy>(*product_id);
            }
            Message::ProductChanged { product_id, .. } => {
                needs.write::<ProductCopy>(*product_id);
                products::need_carts(*product_id, None, needs);
            }
            Message::RefreshCarts { product_id, after } => {
                products::need_carts(*product_id, Some(*after), needs)
            }
        }
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::From { caller, command } => {
                ownership::check_caller(command, *caller, rows)?;
                match (caller, &**command) {
                    (Some(customer_id), Message::Create { cart_id, currency }) => {
                        items::create(*cart_id, *currency, rows, cx)?;
                        ownership::own(*cart_id, *customer_id, rows)
                    }
                    (_, Message::Claim { cart_id, customer_id }) => {
                        ownership::claim(*cart_id, *customer_id, rows, cx)
                    }
                    _ => self.handle(command, rows, cx),
                }
            }
            Message::Claim { cart_id, customer_id } => {
                // Whoever logs in may name any cart: one that is gone, or another's, is simply not claimed.
                Ok(ownership::claim(*cart_id, *customer_id, rows, cx).unwrap_or(Reply::Done))
            }
            Message::ForgetCustomer { customer_id, after } => {
                Ok(ownership::forget(*customer_id, *after, rows, cx))
            }
            Message::Create { cart_id, currency } => items::create(*cart_id, *currency, rows, cx),
            Message::AddItem { cart_id, product_id, quantity } => {
                items::add(*cart_id, *product_id, *quantity, rows, cx)
            }
            Message::SetItem { cart_id, product_id, quantity } => {
                items::set(*cart_id, *product_id, *quantity, rows, cx)
            }
            Message::RevertItem { cart_id, change } => items::revert(*cart_id, change, rows, cx),
            Message::RemoveItem { cart_id, product_id } => items::remove(*cart_id, *product_id, rows, cx),
            Message::Touch { cart_id } => items::touch(*cart_id, rows),
            Message::SetShippingAddress { cart_id, address } => {
                shipping::set_address(*cart_id, address, rows)
            }
            Message::SetShippingMethod { cart_id, code } => {
                shipping::set_method(&self.pricing, *cart_id, code, rows)
            }
            Message::CheckOut { .. } => checkout::check_out(&self.pricing, message, rows, cx),
            Message::BuyNow { .. } => checkout::buy_now(&self.pricing, message, rows, cx),
            Message::Import { .. } => checkout::import(&self.pricing, message, rows, cx),
            Message::RefuseOrder { refusal, .. } => Err(refusal.clone()),
            Message::ProductCreated(product) => Ok(products::product_created(product, rows)),
            Message::ProductChanged { product_id, change, sequence } => {
                products::product_changed(*product_id, change, *sequence, rows, cx)
            }
            Message::RefreshCarts { product_id, after } => {
                products::tell_carts(*product_id, Some(*after), rows, cx);
                Ok(Reply::Done)
            }
            Message::RefreshCart { cart_id, product_id } => {
                products::refresh_cart(*cart_id, *product_id, rows, cx)
            }
            Message::OrderSubmitted { cart_id, order_id } => Ok(checkout::empty(*cart_id, *order_id, rows)),
        }
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::SUBSCRIPTIONS
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        events::receive(event)
    }

    fn publish(&self, fact: Fact) -> Publication {
        events::publish(fact)
    }

    fn effect_ended(&self, request: NoEffect, _response: NoEffect) -> Message {
        match request {}
    }
}
