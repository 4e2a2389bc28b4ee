//! Shoppers: what the HTTP routes do for a customer, step by step, so that each step may be the last that is heard of.

mod order;
mod script;

use std::collections::VecDeque;

use cart::domain::{Cart, CartStatus, ItemChange};
use contracts::{Address, CartId, Currency, CustomerId, Money, OrderId, ProductId, ServiceName};
use engine::{Clock, CommandKey};
use inventory::Line;
use uuid::Uuid;

use self::script::Wish;
use crate::{
    ask::{Answer, Ask, Reply},
    client::{Client, Heard, heard},
    outside::DECLINED_CARD,
    shop::{HeldLine, Shop},
};

/// How often a shopper tries again what was refused for a reason that may pass.
const TRIES_MAX: usize = 60;

/// The step that a request is at.
#[derive(Clone, Debug)]
enum Stage {
    /// The request's own command.
    Send,
    /// Units of a changed line are to be held.
    Hold(ItemChange),
    /// They are not held: the change is taken back.
    Revert(ItemChange),
    /// The change was a repeat: what is held is made to be what the cart has.
    Repair(ProductId, u32, i64),
    /// All of the cart is to be held anew.
    Renew(Vec<Line>, i64),
    /// Units are held for an order without a cart.
    HoldAtOnce(CartId),
    /// The order is placed.
    Place(CartId),
    /// It is refused, for good.
    Refuse(CartId, contracts::Refusal),
    /// What was held for it is given back.
    GiveBack(CartId),
}

struct Request {
    wish: Wish,
    key: CommandKey,
    stage: Stage,
    ticket: Option<Uuid>,
    /// The body, which stays the same under the key.
    body: Option<Ask>,
}

/// A customer or a guest.
pub struct Shopper {
    customer: Option<CustomerId>,
    method: String,
    cart_id: CartId,
    script: VecDeque<Wish>,
    request: Option<Request>,
    order: Option<OrderId>,
    tries: usize,
}

impl Shopper {
    /// A shopper with a script.
    pub fn new(shop: &mut Shop, products: &[ProductId]) -> Self {
        let faults = shop.faults.clone();
        let customer = faults.chance(5_000).then(|| CustomerId(shop.new_id()));
        let has_wallet = customer.is_some() && faults.chance(6_000);
        let method = match has_wallet {
            true => cart::domain::WALLET,
            false if faults.chance(800) => DECLINED_CARD,
            false => "pm_card",
        };
        Self {
            customer,
            method: method.to_owned(),
            cart_id: CartId(shop.new_id()),
            script: script::draw(&faults, products, has_wallet),
            request: None,
            order: None,
            tries: 0,
        }
    }

    /// Whose wallet there may be.
    pub fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    fn cart(&self, shop: &Shop) -> Option<Cart> {
        shop.page::<Cart>(ServiceName::Cart, self.cart_id)
    }

    /// The command of the request's step; `None` where there is nothing to do any more.
    fn ask(&mut self, shop: &mut Shop) -> Option<(Ask, Option<CommandKey>)> {
        let request = self.request.as_ref()?;
        let (key, cart_id) = (Some(request.key), self.cart_id);
        let hold = |cart_id, product_id, quantity, revision| {
            Ask::Inventory(inventory::Message::SetHold { cart_id, product_id, quantity, revision })
        };
        Some(match &request.stage {
            Stage::Send => {
                let is_keyed = !matches!(
                    request.wish,
                    Wish::Set(..) | Wish::Remove(_) | Wish::Renew | Wish::Address | Wish::Method
                );
                let body = match &request.body {
                    Some(body) => body.clone(),
                    None => self.body(shop)?,
                };
                self.request.as_mut()?.body = Some(body.clone());
                (body, key.filter(|_| is_keyed))
            }
            Stage::Hold(change) => (hold(cart_id, change.product_id, change.quantity, change.revision), None),
            Stage::Repair(product_id, quantity, revision) => {
                (hold(cart_id, *product_id, *quantity, *revision), None)
            }
            Stage::Revert(change) => {
                (Ask::Cart(cart::Message::RevertItem { cart_id, change: *change }), None)
            }
            Stage::Renew(lines, revision) => {
                let (lines, revision) = (lines.clone(), *revision);
                (Ask::Inventory(inventory::Message::RenewHolds { cart_id, lines, revision }), None)
            }
            Stage::HoldAtOnce(_) | Stage::Place(_) | Stage::Refuse(..) | Stage::GiveBack(_) => {
                return self.ask_for_order(shop);
            }
        })
    }

