//! Whatever comes, in whatever order and however often: every unit is accounted for.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::Logged;
use contracts::{CartId, OrderId, ProductId};
use inventory::{Adjustment, Allocation, AllocationStatus, Hold, Movement, Stock};
use proptest::prelude::*;

use crate::warehouse::{CONFIRMED, REJECTED, Warehouse};

const PRODUCTS: usize = 3;
const ORDERS: usize = 4;

/// Something that happens. Orders, their carts and products are numbers.
#[derive(Clone, Debug)]
enum Happening {
    Adjust {
        product: usize,
        delta: i64,
    },
    Hold {
        cart: usize,
        product: usize,
        quantity: u32,
        revision: i64,
    },
    Removed {
        cart: usize,
        product: usize,
        quantity: u32,
        revision: i64,
    },
    CheckedOut {
        order: usize,
    },
    AwaitingValidation {
        order: usize,
    },
    Paid {
        order: usize,
    },
    Cancelled {
        order: usize,
        was_paid: bool,
    },
    /// An event of before comes once more.
    Again {
        event: prop::sample::Index,
    },
    Wait {
        seconds: u64,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    let (product, order) = (0..PRODUCTS, 0..ORDERS);
    prop_oneof![
        1 => (product.clone(), -3_i64..6).prop_map(|(product, delta)| Happening::Adjust { product, delta }),
        4 => (order.clone(), product.clone(), 0_u32..5, 0_i64..6)
            .prop_map(|(cart, product, quantity, revision)| Happening::Hold { cart, product, quantity, revision }),
        2 => (order.clone(), product, 0_u32..4, 0_i64..6)
            .prop_map(|(cart, product, quantity, revision)| Happening::Removed { cart, product, quantity, revision }),
        2 => order.clone().prop_map(|order| Happening::CheckedOut { order }),
        3 => order.clone().prop_map(|order| Happening::AwaitingValidation { order }),
        2 => order.clone().prop_map(|order| Happening::Paid { order }),
        2 => (order, any::<bool>()).prop_map(|(order, was_paid)| Happening::Cancelled { order, was_paid }),
        1 => any::<prop::sample::Index>().prop_map(|event| Happening::Again { event }),
        1 => (0_u64..80).prop_map(|seconds| Happening::Wait { seconds }),
    ]
}

/// What an order wants: the same at checkout and at validation.
fn wanted() -> impl Strategy<Value = Vec<Vec<(usize, u32)>>> {
    prop::collection::vec(prop::collection::vec((0..PRODUCTS, 1_u32..4), 0..3), ORDERS)
}

struct Order {
    id: OrderId,
    cart: CartId,
    wanted: Vec<(ProductId, u32)>,
}

struct World {
    warehouse: Warehouse,
    products: Vec<ProductId>,
    orders: Vec<Order>,
    delivered: Vec<Arc<Logged>>,
}

impl World {
    fn new(wanted: &[Vec<(usize, u32)>]) -> Self {
        let mut warehouse = Warehouse::new();
        let products: Vec<ProductId> = (0..PRODUCTS).map(|_| warehouse.product(6)).collect();
        let mut order = |lines: &Vec<(usize, u32)>| {
            let wanted = lines.iter().map(|&(product, quantity)| (products[product], quantity)).collect();
            Order { id: warehouse.order(), cart: warehouse.cart(), wanted }
        };
        let orders = wanted.iter().map(&mut order).collect();
        Self { warehouse, products, orders, delivered: Vec::new() }
    }

    fn let_happen(&mut self, happening: &Happening) {
        let Self { warehouse, products, orders, delivered } = self;
        let event = match happening {
            Happening::Adjust { product, delta } => {
                // Refused where fewer would be left than are promised.
                let _ = warehouse.adjust(products[*product], *delta);
                return;
            }
            Happening::Hold { cart, product, quantity, revision } => {
                // Refused where there are not enough.
                let _ = warehouse.hold(orders[*cart].cart, products[*product], *quantity, *revision);
                return;
            }
            Happening::Wait { seconds } => {
                warehouse.harness.advance(Duration::from_secs(*seconds));
                return;
            }
            Happening::Again { event } => {
                if !delivered.is_empty() {
                    warehouse.harness.deliver(event.get(delivered));
                }
                return;
            }
            Happening::Removed { cart, product, quantity, revision } => {
                warehouse.item_removed(orders[*cart].cart, products[*product], *quantity, *revision)
            }
            Happening::CheckedOut { order } => {
                let Order { id, cart, wanted } = &orders[*order];
                warehouse.checked_out(*id, *cart, wanted)
            }
            Happening::AwaitingValidation { order } => {
                let Order { id, cart, wanted } = &orders[*order];
                warehouse.awaiting_validation(*id, *cart, wanted)
            }
            Happening::Paid { order } => {
                let Order { id, wanted, .. } = &orders[*order];
                warehouse.paid(*id, wanted)
            }
            Happening::Cancelled { order, was_paid } => {
                let Order { id, cart, .. } = &orders[*order];
                warehouse.cancelled(*id, *cart, *was_paid)
            }
        };
        warehouse.harness.deliver(&event);
        delivered.push(event);
    }

