//! README's tour: what a newcomer pastes into a terminal, run as it stands there.

use std::{path::Path, process::Command};

use testkit::ShopProcess;

use crate::buyer::{Buyer, PROGRAM};

const README: &str = include_str!("../../../README.md");

/// The commands of README between two headings.
fn commands(from: &str, to: &str) -> String {
    let start = README.find(from).expect("the heading is there");
    let end = start + README[start..].find(to).expect("the next heading is there");
    let blocks = README[start..end].split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap_or_default());
    // The simulation is built for release, and is a step of the tests by itself.
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with("cargo xtask sim"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_newcomer_buys_follows_cancels_and_finds_the_events() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path();
    // As it starts without any flag: orders have their grace period.
    let process = ShopProcess::start(Path::new(PROGRAM), data, &[]).expect("the shop starts");
    let tour = commands("## Buy something", "## An order's way") + &commands("## Check that", "## Run it");
    let tour = tour
        .replace("http://127.0.0.1:8080", &format!("http://{}", process.address))
        .replace("cargo run --release --", PROGRAM)
        .replace("data/admin.token", &data.join("admin.token").display().to_string());
    let script = format!("set -eu\n{tour}\necho \"FIRST $order\"\necho \"SECOND $other\"\n");
    let output = Command::new("bash").args(["-c", &script]).env("ISOTOPE_DATA", data).output();
    let output = output.expect("bash and curl are installed");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");

    assert!(told.contains("order.delivered.v1"), "{told}");
    assert!(told.contains("order.cancelled.v1"), "{told}");
    assert!(told.contains("clean: "), "{told}");
    // Grace's two orders that came to nothing, what she may buy again, and the part that staff have paid back.
    assert!(told.contains("payment_failed") && told.contains(r#""cancel_reason":"customer""#), "{told}");
    assert!(told.contains("last_bought_at") && told.contains("The shade came cracked"), "{told}");
    assert!(told.contains(r#""amount":13100"#), "20,000 less a lamp, and 2,000 of it back: {told}");
    assert!(told.contains(r#""actor":"sam@example.com""#), "{told}");
    assert!(told.contains("\"recipient\":\"ada@example.com\",\"subject\":"), "{told}");
    let (first, second) = (events_of(data, named(&told, "FIRST ")), events_of(data, named(&told, "SECOND ")));
    for step in ["cart.checked_out.v1", "order.paid.v1", "delivery.started.v1", "order.delivered.v1"] {
        assert!(first.contains(step), "{step}: {first}");
    }
    assert!(second.contains("order.cancelled.v1") && !second.contains("order.shipped.v1"), "{second}");
    let mut buyer = Buyer::new(process.address, "ada");
    let contract = buyer.client.get("/docs/", &[]).expect("the shop answers");
    assert_eq!(contract.status, 200);
}

/// What stands after a word at the beginning of a line.
fn named<'a>(told: &'a str, word: &str) -> &'a str {
    told.lines().rev().find_map(|line| line.strip_prefix(word)).expect("the tour has named it")
}

/// The events of an order, as JSON.
fn events_of(data: &Path, order: &str) -> String {
    let mut listed = Command::new(PROGRAM);
    listed.args(["events", "list", "--json", "--correlation", order, "--data"]).arg(data);
    let output = listed.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
