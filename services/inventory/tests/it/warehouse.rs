//! An inventory under test, and the words its tests are written in.

use std::{sync::Arc, time::Duration};

use bus::Logged;
use contracts::{
    Address, CartId, Currency, Money, OrderId, ProductId, Refusal, ServiceName, TaxClass,
    events::{
        cart::{CartCheckedOut, CartItemRemoved, OrderLine},
        catalog::ProductCreated,
        ordering::{CancelReason, OrderAwaitingValidation, OrderCancelled, OrderPaid, StockLine},
    },
};
use engine::harness::{Fate, Harness};
use inventory::{
    AdjustmentReason, Allocation, AllocationStatus, Change, Config, Hold, Inventory, Level, Message,
    Movement, Reply, Stock, WantedChange,
};

/// The services that inventory listens to.
pub const SOURCES: [ServiceName; 3] = [ServiceName::Catalog, ServiceName::Cart, ServiceName::Ordering];

/// How long holds last in these tests.
pub const HOLD_TIME: Duration = Duration::from_secs(60);

/// The types of the events that say what became of an order.
pub const CONFIRMED: &str = "inventory.order_confirmed.v1";
pub const REJECTED: &str = "inventory.order_rejected.v1";
pub const CREATED: &str = "inventory.created.v1";
pub const UPDATED: &str = "inventory.updated.v1";
pub const LOW: &str = "inventory.low_stock.v1";

/// Products and their quantities.
pub type Wanted<'a> = &'a [(ProductId, u32)];

pub struct Warehouse {
    pub harness: Harness<Inventory>,
}

impl Warehouse {
    /// Its stock is never low.
    pub fn new() -> Self {
        Self::low_below(0)
    }

    /// Stock is low below so many available units.
    pub fn low_below(threshold: u32) -> Self {
        let config = Config { hold_time_ms: HOLD_TIME.as_millis() as u64, low_stock_threshold: threshold };
        Self { harness: Harness::new(Inventory::new(&config)) }
    }

    /// A product with so many units on hand.
    pub fn product(&mut self, on_hand: i64) -> ProductId {
        let product = ProductId(self.harness.new_id());
        self.adjust(product, on_hand).expect("stock can be received");
        self.harness.published();
        product
    }

    pub fn cart(&mut self) -> CartId {
        CartId(self.harness.new_id())
    }

    pub fn order(&mut self) -> OrderId {
        OrderId(self.harness.new_id())
    }

    pub fn adjust(&mut self, product_id: ProductId, delta: i64) -> Result<Vec<Level>, Refusal> {
        self.adjust_all(&[(product_id, delta)])
    }

    pub fn adjust_all(&mut self, changes: &[(ProductId, i64)]) -> Result<Vec<Level>, Refusal> {
        let adjustment_id = self.harness.new_id();
        let changes = changes
            .iter()
            .map(|&(product_id, delta)| WantedChange { product_id, change: Change::By(delta) })
            .collect();
        let reason = AdjustmentReason::Received;
        let message = Message::AdjustStock { adjustment_id, reason, note: None, changes };
        match self.harness.command(message)? {
            Reply::Adjusted(levels) => Ok(levels),
            other => panic!("an adjustment is answered with levels, not {other:?}"),
        }
    }

