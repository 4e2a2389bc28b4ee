//! A run: one seed from its first moment to its rest, and what it came to.

use std::cell::Cell;

use catalog::domain::{NewProduct, ProductStatus};
use contracts::{Currency, Money, ProductId, ServiceName, TaxClass};
use inventory::{AdjustmentReason, Change, WantedChange};
use ordering::Order;

use crate::{
    ask::Ask,
    coverage::Coverage,
    faults::Fault,
    invariants::{self, Violation},
    plan::{Plan, PlannedProduct},
    planted::Planted,
    rest::{self, Until},
    shopper::Shopper,
    staff::{Merchants, Packers},
    world::World,
};

/// How many lines of the trace tell of a violation.
const LINES: usize = 60;

/// What a seed came to.
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What its world was like.
    pub plan: Plan,
    /// The faults that were on, with their rates in parts of 10,000.
    pub faults: Vec<(Fault, usize)>,
    /// The hash of its trace: the same in every run.
    pub hash: u64,
    /// The first invariant that broke.
    pub violation: Option<Violation>,
    /// The trace in words, where it was asked for.
    pub trace: Vec<String>,
    /// The last lines about what is at fault, where words were asked for.
    pub about: Vec<String>,
    /// Which faults met orders in which states.
    pub coverage: Coverage,
    /// Orders that were placed.
    pub orders: usize,
    /// Events that were published.
    pub events: usize,
    /// How much time passed in its world, in microseconds.
    pub passed_us: i64,
}

thread_local! {
    /// Whether a seed runs in this thread: rules may panic there, and are caught.
    static RUNS: Cell<bool> = const { Cell::new(false) };
}

/// Lets no panic of rules that a seed's engine catches be printed. What else panics is.
pub fn keep_quiet_about_caught_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !RUNS.get() {
            print(panic);
        }
    }));
}

/// Runs a seed; `in_words` keeps its trace.
///
/// # Panics
/// Its world cannot be made, which would be a fault of the simulation.
#[allow(clippy::expect_used)] // Memory does not fail before faults are armed.
pub fn run(seed: u64, planted: Option<Planted>, in_words: bool) -> Outcome {
    let mut world = World::of(seed, planted, in_words).expect("the world is made");
    RUNS.set(true);
    let violation = live(&mut world);
    RUNS.set(false);
    let shop = &world.shop;
    let about = match &violation {
        Some(violation) => shop.trace.last_of(&violation.subjects, LINES),
        None => Vec::new(),
    };
    let events =
        shop.services().into_iter().map(|name| shop.books(name).events(name).map_or(0, |log| log.len()));
    Outcome {
        seed,
        plan: shop.plan.clone(),
        faults: shop.faults.on(),
        hash: shop.trace.hash(),
        violation,
        about,
        trace: shop.trace.lines().to_vec(),
        orders: shop.all::<Order>(ServiceName::Ordering).len(),
        events: events.sum(),
        passed_us: shop.time.passed(),
        coverage: world.coverage,
    }
}

fn live(world: &mut World) -> Option<Violation> {
    open_shop(world);
    world.shop.faults.arm(true);
    for _ in 0..world.shop.plan.ticks {
        world.tick();
        if let Some(violation) = world.shop.faults.violation() {
            return Some(violation);
        }
    }
    rest::come(world, Until::Holds);
    if let Some(violation) = world.shop.faults.violation().or_else(|| invariants::check_holds(world)) {
        return Some(violation);
    }
    rest::come(world, Until::Nothing);
    world.shop.faults.violation().or_else(|| invariants::check_rest(world))
}

/// A product with nothing remarkable about it.
pub(crate) fn new_product(product_id: ProductId, name: String, price: Money, stocked: bool) -> NewProduct {
    NewProduct {
        product_id,
        slug: None,
        sku: None,
        name,
        description: "Good and useful.".into(),
        price,
        weight_grams: 100,
        stocked,
        status: ProductStatus::Listed,
        tax_class: TaxClass::Standard,
        category_ids: Vec::new(),
        pictures: Vec::new(),
        featured: None,
        options: Vec::new(),
        variants: Vec::new(),
    }
}

/// Products, stock and clients.
fn open_shop(world: &mut World) {
    let products = world.shop.plan.products.clone();
    let ids: Vec<ProductId> = products.iter().map(|_| ProductId(world.shop.new_id())).collect();
    let new = |(number, (product_id, planned)): (usize, (&ProductId, &PlannedProduct))| {
        let price = Money::new(planned.price, Currency::EUR);
        new_product(*product_id, format!("Product {number}"), price, planned.stocked)
    };
    let new = ids.iter().zip(&products).enumerate().map(new).collect();
    (0..world.shop.nodes.len()).for_each(|place| {
        world.start(place);
    });
    world.shop.ask(Ask::Catalog(catalog::Message::CreateProducts { products: new }), None);
    rest::come(world, Until::Holds);
    let received = ids.iter().zip(&products).filter(|(_, planned)| planned.stocked && planned.on_hand > 0);
    let changes: Vec<WantedChange> = received
        .map(|(product_id, planned)| WantedChange {
            product_id: *product_id,
            change: Change::By(planned.on_hand),
        })
        .collect();
    let adjustment_id = world.shop.new_id();
    let reason = AdjustmentReason::Received;
    let stock = inventory::Message::AdjustStock { adjustment_id, reason, note: None, changes };
    world.shop.ask(Ask::Inventory(stock), None);
    rest::come(world, Until::Holds);
    let shoppers: Vec<Shopper> =
        (0..world.shop.plan.shoppers).map(|_| Shopper::new(&mut world.shop, &ids)).collect();
    let customers = shoppers.iter().filter_map(Shopper::customer).collect();
    for shopper in shoppers {
        world.clients.push(Box::new(shopper));
    }
    world.clients.push(Box::new(Packers::default()));
    let left = world.shop.faults.of_items(&[0, 5, 20]);
    world.clients.push(Box::new(Merchants::new(customers, left)));
}
