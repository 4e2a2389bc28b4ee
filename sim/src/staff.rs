//! Staff: those who move parcels, and those who receive, count, price, give, pay back and cancel.

use catalog::domain::{Product, ProductStatus};
use contracts::{Currency, CustomerId, Money, ServiceName};
use fulfilment::{Shipment, Status};
use inventory::{AdjustmentReason, Change, Stock, WantedChange};
use payment::{Adjustment, Payment};

use crate::{
    ask::{Answer, Ask},
    client::{Client, Errand, Heard, heard},
    run::new_product,
    shop::Shop,
};

/// Those who pack, ship and deliver.
#[derive(Default)]
pub struct Packers(Option<Errand>);

impl Packers {
    fn next(shop: &Shop) -> Option<Ask> {
        use fulfilment::Message;
        let armed = shop.faults.armed();
        if shop.plan.parcels_move || (!armed && !shop.plan.staff_finish) {
            return None;
        }
        let steps = |shipment: &Shipment| match shipment.status {
            Status::Pending => Some(Message::Pack { order_id: shipment.order_id }),
            Status::Packed => Some(Message::Ship { order_id: shipment.order_id }),
            Status::Shipped => Some(Message::Deliver { order_id: shipment.order_id }),
            _ => None,
        };
        let steps: Vec<Message> =
            shop.all::<Shipment>(ServiceName::Fulfilment).iter().filter_map(steps).collect();
        let place = shop.faults.below(steps.len());
        steps.into_iter().nth(place).map(Ask::Fulfilment)
    }
}

impl Client for Packers {
    fn awaits(&self) -> Option<uuid::Uuid> {
        self.0.as_ref()?.ticket
    }

    fn act(&mut self, shop: &mut Shop) {
        if self.0.is_none() {
            self.0 = Self::next(shop).map(|ask| Errand::new(ask, shop));
        }
        if let Some(errand) = self.0.as_mut().filter(|errand| errand.ticket.is_none()) {
            errand.send(shop);
        }
    }

    fn hear(&mut self, answer: Answer, shop: &mut Shop) {
        match heard(answer, shop) {
            Heard::Again => self.give_up(),
            Heard::Done(_) | Heard::Refused(_) => self.0 = None,
        }
    }

    fn give_up(&mut self) {
        if let Some(errand) = &mut self.0 {
            errand.ticket = None;
        }
    }

    fn is_done(&self, shop: &Shop) -> bool {
        self.0.is_none() && Self::next(shop).is_none()
    }
}

/// Those who receive and count stock, set prices, give to wallets, and see to orders that went wrong.
pub struct Merchants {
    customers: Vec<CustomerId>,
    errand: Option<Errand>,
    left: usize,
}

impl Merchants {
    /// Merchants with so many things to do.
    pub fn new(customers: Vec<CustomerId>, left: usize) -> Self {
        Self { customers, errand: None, left }
    }

