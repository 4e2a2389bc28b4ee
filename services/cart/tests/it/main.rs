//! The carts' rules on the engine's own unit of work.

mod checkout;
mod import;
mod items;
mod order_submitted;
mod ownership;
mod pricing;
mod products;
mod repricing;
mod totals;

use std::sync::Arc;

use bus::Logged;
use cart::{
    Carts, Message, Reply,
    domain::{Cart, CartProduct, ItemChange, Pricing},
};
use contracts::{
    Address, CartId, Currency, Money, OrderId, ProductId, Refusal, ServiceName, TaxClass,
    events::catalog::{ProductCreated, ProductPriceChanged},
};
use engine::harness::{Fate, Harness};

fn euro(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn address() -> Address {
    Address {
        name: "Ada Lovelace".to_owned(),
        street: "12 St James's Square".to_owned(),
        postal_code: "SW1Y 4JH".to_owned(),
        city: "London".to_owned(),
        country: "GB".to_owned(),
    }
}

/// The carts of a shop, with what its customers do.
struct Shop {
    harness: Harness<Carts>,
}

impl Shop {
    fn new() -> Self {
        Self::with(Pricing::default())
    }

    fn with(pricing: Pricing) -> Self {
        Self { harness: Harness::new(Carts::new(pricing)) }
    }

    /// A product that the catalogue has announced.
    fn product(&mut self, price: Money) -> ProductId {
        let product = self.unannounced(price);
        assert_eq!(self.harness.deliver(&product.1), Fate::Handled);
        product.0
    }

    /// A product whose announcement is still on its way.
    fn unannounced(&mut self, price: Money) -> (ProductId, Arc<Logged>) {
        self.announcement(price, 250, TaxClass::Standard)
    }

    fn announcement(
        &mut self,
        price: Money,
        weight_grams: u32,
        tax_class: TaxClass,
    ) -> (ProductId, Arc<Logged>) {
        let product_id: ProductId = self.harness.new_id().into();
        let name = "Mug".to_owned();
        let event = ProductCreated { product_id, name, price, weight_grams, stocked: true, tax_class };
        (product_id, self.harness.make_event(ServiceName::Catalog, product_id, &event))
    }

    fn price_change(&mut self, product_id: ProductId, price: Money) -> Arc<Logged> {
        let event = ProductPriceChanged { product_id, price, previous_price: euro(1) };
        self.harness.make_event(ServiceName::Catalog, product_id, &event)
    }

    fn open(&mut self) -> CartId {
        let cart_id = self.harness.new_id().into();
        self.harness.command(Message::Create { cart_id, currency: Currency::EUR }).expect("opened");
        cart_id
    }

    fn item(&mut self, message: Message) -> Result<(Cart, Option<ItemChange>), Refusal> {
        match self.harness.command(message)? {
            Reply::Item(cart, change) => Ok((*cart, change)),
            other => panic!("an item's reply, not {other:?}"),
        }
    }

    fn add(&mut self, cart_id: CartId, product_id: ProductId, quantity: u32) -> Result<ItemChange, Refusal> {
        let (_, change) = self.item(Message::AddItem { cart_id, product_id, quantity })?;
        Ok(change.expect("an addition changes the cart"))
    }

    /// A cart with one unit of a product, ready to be checked out.
    fn filled(&mut self, product_id: ProductId) -> CartId {
        let cart_id = self.open();
        self.add(cart_id, product_id, 1).expect("added");
        self.harness
            .command(Message::SetShippingAddress { cart_id, address: address() })
            .expect("an address");
        self.ship(cart_id, "standard").expect("a method");
        cart_id
    }

    fn check_out(&mut self, cart_id: CartId, total: Money) -> Result<OrderId, Refusal> {
        let (email, payment_method) = ("ada@example.com".to_owned(), "pm_mock_approve".to_owned());
        match self.harness.command(Message::CheckOut {
            cart_id,
            customer_id: None,
            email,
            total,
            payment_method,
        })? {
            Reply::CheckedOut { order_id, .. } => Ok(order_id),
            other => panic!("a checkout's reply, not {other:?}"),
        }
    }

    fn ship(&mut self, cart_id: CartId, code: &str) -> Result<(), Refusal> {
        self.harness.command(Message::SetShippingMethod { cart_id, code: code.to_owned() }).map(drop)
    }

    /// What a cart costs by the settings of a new shop.
    fn total(&mut self, cart_id: CartId) -> Money {
        Pricing::default().amounts(&self.cart(cart_id)).total
    }

    fn cart(&mut self, cart_id: CartId) -> Cart {
        self.harness.row(cart_id).expect("the cart is there")
    }

    /// How many carts the index names.
    fn indexed(&mut self) -> usize {
        self.harness.rows::<CartProduct>().len()
    }
}
