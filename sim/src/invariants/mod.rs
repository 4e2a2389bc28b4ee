//! What must hold: of stock after every commit, of all else when the world has come to rest.

mod carts;
mod leftovers;
mod logs;
mod money;
mod orders;
mod parcels;
pub mod stock;

use uuid::Uuid;

use crate::world::World;

pub use leftovers::parked_for_a_reason;

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: &'static str,
    /// How.
    pub message: String,
    /// What it is about: the trace's lines that name one of these tell how it came to it.
    pub subjects: Vec<String>,
}

impl Violation {
    /// A broken invariant.
    pub fn new(invariant: &'static str, message: String) -> Self {
        Self { invariant, message, subjects: Vec::new() }
    }

    /// Says what it is about.
    pub fn about(mut self, subject: impl Into<Uuid>) -> Self {
        self.subjects.push(subject.into().to_string());
        self
    }
}

type Rule = fn(&mut World) -> Result<(), Violation>;

/// What must hold when only holds are left to end.
pub fn check_holds(world: &mut World) -> Option<Violation> {
    first_broken(world, &[carts::holds_are_the_carts])
}

/// What must hold when nothing is left to do.
pub fn check_rest(world: &mut World) -> Option<Violation> {
    first_broken(
        world,
        &[
            leftovers::nothing_is_left_over,
            logs::logs_have_no_gaps,
            logs::handled_once,
            logs::consumers_are_at_the_end,
            orders::orders_go_legal_ways,
            orders::acknowledged_is_kept,
            orders::orders_end,
            stock::units_are_accounted_for,
            money::one_capture_per_order,
            money::money_adds_up,
            money::wallets_balance,
            parcels::one_parcel_per_order,
            parcels::cancelled_never_ships,
            carts::carts_have_the_prices,
            logs::read_models_are_rebuilt_alike,
        ],
    )
}

/// What is left to be done, if anything.
pub fn left_over(world: &mut World) -> Option<Violation> {
    first_broken(world, &[leftovers::nothing_is_left_over])
}

fn first_broken(world: &mut World, rules: &[Rule]) -> Option<Violation> {
    rules.iter().find_map(|rule| rule(world).err())
}

/// Says no where something does not hold.
fn hold(holds: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(violation()) }
}