    fn next(&self, shop: &mut Shop) -> Option<Ask> {
        let listed = |product: &Product| product.status == ProductStatus::Listed;
        let products: Vec<Product> =
            shop.all::<Product>(ServiceName::Catalog).into_iter().filter(listed).collect();
        // What is new is looked at more than what is old.
        let newest = products.len().saturating_sub(1);
        let place = if shop.faults.chance(4_000) { newest } else { shop.faults.below(products.len()) };
        let product = products.get(place)?;
        let product_id = product.product_id;
        let faults = shop.faults.clone();
        Some(match faults.below(20) {
            0..=8 => {
                let price = Money::new(faults.within(0, 5_000) as i64, Currency::EUR);
                Ask::Catalog(catalog::Message::ChangePrice { product_id, price })
            }
            9 if products.len() > 2 => {
                Ask::Catalog(catalog::Message::DeleteProduct { product_id, revision: None })
            }
            13..=14 => {
                let price = Money::new(faults.within(0, 5_000) as i64, Currency::EUR);
                let (id, stocked) = (contracts::ProductId(shop.new_id()), faults.chance(8_000));
                let product = new_product(id, format!("Novelty {id}"), price, stocked);
                Ask::Catalog(catalog::Message::CreateProducts { products: vec![product] })
            }
            10..=12 if !self.customers.is_empty() => {
                let customer_id = faults.of_items(&self.customers);
                let amount = Money::new(faults.within(0, 6_000) as i64 - 3_000, Currency::EUR);
                let id = format!("gift-{}", shop.new_id());
                let gift = Adjustment { id, customer_id, amount, reason: "good will".into() };
                Ask::Payment(payment::Message::Adjust(vec![gift]))
            }
            15..=16 => {
                let payments = shop.all::<Payment>(ServiceName::Payment);
                let payment = payments.get(faults.below(payments.len()))?;
                let amount = faults.chance(6_000).then(|| faults.within(1, 3_000) as i64);
                let (refund_id, order_id) = (shop.new_id(), payment.order_id);
                let reason = "it came broken".into();
                Ask::Payment(payment::Message::Refund { refund_id, order_id, amount, reason })
            }
            17 => {
                let orders = shop.all::<ordering::Order>(ServiceName::Ordering);
                let order = orders.get(faults.below(orders.len()))?;
                Ask::Ordering(ordering::Message::CancelByStaff(order.id))
            }
            _ => {
                let stocks = shop.all::<Stock>(ServiceName::Inventory);
                let product_id = stocks.get(faults.below(stocks.len()))?.product_id;
                let (reason, change) = match faults.below(4) {
                    0 => (AdjustmentReason::Counted, Change::To(faults.within(0, 12) as i64)),
                    1 => (AdjustmentReason::Damaged, Change::By(-(faults.within(1, 3) as i64))),
                    _ => (AdjustmentReason::Received, Change::By(faults.within(1, 6) as i64)),
                };
                let changes = vec![WantedChange { product_id, change }];
                let adjustment_id = shop.new_id();
                let note = None;
                Ask::Inventory(inventory::Message::AdjustStock { adjustment_id, reason, note, changes })
            }
        })
    }
}

impl Client for Merchants {
    fn awaits(&self) -> Option<uuid::Uuid> {
        self.errand.as_ref()?.ticket
    }

    fn act(&mut self, shop: &mut Shop) {
        if self.errand.is_none() && self.left > 0 {
            self.left -= 1;
            self.errand = self.next(shop).map(|ask| Errand::new(ask, shop));
        }
        if let Some(errand) = self.errand.as_mut().filter(|errand| errand.ticket.is_none()) {
            errand.send(shop);
        }
    }

    fn hear(&mut self, answer: Answer, shop: &mut Shop) {
        match heard(answer, shop) {
            Heard::Again => return self.give_up(),
            Heard::Done(_) => match self.errand.as_ref().map(|errand| &errand.ask) {
                Some(Ask::Inventory(inventory::Message::AdjustStock { adjustment_id, .. })) => {
                    shop.acknowledged.adjustments.push(*adjustment_id);
                }
                Some(Ask::Payment(payment::Message::Adjust(gifts))) => {
                    shop.acknowledged.gifts.extend(gifts.iter().map(|gift| gift.id.clone()));
                }
                Some(Ask::Payment(payment::Message::Refund { refund_id, .. })) => {
                    shop.acknowledged.refunds.push(*refund_id);
                }
                Some(Ask::Catalog(catalog::Message::CreateProducts { products })) => {
                    // Second thoughts about the price, before everybody has heard of the product.
                    let Some(product_id) = products.first().map(|product| product.product_id) else { return };
                    let price = Money::new(shop.faults.within(0, 5_000) as i64, Currency::EUR);
                    let ask = Ask::Catalog(catalog::Message::ChangePrice { product_id, price });
                    self.errand = Some(Errand::new(ask, shop));
                    return;
                }
                _ => {}
            },
            Heard::Refused(_) => {}
        }
        self.errand = None;
    }

    fn give_up(&mut self) {
        if let Some(errand) = &mut self.errand {
            errand.ticket = None;
        }
    }

    fn is_done(&self, _: &Shop) -> bool {
        self.errand.is_none() && self.left == 0
    }
}
