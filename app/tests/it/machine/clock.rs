//! A clock that jumps. The shop's own never goes back, so that what waits by it waits no longer.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Command,
};

use testkit::ShopProcess;

use super::{
    place::check_log,
    shoppers::{Shoppers, wait_until},
};
use crate::{
    buyer::{Buyer, PROGRAM, Placed, audit},
    people::Person,
};

const SHOPPERS: usize = 2;

const HOUR: i64 = 3_600;

/// What the shop logs when the machine's clock is behind its own.
const BEHIND: &str = "the machine's clock is behind the shop's";

/// A place for shops whose machine's clock is set by the test, in their own processes alone.
struct Machine {
    directory: tempfile::TempDir,
    library: PathBuf,
}

/// Where the library lies that stands between a program and the machine's clock.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    folders
        .chain([PathBuf::from("/usr/lib")])
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.is_file())
        .expect("the Debian package libfaketime is installed")
}

impl Machine {
    fn new() -> Self {
        let machine =
            Self { directory: tempfile::tempdir().expect("a temporary directory"), library: library() };
        machine.set_clock(0);
        machine
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Sets the clock so many seconds off the true time, also for shops that run.
    fn set_clock(&self, seconds: i64) {
        // Whole, for whoever reads it meanwhile.
        let draft = self.path("clock.new");
        std::fs::write(&draft, format!("{seconds:+}\n")).expect("written");
        std::fs::rename(draft, self.path("clock")).expect("renamed");
    }

    /// Starts a shop whose orders and parcels wait a little.
    fn shop(&self) -> ShopProcess {
        let log = OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        let mut command = Command::new(PROGRAM);
        command
            .stderr(log)
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.path("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
        ShopProcess::start_by(command, &self.data(), &["--grace-period", "1s"])
            .unwrap_or_else(|error| panic!("the shop starts: {error}: {}", self.log()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// How often the shop has said that the machine's clock is behind.
    fn noticed(&self) -> usize {
        self.log().matches(BEHIND).count()
    }

    /// Sets the clock back and waits until the shop has seen it.
    fn set_back(&self, seconds: i64) {
        let before = self.noticed();
        self.set_clock(seconds);
        wait_until("the shop sees that the clock was set back", || self.noticed() > before);
    }
}

/// Each has an id of its own, was paid, and has arrived.
fn all_are_delivered(buyer: &mut Buyer, orders: &[Placed]) {
    let ids: BTreeSet<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids.len(), orders.len(), "an id was given twice");
    for order in orders {
        buyer.wait_for(order, &["delivered"]);
    }
}

fn check(data: &Path, log: &str) {
    let report = audit(data, &[]);
    assert_eq!(report["clean"], true, "{report:#}");
    check_log(log);
}

/// How the shop answers to somebody's access token: it is good, or it has expired.
fn is_known(person: &mut Person) -> bool {
    let answer = person.send("GET", "/api/v1/me", None).expect("the shop answers");
    assert!([200, 401].contains(&answer.status), "{} {}", answer.status, answer.json());
    answer.status == 200
}

#[test]
fn a_clock_that_jumps_holds_nothing_up() {
    let machine = Machine::new();
    let process = machine.shop();
    let mut ada = Person::customer(process.address, "ada@example.com");
    let shoppers = Shoppers::send(process.address, "shopper", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    for back in [-HOUR, -24 * HOUR] {
        machine.set_back(back);
        shoppers.wait_for_more(2 * SHOPPERS);
        assert!(is_known(&mut ada), "no time has passed by the shop's clock that would end a session");
        // What somebody does now is accepted now: a token from before the time that the machine shows, or after it.
        let mut grace = Person::customer(process.address, &format!("grace{back}@example.com"));
        assert!(is_known(&mut grace));
        machine.set_clock(0);
        shoppers.wait_for_more(2 * SHOPPERS);
        assert!(is_known(&mut grace));
    }
    // An hour ahead, tokens have expired. Back again, the shop's clock stays where it was.
    machine.set_clock(HOUR);
    wait_until("the shop sees that the clock was set ahead", || !is_known(&mut ada));
    shoppers.wait_for_more(2 * SHOPPERS);
    machine.set_back(0);
    assert!(!is_known(&mut ada), "what has expired stays so");
    shoppers.wait_for_more(2 * SHOPPERS);

    let orders = shoppers.go_home();
    let mut buyer = Buyer::new(process.address, "reader");
    all_are_delivered(&mut buyer, &orders);
    assert!(process.stop().expect("it stops").success());
    check(&machine.data(), &machine.log());
}

#[test]
fn a_start_with_a_clock_that_is_behind_goes_on_where_the_shop_stood() {
    let machine = Machine::new();
    let process = machine.shop();
    let shoppers = Shoppers::send(process.address, "before", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    let mut orders = shoppers.go_home();
    // Their parcels wait for timers.
    assert!(process.stop().expect("it stops").success());

    machine.set_clock(-HOUR);
    let process = machine.shop();
    assert_eq!(machine.noticed(), 1, "{}", machine.log());
    let shoppers = Shoppers::send(process.address, "after", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    orders.extend(shoppers.go_home());
    let mut buyer = Buyer::new(process.address, "reader");
    all_are_delivered(&mut buyer, &orders);
    assert!(process.stop().expect("it stops").success());
    check(&machine.data(), &machine.log());
}