    /// The request's own command.
    fn body(&mut self, shop: &mut Shop) -> Option<Ask> {
        use cart::Message;
        let cart_id = self.cart_id;
        Some(match self.request.as_ref()?.wish {
            Wish::Wait(_) | Wish::BuyNow(..) => return None,
            Wish::TopUp(amount) => {
                let (top_up_id, customer_id) = (shop.new_id(), self.customer?);
                let amount = Money::new(amount, Currency::EUR);
                let method = "pm_card".to_owned();
                Ask::Payment(payment::Message::TopUp { top_up_id, customer_id, amount, method })
            }
            Wish::Open => Ask::Cart(Message::Create { cart_id, currency: Currency::EUR }),
            Wish::Add(product_id, quantity) => Ask::Cart(Message::AddItem { cart_id, product_id, quantity }),
            Wish::Set(product_id, quantity) => Ask::Cart(Message::SetItem { cart_id, product_id, quantity }),
            Wish::Remove(product_id) => Ask::Cart(Message::RemoveItem { cart_id, product_id }),
            Wish::Renew if !shop.plan.holds => return None,
            Wish::Renew => Ask::Cart(Message::Touch { cart_id }),
            Wish::Address => Ask::Cart(Message::SetShippingAddress { cart_id, address: address() }),
            Wish::Method => {
                Ask::Cart(Message::SetShippingMethod { cart_id, code: order::SHIPPING.to_owned() })
            }
            Wish::CheckOut => {
                let total = order::total_of(&self.cart(shop)?);
                Ask::Cart(Message::CheckOut {
                    cart_id,
                    customer_id: self.customer,
                    email: "ada@example.com".into(),
                    total,
                    payment_method: self.method.clone(),
                })
            }
            Wish::Cancel => Ask::Ordering(ordering::Message::Cancel(self.order?)),
        })
    }

    /// From the start, under the same key.
    fn again(&mut self) {
        if let Some(request) = &mut self.request {
            request.ticket = None;
            request.stage = Stage::Send;
            if let Wish::BuyNow(..) = request.wish {
                // The route makes a new cart's id for each request.
                request.stage = Stage::HoldAtOnce(CartId(Uuid::nil()));
            }
        }
    }

    fn go_on(&mut self, stage: Stage) {
        if let Some(request) = &mut self.request {
            request.ticket = None;
            request.stage = stage;
        }
    }

    fn done(&mut self) {
        self.request = None;
        self.tries = 0;
    }

    /// The same wish as a new request, for a reason that may pass.
    fn anew(&mut self) {
        self.tries += 1;
        if let Some(request) = self.request.take()
            && self.tries < TRIES_MAX
        {
            self.script.push_front(request.wish);
        }
    }

    fn done_with_item(&mut self, change: Option<ItemChange>, shop: &mut Shop) {
        let Some(change) = change else { return self.done() };
        let line = (self.cart_id, change.product_id);
        if !change.stocked || !shop.plan.holds {
            return self.done();
        }
        let held = shop.acknowledged.held.remove(&line);
        if change.quantity > change.previous_quantity {
            return self.go_on(Stage::Hold(change));
        }
        // Fewer units need no question: inventory hears of them by the event.
        if let Some(held) = held.filter(|held| held.quantity >= change.quantity && change.quantity > 0) {
            shop.acknowledged.held.insert(line, HeldLine { quantity: change.quantity, ..held });
        }
        self.done();
    }

    /// The units of a line are held, as of the change; a repeat is told so of an old change.
    fn held(&mut self, change: ItemChange, shop: &mut Shop) {
        let cart = self.cart(shop).filter(|cart| cart.status == CartStatus::Open);
        let line = cart.as_ref().and_then(|cart| cart.line(change.product_id));
        if line.is_some_and(|line| line.revision == change.revision) {
            self.note_held(change.product_id, change.quantity, shop);
            return self.done();
        }
        let is_keyed = self.request.as_ref().is_some_and(|request| matches!(request.wish, Wish::Add(..)));
        match cart.as_ref().filter(|_| is_keyed) {
            Some(cart) => {
                let quantity = line.map_or(0, |line| line.quantity);
                self.go_on(Stage::Repair(change.product_id, quantity, cart.revision));
            }
            None => self.done(),
        }
    }

    fn note_held(&self, product_id: ProductId, quantity: u32, shop: &mut Shop) {
        let since = shop.node(ServiceName::Inventory).clock().now();
        shop.acknowledged.held.insert((self.cart_id, product_id), HeldLine { quantity, since });
    }

