//! What is left over, and should not be.

use contracts::ServiceName;

use super::{Violation, hold};
use crate::{rules::MADE_TO_FAIL, shop::Shop, world::World};

/// No message is parked or dead, no timer is set, no call is under way or given up.
pub(super) fn nothing_is_left_over(world: &mut World) -> Result<(), Violation> {
    const RULE: &str = "nothing_is_left_over";
    for name in world.shop.services() {
        let mut books = world.shop.books(name);
        let (parked, timers) = (books.parked().unwrap_or_default(), books.timers().unwrap_or_default());
        let effects = books.open_effects().unwrap_or_default();
        let left = [
            parked.first().map(|parked| (format!("{parked:?}"), parked.subject.clone())),
            timers.first().map(|timer| (format!("{timer:?}"), timer.subject.clone())),
            effects.first().map(|effect| (format!("{effect:?}"), effect.idempotency_key.clone())),
        ];
        if let Some((what, subject)) = left.into_iter().flatten().next() {
            let mut violation = Violation::new(RULE, format!("{name} has left {what}"));
            violation.subjects.push(subject);
            return Err(violation);
        }
    }
    Ok(())
}

/// What is parked was made to fail, or waits behind such a message: the rules have no errors of their own.
pub fn parked_for_a_reason(shop: &Shop, name: ServiceName) {
    for parked in shop.books(name).parked().unwrap_or_default() {
        let has_reason = parked.error.as_ref().is_none_or(|error| error.contains(MADE_TO_FAIL));
        let outcome = hold(has_reason, || {
            let mut violation =
                Violation::new("nothing_is_parked_without_reason", format!("{name} has parked {parked:?}"));
            violation.subjects.push(parked.subject.clone());
            violation
        });
        if let Err(violation) = outcome {
            shop.faults.report(violation);
        }
    }
}
