//! Planted bugs: each is caught, and by an invariant that is about it.

use sim::{planted::Planted, report::caught_within, run::keep_quiet_about_caught_panics};

/// Several times what the slowest needs.
const SEEDS_MAX: u64 = 150;

#[test]
fn each_planted_bug_is_caught_by_an_invariant_that_is_about_it() {
    keep_quiet_about_caught_panics();
    for bug in Planted::ALL {
        let (_, failure) = caught_within(*bug, SEEDS_MAX)
            .unwrap_or_else(|| panic!("{} is not caught within {SEEDS_MAX} seeds", bug.name()));
        assert!(bug.breaks().contains(&failure.invariant), "{}: {failure:?}", bug.name());
    }
}