    fn sent(&mut self, heard: Heard, shop: &mut Shop) {
        let wish = self.request.as_ref().map(|request| request.wish.clone());
        match (wish, heard) {
            (Some(Wish::CheckOut), Heard::Refused(refusal)) if refusal.code == "total_changed" => self.anew(),
            (Some(Wish::Cancel), Heard::Refused(refusal)) if refusal.code == "order_not_found" => self.anew(),
            (_, Heard::Refused(_)) => self.done(),
            (_, Heard::Done(Reply::Cart(cart::Reply::Item(_, change)))) => self.done_with_item(change, shop),
            (Some(Wish::Renew), Heard::Done(Reply::Cart(cart::Reply::Cart(cart)))) => {
                let stocked = cart.lines.iter().filter(|line| line.stocked);
                let line = |line: &cart::domain::Line| Line {
                    product_id: line.product_id,
                    quantity: line.quantity.into(),
                };
                self.go_on(Stage::Renew(stocked.map(line).collect(), cart.revision));
            }
            (_, Heard::Done(Reply::Cart(reply @ cart::Reply::CheckedOut { .. }))) => {
                self.ordered(&reply, shop);
                self.done();
            }
            (_, Heard::Done(Reply::Ordering(status))) => {
                if let Some(order) = self.order {
                    shop.acknowledged.cancelled.entry(order).or_insert(status);
                }
                self.done();
            }
            (_, Heard::Done(Reply::Payment(payment::Reply::TopUp(top_up)))) => {
                shop.acknowledged.top_ups.push(top_up.top_up_id);
                self.done();
            }
            (_, Heard::Done(_)) => self.done(),
            (_, Heard::Again) => self.again(),
        }
    }

    fn renewed(&mut self, wanted: &[Line], heard: Heard, shop: &mut Shop) {
        let Heard::Done(Reply::Inventory(inventory::Reply::Held(hold))) = heard else { return self.done() };
        let held = hold.map(|hold| hold.units()).unwrap_or_default();
        for line in wanted {
            let quantity = u32::try_from(line.quantity).unwrap_or(0);
            if held.get(&line.product_id) == Some(&line.quantity) {
                self.note_held(line.product_id, quantity, shop);
            } else {
                shop.acknowledged.held.remove(&(self.cart_id, line.product_id));
            }
        }
        self.done();
    }
}

impl Client for Shopper {
    fn awaits(&self) -> Option<Uuid> {
        self.request.as_ref()?.ticket
    }

    fn act(&mut self, shop: &mut Shop) {
        if self.request.is_none() {
            match self.script.pop_front() {
                None => return,
                Some(Wish::Wait(turns)) => {
                    if turns > 0 && shop.faults.armed() {
                        self.script.push_front(Wish::Wait(turns - 1));
                    }
                    return;
                }
                Some(wish) => {
                    if wish == Wish::Open {
                        self.cart_id = CartId(shop.new_id());
                    }
                    let (key, stage) = (shop.new_key(), Stage::Send);
                    self.request = Some(Request { wish, key, stage, ticket: None, body: None });
                    self.again();
                }
            }
        }
        match self.ask(shop) {
            Some((ask, key)) => {
                let ticket = shop.ask(ask, key);
                if let Some(request) = &mut self.request {
                    request.ticket = Some(ticket);
                }
            }
            None => self.done(),
        }
    }

    fn hear(&mut self, answer: Answer, shop: &mut Shop) {
        let heard = heard(answer, shop);
        let Some(stage) = self.request.as_ref().map(|request| request.stage.clone()) else { return };
        match (stage, heard) {
            (Stage::GiveBack(_), _) => self.done(),
            (_, Heard::Again) => self.again(),
            (Stage::Send, heard) => self.sent(heard, shop),
            (Stage::Hold(change), Heard::Done(_)) => self.held(change, shop),
            (Stage::Hold(change), Heard::Refused(_)) => self.go_on(Stage::Revert(change)),
            (Stage::Repair(product_id, ..), Heard::Done(_)) => {
                shop.acknowledged.held.remove(&(self.cart_id, product_id));
                self.done();
            }
            (Stage::Repair(..) | Stage::Revert(_), _) => self.done(),
            (Stage::Renew(wanted, _), heard) => self.renewed(&wanted, heard, shop),
            (stage, heard) => self.hear_of_order(stage, heard, shop),
        }
    }

    fn give_up(&mut self) {
        self.again();
    }

    fn is_done(&self, _: &Shop) -> bool {
        self.request.is_none() && self.script.is_empty()
    }
}

fn address() -> Address {
    Address {
        name: "Ada Lovelace".into(),
        street: "12 Square".into(),
        postal_code: "10115".into(),
        city: "Berlin".into(),
        country: "DE".into(),
    }
}
