//! The service's rules on the engine's own unit of work: an event that applies, comes twice, comes out of order.

use std::sync::Arc;

use contracts::{Currency, Money, ProductId, ServiceName, events::catalog::ProductPriceChanged};
use engine::harness::{Fate, Harness};
use notification::{Change, Message, NotificationService, Remark};

struct Shop {
    harness: Harness<NotificationService>,
    product: ProductId,
}

impl Shop {
    fn new() -> Self {
        let mut harness = Harness::new(NotificationService);
        let product = harness.new_id().into();
        Self { harness, product }
    }

    fn price_change(&mut self, amount: i64) -> Arc<bus::Logged> {
        let euro = |amount| Money::new(amount, Currency::EUR);
        let event =
            ProductPriceChanged { product_id: self.product, price: euro(amount), previous_price: euro(1) };
        self.harness.make_event(ServiceName::Catalog, self.product, &event)
    }

    fn remark(&mut self) -> Option<Remark> {
        self.harness.row(self.product)
    }
}

#[test]
fn a_price_is_kept_and_a_note_is_added_to_it() {
    let mut shop = Shop::new();
    let note = Message { product_id: shop.product, change: Change::Note("runs small".to_owned()) };
    let refusal = shop.harness.command(note.clone()).expect_err("no price is known yet");
    assert_eq!(refusal.code, "product_not_found");

    let change = shop.price_change(1_500);
    assert_eq!(shop.harness.deliver(&change), Fate::Handled);
    let remark = shop.harness.command(note).expect("noted");
    assert_eq!((remark.price_amount, remark.text.as_str()), (1_500, "runs small"));
    assert_eq!(shop.remark(), Some(remark));
}

#[test]
fn a_price_that_comes_twice_counts_once() {
    let mut shop = Shop::new();
    let change = shop.price_change(1_500);
    assert_eq!(shop.harness.deliver(&change), Fate::Handled);
    let once = shop.remark();
    assert_eq!(shop.harness.deliver(&change), Fate::Skipped);
    assert_eq!(shop.remark(), once);
}

#[test]
fn a_price_that_comes_late_changes_nothing() {
    let mut shop = Shop::new();
    let (earlier, later) = (shop.price_change(1_500), shop.price_change(1_800));
    assert_eq!(shop.harness.deliver(&later), Fate::Handled);
    assert_eq!(shop.harness.deliver(&earlier), Fate::Handled);
    assert_eq!(shop.remark().map(|remark| remark.price_amount), Some(1_800));
}
