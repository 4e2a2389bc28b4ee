//! What a seed's world is like: how large, how hasty, and of which stores.

use crate::random::Random;

/// A product of the world.
#[derive(Clone, Copy, Debug)]
pub struct PlannedProduct {
    /// What a unit costs, in cents.
    pub price: i64,
    /// Units at the start.
    pub on_hand: i64,
    /// Whether units are counted.
    pub stocked: bool,
}

/// The world of a seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Steps of the scheduler before faults end.
    pub ticks: usize,
    /// Customers and guests.
    pub shoppers: usize,
    /// What is sold.
    pub products: Vec<PlannedProduct>,
    /// Lanes of each service.
    pub lanes: usize,
    /// Whether stores are such as several processes share.
    pub shared: bool,
    /// Whether carts hold what is in them.
    pub holds: bool,
    /// How long holds last, in milliseconds.
    pub hold_time_ms: u64,
    /// How long orders wait before their stock is asked for, in milliseconds.
    pub grace_period_ms: u64,
    /// Whether parcels move by themselves; else staff move them.
    pub parcels_move: bool,
    /// Whether staff go on until every parcel has arrived.
    pub staff_finish: bool,
    /// Whether each type of event has a topic of its own: then types overtake one another, of one subject too.
    pub topic_per_type: bool,
    /// The most that a batch takes of each kind.
    pub take_max: usize,
    /// How hasty time is: the most that passes in a step, in microseconds.
    pub haste_us: usize,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64, random: &mut Random) -> Self {
        let lanes = random.of(&[1, 1, 2]);
        let products = (0..random.within(2, 4)).map(|number| PlannedProduct {
            price: random.within(0, 5_000) as i64,
            // The first is scarce, the second plenty, the rest as it comes.
            on_hand: match number {
                0 => random.within(0, 4) as i64,
                1 => 1_000,
                _ => random.within(0, 20) as i64,
            },
            stocked: number != 2 || random.chance(5_000),
        });
        let products = products.collect();
        Self {
            seed,
            ticks: random.of(&[300, 1_000, 2_500, 5_000]),
            shoppers: random.within(2, 7),
            products,
            lanes,
            shared: lanes > 1 || random.chance(5_000),
            holds: random.chance(8_000),
            hold_time_ms: random.of(&[3_000, 30_000, 900_000]),
            grace_period_ms: random.of(&[0, 500, 2_000]),
            parcels_move: random.chance(5_000),
            staff_finish: random.chance(8_000),
            topic_per_type: random.chance(4_000),
            take_max: random.of(&[1, 2, 5, 256]),
            haste_us: random.of(&[1_000, 100_000, 2_000_000]),
        }
    }
}
