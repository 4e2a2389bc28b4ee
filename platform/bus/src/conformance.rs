//! What every transport must hold. A transport's tests give a [`Testbed`] and call [`run`] or the rules one by one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use contracts::{PARTITIONS, ServiceName, partition_of};

use crate::{Consumer, Cursors, Delivery, Subscription, Transport, TransportError};

/// A producer with its log and the transport under test.
pub trait Testbed {
    /// The transport.
    fn transport(&self) -> Arc<dyn Transport>;

    /// The producer.
    fn source(&self) -> ServiceName;

    /// Appends an event of each subject to the log, in order, and lets the transport carry them.
    fn publish(&mut self, subjects: &[String]);

    /// Like [`publish`](Self::publish), and the transport hears of the later half first.
    fn publish_out_of_order(&mut self, subjects: &[String]);

    /// Everything but the log is lost: a crash of the producer or of the broker.
    fn restart(&mut self);

    /// The log is replaced by another one that begins anew.
    fn replace_log(&mut self);
}

/// A consumer that keeps its own place, as the engine does: it takes what follows, drops what it knows, and never skips.
struct Reader {
    subscription: Box<dyn Subscription>,
    cursors: Cursors,
    /// What was taken, in order: partition, position, subject, sequence.
    taken: Vec<(u8, i64, String, i64)>,
    wakes: Arc<AtomicUsize>,
}

const POLL_LIMIT: usize = 64;

/// How often a transport may be asked for what it must deliver in the end.
const POLLS_MAX: usize = 100_000;

#[allow(clippy::expect_used, clippy::panic)] // A suite of tests: what must not happen ends it.
impl Reader {
    fn new(testbed: &dyn Testbed, name: &str, partitions: Vec<u8>, cursors: Cursors) -> Self {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = wakes.clone();
        let consumer = Consumer { name: name.to_owned(), source: testbed.source(), partitions };
        let wake = Arc::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let subscription = testbed.transport().subscribe(consumer, wake).expect("a known producer");
        Self { subscription, cursors, taken: Vec::new(), wakes }
    }

    fn of_all(testbed: &dyn Testbed) -> Self {
        Self::new(testbed, "reader", (0..PARTITIONS).collect(), Cursors::default())
    }

    fn poll(&mut self) -> Vec<Delivery> {
        let deliveries = self.subscription.poll(&self.cursors, POLL_LIMIT).expect("events can be read");
        assert!(deliveries.len() <= POLL_LIMIT, "{} events in one poll of {POLL_LIMIT}", deliveries.len());
        deliveries
    }

    fn take(&mut self, delivery: &Delivery) {
        let logged = &delivery.logged;
        let position = self.cursors.position(&logged.topic, logged.partition);
        if logged.position != position + 1 {
            // Known already, or after a gap: what is missing comes with another poll.
            return;
        }
        self.cursors.epoch.get_or_insert(delivery.epoch);
        self.cursors.positions.insert((logged.topic.clone(), logged.partition), logged.position);
        let event = &logged.event;
        self.taken.push((logged.partition, logged.position, event.subject.clone(), event.sequence));
    }

    /// Polls until `count` events are taken.
    fn take_until(&mut self, count: usize) {
        for _ in 0..POLLS_MAX {
            if self.taken.len() >= count {
                break;
            }
            for delivery in self.poll() {
                self.take(&delivery);
            }
            self.subscription.committed(&self.cursors);
        }
        assert_eq!(self.taken.len(), count, "events were lost, or made up");
    }

    /// Every subject's sequences are 1, 2, 3, ...
    fn check_order(&self) {
        let mut sequences: BTreeMap<&str, i64> = BTreeMap::new();
        for (_, _, subject, sequence) in &self.taken {
            let last = sequences.entry(subject).or_insert(0);
            assert_eq!(*sequence, *last + 1, "subject {subject} is out of order");
            *last = *sequence;
        }
    }
}

fn subjects(count: usize, distinct: usize) -> Vec<String> {
    (0..count).map(|number| format!("subject-{}", number % distinct)).collect()
}

/// Events of a key arrive in the order in which they were committed.
pub fn order_per_key(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    testbed.publish(&subjects(500, 20));
    reader.take_until(500);
    reader.check_order();
}

/// What was not committed by the consumer comes again; what was does not have to.
pub fn redelivery(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    testbed.publish(&subjects(10, 1));
    let first: Vec<i64> = reader.poll().iter().map(|delivery| delivery.logged.position).collect();
    let again: Vec<i64> = reader.poll().iter().map(|delivery| delivery.logged.position).collect();
    assert_eq!(first, again, "an uncommitted poll has used the events up");
    reader.take_until(10);
    testbed.publish(&subjects(1, 1));
    reader.take_until(11);
    reader.check_order();
}

