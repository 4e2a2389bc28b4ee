//! README's tour: what a newcomer pastes into a terminal, run as it stands there.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use testkit::ShopProcess;

use crate::{
    buyer::{Buyer, PROGRAM},
    cli::dead_letters::plant,
    command::fine,
    people::eventually,
};

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
    // Where README has the shop started in the other terminal, the tour waits for it.
    let tour = tour.replace(&format!("{PROGRAM} serve --parcels staff"), "echo RESTART; read -r _");
    let script = format!("set -eu\n{tour}\necho \"FIRST $order\"\necho \"SECOND $other\"\n");
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("ISOTOPE_DATA", data).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut bash = bash.spawn().expect("bash and curl are installed");
    let mut output = BufReader::new(bash.stdout.take().expect("it is piped"));
    let mut told = String::new();
    while !told.ends_with("RESTART\n") {
        assert_ne!(output.read_line(&mut told).expect("text"), 0, "{told}");
    }
    let address = process.address;
    assert!(process.stop().expect("it stops").success());
    // A newcomer has no dead letter; here is one, of an event that ordering has long handled.
    let paid = fine(data, &["events", "list", "--type", "payment.completed.v1", "--json"]).lines().remove(0);
    plant(data, paid["subject"].as_str().expect("an order"), &paid, &paid["data"]);
    let process = ShopProcess::start_at(address, Path::new(PROGRAM), data, &["--parcels", "staff"]);
    let process = process.expect("the shop starts again");
    bash.stdin.take().expect("it is piped").write_all(b"\n").expect("it waits");
    output.read_to_string(&mut told).expect("text");
    assert!(bash.wait().expect("it ends").success(), "{told}");

    assert!(told.contains("order.delivered.v1"), "{told}");
    assert!(told.contains("order.cancelled.v1"), "{told}");
    assert!(told.contains("clean: "), "{told}");
    // Grace's two orders that came to nothing, what she may buy again, and the part that staff have paid back.
    assert!(told.contains("payment_failed") && told.contains(r#""cancel_reason":"customer""#), "{told}");
    assert!(told.contains("last_bought_at") && told.contains("The shade came cracked"), "{told}");
    assert!(told.contains(r#""amount":13100"#), "20,000 less a lamp, and 2,000 of it back: {told}");
    assert!(told.contains(r#""actor":"sam@example.com""#), "{told}");
    assert!(told.contains("RM123456789GB") && told.contains("event is not readable"), "{told}");
    eventually("the dead letter is handled", || {
        fine(data, &["dead-letters", "list", "--state", "all", "--json"]).lines().is_empty()
    });
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
