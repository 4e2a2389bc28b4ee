//! Whatever comes, in whatever order and however often: one shipment per paid order, one booking per parcel, and no parcel both
//! stopped and sent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::Logged;
use contracts::OrderId;
use fulfilment::{Message, Shipment, Status};
use proptest::prelude::*;

use crate::shop::{DELIVERED, PACKED, STARTED, STOPPED, Shop, booking};

const ORDERS: usize = 4;

/// Something that happens to an order, by its number.
#[derive(Clone, Debug)]
enum Happening {
    Paid(usize),
    CancelRequested(usize),
    Cancelled(usize),
    Pack(usize),
    Ship(usize),
    Deliver(usize),
    CarrierAnswers,
    /// An event of before comes once more.
    Again(prop::sample::Index),
    Wait {
        millis: u64,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    let order = 0..ORDERS;
    prop_oneof![
        4 => order.clone().prop_map(Happening::Paid),
        2 => order.clone().prop_map(Happening::CancelRequested),
        1 => order.clone().prop_map(Happening::Cancelled),
        1 => order.clone().prop_map(Happening::Pack),
        1 => order.clone().prop_map(Happening::Ship),
        1 => order.prop_map(Happening::Deliver),
        2 => Just(Happening::CarrierAnswers),
        1 => any::<prop::sample::Index>().prop_map(Happening::Again),
        3 => (0_u64..3_000).prop_map(|millis| Happening::Wait { millis }),
    ]
}

/// Staff take a step, which is refused where it is out of its order.
fn step(shop: &mut Shop, message: Message) -> Option<Arc<Logged>> {
    let _ = shop.harness.command(message);
    None
}

struct World {
    shop: Shop,
    orders: Vec<OrderId>,
    delivered: Vec<Arc<Logged>>,
    /// The parcels that the carrier was asked to take, ever.
    booked: Vec<OrderId>,
    told: BTreeMap<String, Vec<String>>,
}

impl World {
    fn new(mut shop: Shop) -> Self {
        let orders = (0..ORDERS).map(|_| shop.order()).collect();
        Self { shop, orders, delivered: Vec::new(), booked: Vec::new(), told: BTreeMap::new() }
    }

    fn let_happen(&mut self, happening: &Happening) {
        let Self { shop, orders, delivered, booked, .. } = self;
        let event = match happening {
            Happening::Paid(order) => Some(shop.paid(orders[*order])),
            Happening::CancelRequested(order) => Some(shop.cancel_requested(orders[*order])),
            Happening::Cancelled(order) => Some(shop.cancelled(orders[*order], false)),
            Happening::Again(index) => (!delivered.is_empty()).then(|| index.get(delivered).clone()),
            Happening::Pack(order) => step(shop, Message::Pack { order_id: orders[*order] }),
            Happening::Ship(order) => step(shop, Message::Ship { order_id: orders[*order] }),
            Happening::Deliver(order) => step(shop, Message::Deliver { order_id: orders[*order] }),
            Happening::CarrierAnswers => {
                if let Some(parcel) = shop.harness.requests().first() {
                    booked.push(parcel.order_id);
                    shop.harness.answer(booking());
                }
                None
            }
            Happening::Wait { millis } => {
                shop.harness.advance(Duration::from_millis(*millis));
                None
            }
        };
        if let Some(event) = event {
            shop.harness.deliver(&event);
            delivered.push(event);
        }
        for event in self.shop.harness.published() {
            self.told.entry(event.subject).or_default().push(event.kind);
        }
    }

    fn check(&mut self) {
        let mut booked = self.booked.clone();
        booked.extend(self.shop.harness.requests().iter().map(|parcel| parcel.order_id));
        let asked = booked.len();
        booked.sort();
        booked.dedup();
        assert_eq!(booked.len(), asked, "a parcel was booked twice");
        for shipment in self.shop.harness.rows::<Shipment>() {
            let told = self.told.get(&shipment.order_id.to_string()).cloned().unwrap_or_default();
            let told: Vec<&str> =
                told.iter().map(String::as_str).filter(|kind| !kind.contains("refused")).collect();
            let way: &[&str] = match shipment.status {
                Status::Tombstone | Status::Pending => &[],
                Status::Packed | Status::Dispatching => &[PACKED],
                Status::Shipped => &[PACKED, STARTED],
                Status::Delivered => &[PACKED, STARTED, DELIVERED],
                Status::Stopped if told.len() == 1 => &[STOPPED],
                Status::Stopped => &[PACKED, STOPPED],
            };
            assert_eq!(told, way, "{shipment:?}");
        }
    }
}

proptest! {
    #[test]
    fn each_parcel_goes_one_way(on_its_own in any::<bool>(), happenings in prop::collection::vec(happening(), 1..50)) {
        let mut world = World::new(if on_its_own { Shop::on_its_own() } else { Shop::with_staff() });
        for happening in &happenings {
            world.let_happen(happening);
            world.check();
        }
        for _ in 0..ORDERS {
            world.let_happen(&Happening::CarrierAnswers);
        }
        for _ in 0..ORDERS * 3 {
            world.let_happen(&Happening::Wait { millis: 6_000 });
            world.let_happen(&Happening::CarrierAnswers);
        }
        world.check();
        if on_its_own {
            for shipment in world.shop.harness.rows::<Shipment>() {
                prop_assert!(matches!(shipment.status, Status::Delivered | Status::Stopped | Status::Tombstone));
            }
        }
    }
}
