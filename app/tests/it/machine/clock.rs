//! A clock that jumps. The shop's own never goes back, so that what waits by it waits no longer.

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use app::{settings::Settings, shop::Shop};
use contracts::Timestamp;
use engine::{Clock, SteadyClock, SystemClock};
use tokio::sync::oneshot;

use super::{
    place::check_log,
    shoppers::{Shoppers, wait_until},
};
use crate::{
    buyer::{Buyer, Placed, audit},
    people::Person,
};

const SHOPPERS: usize = 2;

const HOUR: i64 = 3_600;

/// What the shop logs when the machine's clock is behind its own.
const BEHIND: &str = "the machine's clock is behind the shop's";

/// What shops of this process have logged. There is one log in a process, so these tests take turns.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static TURN: Mutex<()> = Mutex::new(());

fn locked<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&LOG).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A machine's clock that is so many seconds off the true time.
#[derive(Clone, Default)]
struct OffClock(Arc<AtomicI64>);

impl Clock for OffClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst) * 1_000_000)
    }
}

/// A place for shops on a machine whose clock is set by the test.
struct Machine {
    directory: tempfile::TempDir,
    clock: OffClock,
    _turn: MutexGuard<'static, ()>,
}

/// A shop at work, in a thread of its own.
struct RunningShop {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl RunningShop {
    fn stop(self) {
        self.stop.send(()).expect("it serves");
        self.served.join().expect("it stops");
    }
}

impl Machine {
    fn new() -> Self {
        let turn = locked(&TURN);
        // The first of these tests sets the log up for all.
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(|| Log);
        let _ = log.with_ansi(false).try_init();
        locked(&LOG).clear();
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self { directory, clock: OffClock::default(), _turn: turn }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Sets the clock so many seconds off the true time, also for shops that run.
    fn set_clock(&self, seconds: i64) {
        self.clock.0.store(seconds, Ordering::SeqCst);
    }

    /// Starts a shop whose orders and parcels wait a little. What it knows of the time is the machine's clock and what it has stored.
    fn shop(&self) -> RunningShop {
        let mut settings =
            Settings { data: self.data(), listen: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
        settings.ordering.grace_period_ms = 1_000;
        let clock = Arc::new(SteadyClock::new(self.clock.clone()));
        let (stop, stops) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let served = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let shop = Shop::start_by(&settings, clock).await.expect("the shop starts");
                ready.send(shop.address().expect("it listens")).expect("the test waits");
                shop.serve(async { stops.await.unwrap_or_default() }).await;
            });
        });
        RunningShop { address: started.recv().expect("the shop starts"), stop, served }
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&locked(&LOG)).into_owned()
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
    process.stop();
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
    process.stop();

    machine.set_clock(-HOUR);
    let process = machine.shop();
    assert_eq!(machine.noticed(), 1, "{}", machine.log());
    let shoppers = Shoppers::send(process.address, "after", SHOPPERS);
    shoppers.wait_for_more(2 * SHOPPERS);
    orders.extend(shoppers.go_home());
    let mut buyer = Buyer::new(process.address, "reader");
    all_are_delivered(&mut buyer, &orders);
    process.stop();
    check(&machine.data(), &machine.log());
}