    /// Counts all units again from what they are promised to, and compares.
    fn audit(&mut self) {
        let harness = &mut self.warehouse.harness;
        assert!(
            harness
                .parked()
                .iter()
                .all(|parked| parked.error.as_deref().is_some_and(|error| error.contains("early")))
        );
        let (mut reserved, mut settled, mut restocked) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for line in harness.rows::<Hold>().iter().flat_map(|hold| &hold.lines) {
            *reserved.entry(line.product_id).or_insert(0) += i64::from(line.quantity);
        }
        for allocation in harness.rows::<Allocation>() {
            for line in &allocation.lines {
                use AllocationStatus as Status;
                let add = |sum: &mut BTreeMap<ProductId, i64>| {
                    *sum.entry(line.product_id).or_insert(0) += line.quantity
                };
                match allocation.status {
                    Status::Held | Status::Allocated => add(&mut reserved),
                    Status::Settled => add(&mut settled),
                    Status::Restocked => {
                        add(&mut settled);
                        add(&mut restocked);
                    }
                    Status::Rejected | Status::Released | Status::Cancelled => {}
                }
            }
        }
        let mut received = BTreeMap::new();
        for change in harness.rows::<Adjustment>().iter().flat_map(|adjustment| &adjustment.changes) {
            *received.entry(change.product_id).or_insert(0) += change.delta;
        }
        let all_movements = harness.rows::<Movement>().len();
        let mut chained = 0;
        for stock in harness.rows::<Stock>() {
            let of = |sums: &BTreeMap<ProductId, i64>| sums.get(&stock.product_id).copied().unwrap_or(0);
            let (mut on_hand, movements) = (0, self.warehouse.movements(stock.product_id));
            for (number, movement) in (1..).zip(&movements) {
                on_hand += movement.delta;
                assert_ne!(movement.delta, 0);
                assert_eq!((movement.number, movement.on_hand), (number, on_hand), "{movement:?}");
            }
            assert_eq!((on_hand, movements.len() as i64), (stock.on_hand, stock.movements), "{stock:?}");
            chained += movements.len();
            assert!(0 <= stock.reserved && stock.reserved <= stock.on_hand, "{stock:?}");
            assert_eq!(stock.on_hand, stock.received - stock.settled + stock.restocked, "{stock:?}");
            assert_eq!(
                (stock.reserved, stock.settled, stock.restocked, stock.received),
                (of(&reserved), of(&settled), of(&restocked), of(&received)),
                "{stock:?}"
            );
        }
        assert_eq!(chained, all_movements, "every movement is in a product's chain");
    }
}

proptest! {
    #[test]
    fn every_unit_is_accounted_for(wanted in wanted(), happenings in prop::collection::vec(happening(), 1..60)) {
        let mut world = World::new(&wanted);
        for happening in &happenings {
            world.let_happen(happening);
            world.audit();
        }
        // When all carts are forgotten and all orders cancelled, nothing is promised to anybody.
        for order in 0..ORDERS {
            world.let_happen(&Happening::Cancelled { order, was_paid: false });
        }
        world.let_happen(&Happening::Wait { seconds: 120 });
        world.audit();
        for product in world.products.clone() {
            prop_assert_eq!(world.warehouse.level(product).1, 0);
        }
    }

    /// Cart's and ordering's logs reach inventory at their own speed. However they mix, each order is decided once, and its units
    /// leave exactly when it was confirmed, paid, and not cancelled.
    #[test]
    fn however_the_logs_mix_each_order_is_decided_once(
        wanted in wanted(),
        held in any::<[bool; ORDERS]>(),
        cancelled in any::<[bool; ORDERS]>(),
        picks in prop::collection::vec((0..ORDERS, any::<bool>()), 0..40),
    ) {
        let mut world = World::new(&wanted);
        let mut logs: Vec<[Vec<Happening>; 2]> = (0..ORDERS)
            .map(|order| {
                let last = match cancelled[order] {
                    true => Happening::Cancelled { order, was_paid: false },
                    false => Happening::Paid { order },
                };
                // Each is taken from its end.
                [vec![Happening::CheckedOut { order }], vec![last, Happening::AwaitingValidation { order }]]
            })
            .collect();
        for order in (0..ORDERS).filter(|order| held[*order]) {
            let lines = world.orders[order].wanted.clone();
            for (revision, (product, quantity)) in lines.into_iter().enumerate() {
                let cart = world.orders[order].cart;
                let _ = world.warehouse.hold(cart, product, quantity, revision as i64 + 1);
            }
        }
        world.warehouse.harness.published();
        let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let rest = (0..ORDERS).flat_map(|order| [(order, true), (order, false), (order, false)]);
        for (order, from_cart) in picks.into_iter().chain(rest) {
            let Some(mut happening) = logs[order][usize::from(!from_cart)].pop() else { continue };
            if let Happening::Paid { .. } = happening {
                // Ordering has no payment for what was not confirmed; it cancels that.
                let id = world.orders[order].id;
                if world.warehouse.status(id) != Some(AllocationStatus::Allocated) {
                    happening = Happening::Cancelled { order, was_paid: false };
                }
            }
            world.let_happen(&happening);
            world.audit();
            for event in world.warehouse.harness.published() {
                if [CONFIRMED, REJECTED].contains(&event.kind.as_str()) {
                    outcomes.entry(event.subject).or_default().push(event.kind);
                }
            }
        }
        world.let_happen(&Happening::Wait { seconds: 120 });
        world.audit();
        for (order, cancelled) in cancelled.into_iter().enumerate() {
            let id = world.orders[order].id;
            let outcome = outcomes.remove(&id.to_string()).unwrap_or_default();
            let status = world.warehouse.status(id).expect("each order has come");
            let wanted = match (outcome.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), cancelled) {
                ([CONFIRMED], false) => AllocationStatus::Settled,
                ([CONFIRMED], true) => AllocationStatus::Released,
                ([REJECTED], _) => AllocationStatus::Rejected,
                other => panic!("order {order} was not decided once: {other:?}"),
            };
            prop_assert_eq!(status, wanted);
        }
        for product in world.products.clone() {
            prop_assert_eq!(world.warehouse.level(product).1, 0);
        }
    }
}
