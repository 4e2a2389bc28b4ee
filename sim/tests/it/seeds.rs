//! Seeds: repeatable, without a violation, and together they meet every fault.

use sim::{
    coverage::STATES,
    faults::Fault,
    report::{Seeds, run_many},
    run::{keep_quiet_about_caught_panics, run},
};

#[test]
fn a_seed_is_the_same_in_every_run_and_seeds_differ() {
    keep_quiet_about_caught_panics();
    let hashes = |in_words| -> Vec<u64> { (0..12).map(|seed| run(seed, None, in_words).hash).collect() };
    let first = hashes(false);
    assert_eq!(first, hashes(false), "one schedule per seed");
    assert_eq!(first, hashes(true), "and words change nothing");
    let mut different = first.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), first.len());
    let elsewhere = std::thread::spawn(|| run(3, None, false).hash).join().expect("it ends");
    assert_eq!(elsewhere, first[3], "on whichever thread");
}

#[test]
fn no_seed_breaks_an_invariant_and_every_fault_is_met() {
    keep_quiet_about_caught_panics();
    let seeds = Seeds { first: 0, count: 120, threads: 2, goes_on: false };
    let summary = run_many(seeds, None, &|_| {});
    let failure = summary.failures.first();
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(summary.seeds, 120);
    let never = Fault::ALL.iter().filter(|fault| summary.coverage.of(**fault).iter().sum::<u64>() == 0);
    assert_eq!(never.collect::<Vec<_>>(), Vec::<&Fault>::new());
    for (place, (_, state)) in STATES.iter().enumerate() {
        let met: u64 = Fault::ALL.iter().map(|fault| summary.coverage.of(*fault)[place]).sum();
        assert!(met > 0, "no fault has met an order that is {state}");
    }
}

#[test]
fn a_trace_in_words_tells_of_commands_events_and_crashes() {
    keep_quiet_about_caught_panics();
    let has =
        |outcome: &sim::run::Outcome, words: &str| outcome.trace.iter().any(|line| line.contains(words));
    let told = (0..20).map(|seed| run(seed, None, true)).any(|outcome| {
        ["client: ", "publishes order.submitted.v1", ": crash", "Handled"]
            .iter()
            .all(|words| has(&outcome, words))
    });
    assert!(told);
    assert!(run(0, None, false).trace.is_empty());
}
