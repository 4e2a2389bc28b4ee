//! The command line: on a live shop and on a stopped one, what it says and with which exit code.

pub mod dead_letters;
mod events;
mod staff;
mod tasks;
mod trouble;

use std::path::Path;

use crate::{
    buyer::{Buyer, Placed, shop},
    command::{fine, on, run},
};

/// Buys one of the first product, and waits until the parcel is there or under way.
fn buy(buyer: &mut Buyer, until: &str) -> Placed {
    let product = buyer.products().expect("the shop answers")[0]["id"].as_str().expect("an id").to_owned();
    let placed = buyer.buy(&product, 1, "pm_mock_approve").expect("the shop answers").expect("it is sold");
    buyer.wait_for(&placed, &[until]);
    placed
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let said = run(&["--help"]);
    assert_eq!(said.code, 0);
    for word in [
        "serve",
        "migrate",
        "seed",
        "audit",
        "events",
        "dead-letters",
        "projections",
        "task",
        "backup",
        "restore",
        "staff",
        "config",
        "openapi",
        "completions",
        "Exit codes",
    ] {
        assert!(said.out.contains(word), "{word} is not in {}", said.out);
    }
    let wrong = run(&["events", "list", "--order", "sideways"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("newest"), "{}", wrong.err);
    let completions = run(&["completions", "bash"]);
    assert!(completions.code == 0 && completions.out.contains("dead-letters"));
}

#[test]
fn databases_are_made_and_seeded_by_commands_alone() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    for _ in 0..2 {
        fine(&data, &["migrate"]);
    }
    assert!(data.join("fulfilment.db").is_file());
    let said = fine(&data, &["seed", "--products", "3", "--stock", "7"]);
    assert!(said.out.contains("3 products"), "{}", said.out);
    let again = fine(&data, &["seed", "--products", "5"]);
    assert!(again.out.contains("seeded before"), "{}", again.out);
    let process = shop(&data, &["--seed-products", "9"]);
    let mut buyer = Buyer::new(process.address, "ada");
    assert_eq!(buyer.products().expect("the shop answers").len(), 3);
}

#[test]
fn a_running_shop_is_seeded_through_its_server() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let process = shop(directory.path(), &["--seed-products", "0"]);
    fine(directory.path(), &["seed", "--products", "4"]);
    let mut buyer = Buyer::new(process.address, "ada");
    assert_eq!(buyer.products().expect("the shop answers").len(), 4);
}

#[test]
fn read_models_are_listed_and_made_anew_live_and_stopped() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    let process = shop(data, &["--seed-products", "3"]);
    buy(&mut Buyer::new(process.address, "ada"), "delivered");
    let check = |when: &str| {
        let rebuilt = fine(data, &["projections", "rebuild", "ordering/timeline", "--json"]).lines();
        assert_eq!(rebuilt[0]["differing_rows"], 0, "{when}: {rebuilt:?}");
        assert_eq!(rebuilt[0]["state"], "equal", "{when}: {rebuilt:?}");
        assert!(rebuilt[0]["events"].as_u64().is_some_and(|events| events > 5), "{when}: {rebuilt:?}");
        let listed = fine(data, &["projections", "list", "--json"]).lines();
        assert_eq!((&listed[0]["service"], &listed[0]["name"]), (&"ordering".into(), &"timeline".into()));
        let rows = listed[0]["rows"].as_i64();
        assert!(rows.is_some_and(|rows| rows > 3), "{when}: {listed:?}");
        assert_eq!(listed[0]["shadow"]["state"], "equal", "{when}: {listed:?}");
        let compared = fine(data, &["projections", "compare", "ordering/timeline"]);
        assert!(compared.out.contains("compared: equal"), "{when}: {}", compared.out);
        fine(data, &["projections", "drop", "ordering/timeline"]);
        let gone = on(data, &["projections", "swap", "ordering/timeline"]);
        assert!(gone.code == 1 && gone.err.contains("no_shadow"), "{when}: {}", gone.err);
        let swapped =
            fine(data, &["projections", "rebuild", "ordering/timeline", "--swap", "--json"]).lines();
        assert_eq!((&swapped[0]["state"], &swapped[0]["differing_rows"]), (&"swapped".into(), &0.into()));
        let listed = fine(data, &["projections", "list", "--json"]).lines();
        assert_eq!((listed[0]["rows"].as_i64(), &listed[0]["lag"]), (rows, &0.into()), "{when}: {listed:?}");
        let again = on(data, &["projections", "swap", "ordering/timeline"]);
        assert!(again.code == 1 && again.err.contains("no_shadow"), "{when}: {}", again.err);
    };
    check("live");
    let nothing = on(data, &["projections", "rebuild", "ordering/nothing"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("no such projection"), "{}", nothing.err);
    assert!(process.stop().expect("it stops").success());
    check("stopped");
}

#[test]
fn settings_are_shown_without_secrets_and_checked() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("shop");
    let file = directory.path().join("isotope.toml");
    std::fs::write(&file, "seed_products = 3\ndatabase_url = \"postgres://ada:geheim@db/shop\"\n")
        .expect("written");
    let path = file.to_str().expect("a plain path");
    let shown = fine(&data, &["config", "show", "--config", path]);
    assert!(shown.out.contains("seed_products = 3"), "{}", shown.out);
    assert!(
        shown.out.contains("postgres://ada:***@db/shop") && !shown.out.contains("geheim"),
        "{}",
        shown.out
    );
    assert_eq!(fine(&data, &["config", "check", "--config", path]).out.trim(), "the settings are valid");
    std::fs::write(&file, "seed_product = 3\n").expect("written");
    let wrong = on(&data, &["config", "check", "--config", path]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.out.contains("seed_product"), "{}", wrong.out);

    let process = shop(&data, &["--seed-products", "2"]);
    let live = fine(&data, &["config", "show", "--json"]).lines();
    assert_eq!((&live[0]["seed_products"], &live[0]["ordering"]["grace_period_ms"]), (&2.into(), &0.into()));
    drop(process);
}

/// Every line of a table for people starts with a space and none ends with one.
fn is_table(text: &str) -> bool {
    text.lines().all(|line| line.starts_with(' ') && !line.ends_with(' '))
}

#[test]
fn people_get_tables_without_colours_where_nobody_sits_at_a_terminal() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fine(directory.path(), &["migrate"]);
    fine(directory.path(), &["seed", "--products", "2"]);
    let data: &Path = directory.path();
    for arguments in [&["events", "list"][..], &["projections", "list"], &["dead-letters", "list"]] {
        let said = fine(data, arguments);
        assert!(is_table(&said.out) && !said.out.contains('\u{1b}'), "{arguments:?}: {}", said.out);
        assert!(said.err.is_empty(), "{arguments:?}: {}", said.err);
    }
}