    pub fn hold(
        &mut self,
        cart_id: CartId,
        product_id: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Result<(), Refusal> {
        self.harness.command(Message::SetHold { cart_id, product_id, quantity, revision }).map(drop)
    }

    pub fn product_created(&mut self, product_id: ProductId, stocked: bool) -> Arc<Logged> {
        let price = Money::new(1_999, Currency::EUR);
        let (name, tax_class) = ("Lamp".into(), TaxClass::Standard);
        let event = ProductCreated { product_id, name, price, weight_grams: 400, stocked, tax_class };
        self.harness.make_event(ServiceName::Catalog, product_id, &event)
    }

    pub fn item_removed(
        &mut self,
        cart_id: CartId,
        product_id: ProductId,
        quantity: u32,
        revision: i64,
    ) -> Arc<Logged> {
        let event = CartItemRemoved { cart_id, product_id, quantity, revision };
        self.harness.make_event(ServiceName::Cart, cart_id, &event)
    }

    pub fn checked_out(&mut self, order_id: OrderId, cart_id: CartId, wanted: Wanted<'_>) -> Arc<Logged> {
        let nothing = Money::zero(Currency::EUR);
        let line = |&(product_id, quantity): &(ProductId, u32)| OrderLine {
            product_id,
            name: "Lamp".into(),
            quantity,
            unit_price: nothing,
            line_total: nothing,
            tax_rate_bp: 0,
            stocked: true,
        };
        let event = CartCheckedOut {
            cart_id,
            revision: 100,
            order_id,
            customer_id: None,
            email: "ada@example.org".into(),
            shipping_address: address(),
            shipping_method: "standard".into(),
            shipping_price: nothing,
            payment_method: "pm_mock_approve".into(),
            lines: wanted.iter().map(line).collect(),
            tax: nothing,
            prices_include_tax: true,
            total: nothing,
        };
        self.harness.make_event(ServiceName::Cart, cart_id, &event)
    }

    pub fn awaiting_validation(
        &mut self,
        order_id: OrderId,
        cart_id: CartId,
        wanted: Wanted<'_>,
    ) -> Arc<Logged> {
        let event = OrderAwaitingValidation { order_id, cart_id, lines: stock_lines(wanted) };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    pub fn paid(&mut self, order_id: OrderId, wanted: Wanted<'_>) -> Arc<Logged> {
        let event = OrderPaid {
            order_id,
            total: Money::new(1_999, Currency::EUR),
            lines: stock_lines(wanted),
            shipping_address: address(),
            shipping_method: "standard".into(),
        };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    pub fn cancelled(&mut self, order_id: OrderId, cart_id: CartId, was_paid: bool) -> Arc<Logged> {
        let event = OrderCancelled { order_id, cart_id, reason: CancelReason::Customer, was_paid };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    /// Delivers an event that must be handled.
    pub fn deliver(&mut self, event: &Arc<Logged>) {
        assert_eq!(self.harness.deliver(event), Fate::Handled);
    }

    /// Delivers an event once more, after it has been handled.
    pub fn deliver_again(&mut self, event: &Arc<Logged>) {
        let before = self.all_rows();
        self.harness.published();
        assert_eq!(self.harness.deliver(event), Fate::Skipped);
        assert_eq!(before, self.all_rows());
        assert_eq!(self.harness.published(), []);
    }

    fn all_rows(&mut self) -> (Vec<Stock>, Vec<Allocation>, Vec<Hold>, Vec<Movement>) {
        let harness = &mut self.harness;
        (harness.rows(), harness.rows(), harness.rows(), harness.rows())
    }

    /// A product's movements, oldest first, as the chain from its stock has them.
    pub fn movements(&mut self, product_id: ProductId) -> Vec<Movement> {
        let mut next = self.harness.row::<Stock>(product_id).and_then(|stock| stock.last_movement);
        let mut movements = Vec::new();
        while let Some(id) = next {
            let movement: Movement = self.harness.row(id).expect("a chain has no holes");
            next = movement.previous;
            movements.insert(0, movement);
        }
        movements
    }

    /// An order that was checked out without a hold, and confirmed.
    pub fn confirmed_order(&mut self, wanted: Wanted<'_>) -> (OrderId, CartId) {
        let (order, cart) = (self.order(), self.cart());
        let event = self.awaiting_validation(order, cart, wanted);
        self.deliver(&event);
        assert_eq!(self.status(order), Some(AllocationStatus::Allocated));
        self.harness.published();
        (order, cart)
    }

    /// Units on hand and reserved.
    pub fn level(&mut self, product_id: ProductId) -> (i64, i64) {
        let stock = self.harness.row::<Stock>(product_id).expect("the product is counted");
        (stock.on_hand, stock.reserved)
    }

    pub fn status(&mut self, order_id: OrderId) -> Option<AllocationStatus> {
        self.harness.row::<Allocation>(order_id).map(|allocation| allocation.status)
    }

    /// Units that a cart holds of a product; `None` without a hold.
    pub fn held(&mut self, cart_id: CartId, product_id: ProductId) -> Option<u32> {
        let hold = self.harness.row::<Hold>(cart_id)?;
        let line = hold.lines.iter().find(|line| line.product_id == product_id);
        Some(line.map_or(0, |line| line.quantity))
    }

    pub fn published_types(&mut self) -> Vec<String> {
        self.harness.published_types()
    }
}

fn stock_lines(wanted: Wanted<'_>) -> Vec<StockLine> {
    wanted.iter().map(|&(product_id, quantity)| StockLine { product_id, quantity }).collect()
}

fn address() -> Address {
    Address {
        name: "Ada Lovelace".into(),
        street: "12 St James's Square".into(),
        postal_code: "SW1Y 4JH".into(),
        city: "London".into(),
        country: "GB".into(),
    }
}