/// What a transport hears of too late, or loses on the way, comes from the log.
pub fn gap(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    testbed.publish(&subjects(20, 3));
    testbed.publish_out_of_order(&subjects(40, 3));
    reader.take_until(60);
    reader.check_order();
}

/// Consumers that share the partitions get each event once between them.
pub fn competing_consumers(testbed: &mut dyn Testbed) {
    let (even, odd) = (0..PARTITIONS).partition(|partition| partition.is_multiple_of(2));
    let mut left = Reader::new(testbed, "shared", even, Cursors::default());
    let mut right = Reader::new(testbed, "shared", odd, Cursors::default());
    let subjects = subjects(400, 50);
    testbed.publish(&subjects);
    let of_left = subjects.iter().filter(|subject| partition_of(subject).is_multiple_of(2)).count();
    left.take_until(of_left);
    right.take_until(400 - of_left);
    left.check_order();
    right.check_order();
    let places: BTreeSet<(u8, i64)> = left
        .taken
        .iter()
        .chain(&right.taken)
        .map(|(partition, position, ..)| (*partition, *position))
        .collect();
    assert_eq!(places.len(), 400);
}

/// After a restart a consumer goes on where it stood.
pub fn restart(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    testbed.publish(&subjects(100, 7));
    for delivery in reader.poll() {
        reader.take(&delivery);
    }
    let (cursors, taken) = (reader.cursors.clone(), reader.taken.clone());
    drop(reader);
    testbed.restart();
    let mut reader = Reader::new(testbed, "reader", (0..PARTITIONS).collect(), cursors);
    reader.taken = taken;
    testbed.publish(&subjects(7, 7));
    reader.take_until(107);
    reader.check_order();
}

/// A consumer that comes late reads everything from the first event.
pub fn backlog(testbed: &mut dyn Testbed) {
    testbed.publish(&subjects(20_000, 100));
    let mut reader = Reader::of_all(testbed);
    reader.take_until(20_000);
    reader.check_order();
}

/// A slow consumer loses nothing and holds nobody up.
pub fn slow_consumer(testbed: &mut dyn Testbed) {
    let mut slow = Reader::new(testbed, "slow", (0..PARTITIONS).collect(), Cursors::default());
    let mut quick = Reader::new(testbed, "quick", (0..PARTITIONS).collect(), Cursors::default());
    // All in one partition, so that what a transport keeps in memory for it is soon full.
    for round in 1..=40 {
        testbed.publish(&subjects(500, 1));
        quick.take_until(round * 500);
    }
    slow.take_until(20_000);
    slow.check_order();
    quick.check_order();
}

/// A consumer of a log that was replaced stops with a clear error instead of skipping.
#[allow(clippy::expect_used, clippy::panic)]
pub fn epoch_change(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    testbed.publish(&subjects(10, 1));
    reader.take_until(10);
    let cursors = reader.cursors.clone();
    testbed.replace_log();
    testbed.publish(&subjects(3, 1));
    let mut reader = Reader::new(testbed, "reader", (0..PARTITIONS).collect(), cursors.clone());
    match reader.subscription.poll(&cursors, POLL_LIMIT) {
        Err(TransportError::AnotherLog { origin, .. }) => assert_eq!(origin, testbed.source()),
        other => panic!("a cursor of another epoch must stop the consumer: {other:?}"),
    }
    // A place past the end, as after a restore from an older copy of the same log.
    let mut fresh = Reader::of_all(testbed);
    fresh.take_until(3);
    let mut ahead = fresh.cursors.clone();
    ahead.positions.values_mut().for_each(|position| *position += 100);
    match fresh.subscription.poll(&ahead, POLL_LIMIT) {
        Err(TransportError::AnotherLog { .. }) => {}
        other => panic!("a cursor past the end must stop the consumer: {other:?}"),
    }
}

/// A consumer is woken when events come.
pub fn wake(testbed: &mut dyn Testbed) {
    let mut reader = Reader::of_all(testbed);
    let before = reader.wakes.load(Ordering::SeqCst);
    testbed.publish(&subjects(1, 1));
    reader.take_until(1);
    assert!(reader.wakes.load(Ordering::SeqCst) > before, "nobody woke the consumer");
}

/// A rule.
pub type Rule = fn(&mut dyn Testbed);

/// All rules, by name.
pub const RULES: [(&str, Rule); 9] = [
    ("order_per_key", order_per_key),
    ("redelivery", redelivery),
    ("gap", gap),
    ("competing_consumers", competing_consumers),
    ("restart", restart),
    ("backlog", backlog),
    ("slow_consumer", slow_consumer),
    ("epoch_change", epoch_change),
    ("wake", wake),
];
