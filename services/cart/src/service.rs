//! The carts' rules as the engine calls them.

use contracts::{Envelope, ProductId, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};

use crate::{
    domain::{Cart, CartProduct, Fact, ProductCopy, cart_product_id},
    events,
    handlers::{checkout, items, prices, shipping},
    message::{Message, Reply},
};

/// The carts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carts;

impl Service for Carts {
    const NAME: ServiceName = ServiceName::Cart;
    type Message = Message;
    type Reply = Reply;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Cart>(), engine::table_of::<CartProduct>(), engine::table_of::<ProductCopy>()]
    }

    fn key(&self, message: &Message) -> Key {
        match message {
            Message::Create { cart_id, .. }
            | Message::AddItem { cart_id, .. }
            | Message::SetItem { cart_id, .. }
            | Message::RevertItem { cart_id, .. }
            | Message::RemoveItem { cart_id, .. }
            | Message::SetShippingAddress { cart_id, .. }
            | Message::SetShippingMethod { cart_id, .. }
            | Message::CheckOut { cart_id, .. }
            | Message::BuyNow { cart_id, .. }
            | Message::Import { cart_id, .. }
            | Message::RefuseOrder { cart_id, .. }
            | Message::RepriceCart { cart_id, .. }
            | Message::OrderSubmitted { cart_id, .. } => Key::from(*cart_id),
            Message::ProductCreated(ProductCopy { product_id, .. })
            | Message::PriceChanged { product_id, .. }
            | Message::RepriceCarts { product_id, .. } => Key::from(*product_id),
        }
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        match message {
            Message::Create { cart_id, .. }
            | Message::SetItem { cart_id, .. }
            | Message::SetShippingAddress { cart_id, .. }
            | Message::SetShippingMethod { cart_id, .. }
            | Message::Import { cart_id, .. }
            | Message::OrderSubmitted { cart_id, .. } => {
                needs.write::<Cart>(*cart_id);
            }
            Message::AddItem { cart_id, product_id, .. } => {
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
            Message::BuyNow { cart_id, product_id, .. } | Message::RepriceCart { cart_id, product_id } => {
                needs.write::<Cart>(*cart_id);
                needs.read::<ProductCopy>(*product_id);
            }
            Message::RefuseOrder { .. } => {}
            Message::ProductCreated(ProductCopy { product_id, .. }) => {
                needs.write::<ProductCopy>(*product_id);
            }
            Message::PriceChanged { product_id, .. } => {
                needs.write::<ProductCopy>(*product_id);
                prices::need_carts(*product_id, None, needs);
            }
            Message::RepriceCarts { product_id, after } => {
                prices::need_carts(*product_id, Some(*after), needs)
            }
        }
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::Create { cart_id, currency } => items::create(*cart_id, *currency, rows, cx),
            Message::AddItem { cart_id, product_id, quantity } => {
                items::add(*cart_id, *product_id, *quantity, rows, cx)
            }
            Message::SetItem { cart_id, product_id, quantity } => {
                items::set(*cart_id, *product_id, *quantity, rows, cx)
            }
            Message::RevertItem { cart_id, change } => items::revert(*cart_id, change, rows, cx),
            Message::RemoveItem { cart_id, product_id } => items::remove(*cart_id, *product_id, rows, cx),
            Message::SetShippingAddress { cart_id, address } => {
                shipping::set_address(*cart_id, address, rows)
            }
            Message::SetShippingMethod { cart_id, method } => shipping::set_method(*cart_id, *method, rows),
            Message::CheckOut { .. } => checkout::check_out(message, rows, cx),
            Message::BuyNow { .. } => checkout::buy_now(message, rows, cx),
            Message::Import { .. } => checkout::import(message, rows, cx),
            Message::RefuseOrder { refusal, .. } => Err(refusal.clone()),
            Message::ProductCreated(product) => Ok(prices::product_created(product, rows)),
            Message::PriceChanged { product_id, price, sequence } => {
                prices::price_changed(*product_id, *price, *sequence, rows, cx)
            }
            Message::RepriceCarts { product_id, after } => {
                prices::tell_carts(*product_id, Some(*after), rows, cx);
                Ok(Reply::Done)
            }
            Message::RepriceCart { cart_id, product_id } => prices::reprice_cart(*cart_id, *product_id, rows),
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
