//! Coming to rest: no more faults, and everything that waits is done, until only holds are left, and then until nothing is.

use contracts::ServiceName;
use engine::{Clock, Take};

use crate::{
    invariants::{self, Violation},
    world::World,
};

/// How many rounds a world may need. Each lets everybody do all they can, or time pass to what is due next.
const ROUNDS_MAX: usize = 1_500;

/// How often what is due is waited for, where nothing says for how long.
const WAIT_US: i64 = 15_000_000;

/// How long is waited for what nothing says when it is due: calls that a process left behind when a clock was an hour ahead.
const WAITS_MAX: usize = 600;

/// Until what a world comes to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Only holds of carts are left to end.
    Holds,
    /// Nothing is left.
    Nothing,
}

/// Brings the world to rest.
pub fn come(world: &mut World, until: Until) {
    world.shop.faults.arm(false);
    let mut waits = 0;
    for _ in 0..ROUNDS_MAX {
        if world.shop.faults.violation().is_some() {
            return;
        }
        if round(world) {
            continue;
        }
        match next_due(world, until) {
            Next::In(micros) => world.shop.time.pass(micros),
            Next::Left(micros) if waits < WAITS_MAX => {
                waits += 1;
                world.shop.time.pass(micros.max(WAIT_US));
            }
            Next::Left(_) => break,
            Next::Never => return,
        }
    }
    let (what, subjects) = match invariants::left_over(world) {
        Some(left) => (left.message, left.subjects),
        None => ("nothing is left over".to_owned(), Vec::new()),
    };
    let message = format!("it goes on and on, or is never done, though nothing fails any more: {what}");
    world.shop.faults.report(Violation { subjects, ..Violation::new("comes_to_rest", message) });
}

/// Everybody does all they can; says whether anybody did anything.
fn round(world: &mut World) -> bool {
    let mut busy = false;
    for place in 0..world.shop.nodes.len() {
        busy |= !world.shop.nodes[place].is_up();
        world.start(place);
        world.shop.nodes[place].look_around();
        for lane in 0..world.shop.plan.lanes {
            busy |= world.batch(place, lane, Take::ALL);
        }
    }
    while world.call_next(0) {
        busy = true;
    }
    while world.call_back() {
        busy = true;
    }
    busy |= world.project();
    let works = world.shop.nodes.iter().any(|node| node.has_work());
    for number in 0..world.clients.len() {
        if world.clients[number].awaits().is_some() && !works {
            world.clients[number].give_up();
            busy = true;
        }
        busy |= world.act(number);
    }
    busy || works
}

/// When something is to be done next.
pub enum Next {
    /// After so many microseconds.
    In(i64),
    /// Not before so many microseconds: a call that a process has left, until its lease ends and somebody looks.
    Left(i64),
    /// Nothing is left.
    Never,
}

/// When something is to be done next, faults or not.
pub fn next_due(world: &World, until: Until) -> Next {
    let (mut next, mut left): (Option<i64>, Option<i64>) = (None, None);
    for node in &world.shop.nodes {
        let now = node.clock().now();
        let mut books = world.shop.books(node.name());
        let timers = books.timers().unwrap_or_default();
        let only_holds = node.name() == ServiceName::Inventory && until == Until::Holds;
        let counts = |subject: &str| !(only_holds && subject.starts_with("holds-until-"));
        let timers = timers.iter().filter(|timer| counts(&timer.subject)).map(|timer| timer.due);
        let parked = books.parked().unwrap_or_default();
        let retries = parked.iter().filter(|parked| parked.state == engine::ParkedState::Retry);
        let retries = retries.map(|parked| parked.due);
        let calls = node.next_call();
        for due in timers.chain(retries).chain(calls) {
            let micros = due.micros_since(now).max(1);
            next = Some(next.map_or(micros, |next| next.min(micros)));
        }
        for effect in books.open_effects().unwrap_or_default() {
            if calls.is_none() && !effect.given_up {
                left = left.max(Some(effect.lease.micros_since(now)));
            }
        }
    }
    match (next, left) {
        (Some(micros), None) => Next::In(micros),
        (Some(micros), Some(_)) => Next::In(micros.min(WAIT_US)),
        (None, Some(micros)) => Next::Left(micros),
        (None, None) => Next::Never,
    }
}
