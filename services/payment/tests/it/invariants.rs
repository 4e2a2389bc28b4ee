//! Whatever comes, in whatever order and however often: the books balance.

use std::{collections::BTreeMap, sync::Arc};

use bus::Logged;
use contracts::{Currency, CustomerId, Money, OrderId};
use payment::{Entry, EntryKind, Message, Payment, Request, Response, Status, TopUp, TopUpStatus};
use proptest::prelude::*;
use uuid::Uuid;

use crate::till::Till;

const CUSTOMERS: usize = 2;
const ORDERS: usize = 6;
const TOP_UPS: usize = 4;

/// Something that happens. Customers, orders and top-ups are numbers.
#[derive(Clone, Debug)]
enum Happening {
    Confirmed { order: usize },
    Cancelled { order: usize },
    Again { event: prop::sample::Index },
    Given { customer: usize, amount: i64 },
    PaidBack { order: usize, amount: Option<i64> },
    ToppedUp { top_up: usize },
    Answered { captured: bool },
    CalledBack { top_up: usize },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0..ORDERS).prop_map(|order| Happening::Confirmed { order }),
        3 => (0..ORDERS).prop_map(|order| Happening::Cancelled { order }),
        1 => any::<prop::sample::Index>().prop_map(|event| Happening::Again { event }),
        3 => (0..CUSTOMERS, -60_i64..60).prop_map(|(customer, amount)| Happening::Given { customer, amount }),
        2 => (0..ORDERS, prop::option::of(1_i64..80)).prop_map(|(order, amount)| Happening::PaidBack { order, amount }),
        2 => (0..TOP_UPS).prop_map(|top_up| Happening::ToppedUp { top_up }),
        2 => any::<bool>().prop_map(|captured| Happening::Answered { captured }),
        1 => (0..TOP_UPS).prop_map(|top_up| Happening::CalledBack { top_up }),
    ]
}

struct World {
    till: Till,
    customers: Vec<CustomerId>,
    orders: Vec<(OrderId, CustomerId, i64)>,
    top_ups: Vec<(Uuid, CustomerId, i64)>,
    delivered: Vec<Arc<Logged>>,
}

impl World {
    fn new(totals: &[i64]) -> Self {
        let mut till = Till::new();
        let customers: Vec<CustomerId> = (0..CUSTOMERS).map(|_| till.customer()).collect();
        let orders = (0..ORDERS).map(|n| (till.order(), customers[n % CUSTOMERS], totals[n])).collect();
        let top_ups =
            (0..TOP_UPS).map(|n| (till.harness.new_id(), customers[n % CUSTOMERS], 10 + n as i64)).collect();
        Self { till, customers, orders, top_ups, delivered: Vec::new() }
    }

    fn let_happen(&mut self, happening: &Happening) {
        let Self { till, customers, orders, top_ups, delivered } = self;
        let event = match happening {
            Happening::Confirmed { order } => {
                let (order, customer, total) = orders[*order];
                till.wallet_order(order, Some(customer), total)
            }
            Happening::Cancelled { order } => till.cancellation(orders[*order].0),
            Happening::Again { event } => {
                if !delivered.is_empty() {
                    till.harness.deliver(event.get(delivered));
                }
                return;
            }
            Happening::Given { customer, amount } => {
                // Refused where the wallet has too little.
                let _ = till.give(customers[*customer], *amount);
                return;
            }
            Happening::PaidBack { order, amount } => {
                let (refund_id, order_id) = (till.harness.new_id(), orders[*order].0);
                // Refused where less is left, or nothing was taken.
                let _ = till.refund(refund_id, order_id, *amount);
                return;
            }
            Happening::ToppedUp { top_up } => {
                let (top_up_id, customer_id, amount) = top_ups[*top_up];
                let amount = Money::new(amount, Currency::EUR);
                let message = Message::TopUp { top_up_id, customer_id, amount, method: "pm".into() };
                till.harness.command(message).expect("there is room");
                return;
            }
            Happening::Answered { captured } => {
                let requests = till.harness.requests();
                if let Some(Request::TopUp { .. }) = requests.first() {
                    till.harness.answer(match captured {
                        true => Response::Captured { reference: "mock".into() },
                        false => Response::Declined { code: "card_declined".into() },
                    });
                }
                return;
            }
            Happening::CalledBack { top_up } => {
                // Refused where the top-up was never asked for.
                let message =
                    Message::TopUpCaptured { top_up_id: top_ups[*top_up].0, reference: "mock".into() };
                let _ = till.harness.command(message);
                return;
            }
        };
        till.harness.deliver(&event);
        delivered.push(event);
    }

    /// Each payment and top-up has moved what it says, and nothing else has.
    fn audit(&mut self) {
        self.till.audit();
        let mut by_purpose: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut topped_up = 0;
        for entry in self.till.harness.rows::<Entry>().iter().filter(|entry| entry.number.is_some()) {
            match entry.kind {
                EntryKind::TopUp => topped_up += entry.amount,
                kind => {
                    *by_purpose.entry((format!("{kind:?}"), entry.reference.clone())).or_default() +=
                        entry.amount
                }
            }
        }
        for payment in self.till.harness.rows::<Payment>() {
            let mut moved = |kind: &str| by_purpose.remove(&(kind.into(), payment.order_id.to_string()));
            let moved = (moved("Payment"), moved("Refund"));
            let given_back = (payment.refunded > 0).then_some(payment.refunded);
            let wanted = match payment.status {
                Status::Completed | Status::Refunded => (Some(-payment.amount), given_back),
                Status::Failed | Status::Void => (None, None),
                Status::Capturing | Status::Refunding | Status::RefundDeclined => {
                    panic!("a wallet waits for nobody: {payment:?}")
                }
            };
            assert_eq!(moved, wanted, "{payment:?}");
            assert!(payment.status != Status::Completed || !payment.order_cancelled, "{payment:?}");
            assert!(payment.status != Status::Refunded || payment.kept() == 0, "{payment:?}");
        }
        assert!(by_purpose.keys().all(|(kind, _)| kind == "Adjustment"), "{by_purpose:?}");
        let completed = |top_up: &TopUp| top_up.status == TopUpStatus::Completed;
        let top_ups = self.till.harness.rows::<TopUp>();
        assert_eq!(
            topped_up,
            top_ups.iter().filter(|top_up| completed(top_up)).map(|one| one.amount).sum::<i64>()
        );
    }
}

proptest! {
    #[test]
    fn the_books_always_balance_and_no_wallet_is_below_zero(
        totals in prop::collection::vec(0_i64..80, ORDERS),
        happenings in prop::collection::vec(happening(), 1..60),
    ) {
        let mut world = World::new(&totals);
        for happening in &happenings {
            world.let_happen(happening);
            world.audit();
        }
    }
}
