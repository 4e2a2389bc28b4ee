//! The drivers against a real server: what they do is what the shop accepts.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs a benchmark with the server that is built beside it.
fn run(name: &str, arguments: &[&str]) -> Output {
    let bench = Path::new(env!("CARGO_BIN_EXE_bench"));
    let server = bench.with_file_name("isotope");
    assert!(server.exists(), "{} is missing: build it with `cargo build -p app`", server.display());
    Command::new(bench).args([name, "--json"]).args(arguments).output().expect("bench runs")
}

/// What a benchmark that ends well says.
fn report(name: &str, arguments: &[&str]) -> Value {
    let Output { status, stdout, stderr } = run(name, arguments);
    assert!(status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).expect("one object")
}

#[test]
fn a_rush_sells_exactly_the_stock_in_each_way() {
    for way in [["--holds", "on"].as_slice(), &["--holds", "off"], &["--buy-now"], &["--logged-in"]] {
        let report = report("orders", &[&["--hot", "--stock", "5", "--concurrency", "8"], way].concat());
        assert_eq!(report["paid"], 5, "{way:?}: {report}");
        assert_eq!(report["errors"], 0, "{way:?}: {report}");
    }
}

/// A file of `invoices` sales in the Online Retail format: customers and guests, two countries, postage, a line of less than a penny a
/// unit, a return and an adjustment.
fn sales(invoices: usize) -> String {
    let mut text =
        String::from("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for number in 0..invoices {
        let (day, customer) = (
            1 + number / 40,
            if number % 3 == 0 { String::new() } else { (10_000 + number % 7).to_string() },
        );
        let country = if number % 5 == 0 { "France" } else { "United Kingdom" };
        let row = |code: &str, quantity: i64, price: &str| {
            let (hour, minute) = (8 + number % 40 / 5, number % 5);
            format!(
                "{},{code},\"MUG, {code}\",{quantity},2011-02-{day:02} {hour:02}:{minute:02}:00,{price},{customer},{country}\n",
                500_000 + number
            )
        };
        text += &row("22041", 1 + number as i64 % 9, "2.55");
        text += &row("85123", 3, "0.125");
        text += &row("POST", 1, "18");
    }
    text += "C600000,22041,MUG,-1,2011-02-02 09:00:00,2.55,10001,France\nA600001,B,Adjust,1,2011-02-02 09:00:00,11062.06,,France\n";
    text
}

#[test]
fn real_orders_add_up_also_when_the_server_is_killed_on_the_way() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sales.csv");
    std::fs::write(&file, sales(450)).expect("written");
    let (file, keep) = (file.to_str().expect("text"), folder.path().join("shop"));
    let keep = keep.to_str().expect("text");

    let killed = report("replay", &["--data", file, "--keep", keep, "--kills", "2"]);
    assert_eq!(
        (&killed["orders"], &killed["lines"], &killed["customers"]),
        (&450.into(), &1_350.into(), &7.into())
    );
    assert_eq!((&killed["is_equal"], &killed["kills"]), (&true.into(), &2.into()));

    // Nothing is left to send, and nothing is there twice.
    let again = report("replay", &["--data", file, "--keep", keep]);
    assert_eq!((&again["is_equal"], &again["orders_sent"]), (&true.into(), &0.into()));

    // The progress is a hint: without it all is sent again, and the shop knows it.
    std::fs::remove_file(Path::new(keep).join("replay.json")).expect("removed");
    let anew = report("replay", &["--data", file, "--keep", keep]);
    assert_eq!((&anew["is_equal"], &anew["orders_sent"]), (&true.into(), &450.into()));

    // The shop of one file is not that of another.
    let other = folder.path().join("other.csv");
    std::fs::write(&other, sales(40)).expect("written");
    let refused = run("replay", &["--data", other.to_str().expect("text"), "--keep", keep]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another file"));
}
