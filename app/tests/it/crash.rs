//! Kill -9 under load, again and again: what was acknowledged exists and comes to its end, and everything adds up.

use std::{
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::buyer::{Buyer, Placed, audit, shop};

const CYCLES: u32 = 30;
const BUYERS: u32 = 8;

/// Every outcome that a gateway can have.
const PAYMENT_METHODS: [&str; 4] =
    ["pm_mock_approve", "pm_mock_decline", "pm_mock_timeout_after_success", "pm_mock_duplicate_callback"];

#[test]
fn thirty_kills_lose_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let acknowledged: Mutex<Vec<Placed>> = Mutex::default();
    for cycle in 0..CYCLES {
        let process = shop(directory.path(), &[]);
        let address = process.address;
        std::thread::scope(|scope| {
            for number in 0..BUYERS {
                let acknowledged = &acknowledged;
                scope.spawn(move || {
                    buy_until_the_end(Buyer::new(address, &format!("{cycle}-{number}")), number, acknowledged)
                });
            }
            // Not a wait for anything: the moment of the kill, spread over the load.
            std::thread::park_timeout(Duration::from_millis(u64::from(150 + cycle * 37 % 500)));
            process.kill().expect("it is killed");
        });
    }
    let acknowledged = acknowledged.into_inner().expect("not poisoned");
    assert!(acknowledged.len() > CYCLES as usize, "only {} orders were acknowledged", acknowledged.len());

    let process = shop(directory.path(), &[]);
    let started = Instant::now();
    let mut buyer = Buyer::new(process.address, "last");
    for order in &acknowledged {
        buyer.wait_for(order, &["delivered", "cancelled"]);
    }
    println!(
        "{} orders were acknowledged; all came to their end within {:?}",
        acknowledged.len(),
        started.elapsed()
    );
    check(directory.path(), "live");
    assert!(process.stop().expect("it stops").success());
    check(directory.path(), "stopped");
}

fn buy_until_the_end(mut buyer: Buyer, number: u32, acknowledged: &Mutex<Vec<Placed>>) {
    let Ok(products) = buyer.products() else { return };
    for round in 0.. {
        let product = &products[(number + round) as usize % products.len()];
        let method = PAYMENT_METHODS[(number + round) as usize % PAYMENT_METHODS.len()];
        match buyer.buy(product["id"].as_str().expect("a product has an id"), 1, method) {
            Ok(Ok(order)) => acknowledged.lock().expect("not poisoned").push(order),
            Ok(Err(answer)) => panic!("the shop says {}: {}", answer.status, answer.json()),
            // The process is gone.
            Err(_) => return,
        }
    }
}

fn check(data: &Path, when: &str) {
    let report = audit(data, &[]);
    assert_eq!(report["clean"], true, "{when}: {report:#}");
    assert_eq!(report["live"], when == "live");
}
