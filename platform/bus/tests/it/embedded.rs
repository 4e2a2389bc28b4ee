//! The embedded transport over a log in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bus::{
    Consumer, Embedded, Log, Logged, Transport,
    conformance::{self, Testbed},
};
use contracts::{Envelope, PARTITIONS, ServiceName, Timestamp, partition_of};
use uuid::Uuid;

const SOURCE: ServiceName = ServiceName::Ordering;

#[derive(Default)]
struct MemoryLog {
    epoch: Uuid,
    events: Mutex<Vec<Arc<Logged>>>,
}

impl Log for MemoryLog {
    fn epoch(&self) -> Uuid {
        self.epoch
    }

    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
        let events = self.events.lock().expect("not poisoned");
        Ok(events.iter().map(|logged| ((logged.topic.clone(), logged.partition), logged.position)).collect())
    }

    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
        let events = self.events.lock().expect("not poisoned");
        let wanted = |logged: &&Arc<Logged>| {
            &*logged.topic == topic && logged.partition == partition && logged.position > after
        };
        Ok(events.iter().filter(wanted).take(limit).cloned().collect())
    }
}

struct Bed {
    transport: Embedded,
    log: Arc<MemoryLog>,
    positions: HashMap<u8, i64>,
    sequences: HashMap<String, i64>,
}

impl Bed {
    fn new() -> Self {
        let mut bed = Self {
            transport: Embedded::new(),
            log: Arc::default(),
            positions: HashMap::new(),
            sequences: HashMap::new(),
        };
        bed.restart();
        bed
    }

    fn append(&mut self, subjects: &[String]) -> Vec<Arc<Logged>> {
        let mut appended = Vec::new();
        for subject in subjects {
            let partition = partition_of(subject);
            let position = self.positions.entry(partition).or_insert(0);
            *position += 1;
            let sequence = self.sequences.entry(subject.clone()).or_insert(0);
            *sequence += 1;
            let event = Envelope {
                id: Uuid::from_u128(*position as u128),
                source: SOURCE,
                kind: "test.happened.v1".into(),
                time: Timestamp(0),
                subject: subject.clone(),
                sequence: *sequence,
                correlation_id: Uuid::nil(),
                causation_id: Uuid::nil(),
                data: "{}".into(),
            };
            appended.push(Arc::new(Logged {
                topic: "ordering".into(),
                partition,
                position: *position,
                event,
            }));
        }
        self.log.events.lock().expect("not poisoned").extend(appended.iter().cloned());
        appended
    }
}

impl Testbed for Bed {
    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(self.transport.clone())
    }

    fn source(&self) -> ServiceName {
        SOURCE
    }

    fn publish(&mut self, subjects: &[String]) {
        let appended = self.append(subjects);
        self.transport.announce(SOURCE, &appended);
    }

    fn publish_out_of_order(&mut self, subjects: &[String]) {
        let appended = self.append(subjects);
        let (first, second) = appended.split_at(appended.len() / 2);
        self.transport.announce(SOURCE, second);
        self.transport.announce(SOURCE, first);
    }

    fn restart(&mut self) {
        self.transport = Embedded::new();
        self.transport.add_producer(SOURCE, self.log.clone()).expect("the log reads");
    }

    fn replace_log(&mut self) {
        self.log = Arc::new(MemoryLog { epoch: Uuid::from_u128(2), ..MemoryLog::default() });
        self.positions.clear();
        self.sequences.clear();
        self.restart();
    }
}

/// What another process has committed is in the log before anybody here has heard of it.
#[test]
fn a_consumer_that_has_gone_is_not_woken() {
    let mut bed = Bed::new();
    let woken = Arc::new(AtomicU32::new(0));
    let consumer = Consumer { name: "gone".into(), source: SOURCE, partitions: vec![0] };
    let count = woken.clone();
    let wake = Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let subscription = bed.transport.subscribe(consumer, wake).expect("it subscribes");
    bed.publish(&["a".to_owned()]);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
    drop(subscription);
    bed.publish(&["a".to_owned()]);
    assert_eq!(woken.load(Ordering::Relaxed), 1);
}

#[test]
fn where_there_is_little_room_every_partition_has_its_turn() {
    let mut bed = Bed::new();
    let subjects: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    bed.publish(&subjects);
    let consumer = Consumer { name: "reader".into(), source: SOURCE, partitions: (0..PARTITIONS).collect() };
    let mut subscription = bed.transport().subscribe(consumer, Arc::new(|| {})).expect("a known producer");
    let mut cursors = bus::Cursors::default();
    let mut turns = Vec::new();
    for _ in 0..PARTITIONS {
        let deliveries = subscription.poll(&cursors, 2).expect("events can be read");
        for Logged { topic, partition, position, .. } in deliveries.iter().map(|delivery| &*delivery.logged) {
            cursors.positions.insert((topic.clone(), *partition), *position);
            turns.push(*partition);
        }
        // As many come again as were read.
        bed.publish(&subjects[..2]);
    }
    let all: Vec<u8> = (0..PARTITIONS).flat_map(|partition| [partition; 2]).collect();
    assert_eq!(turns, all);
}

#[test]
fn events_that_nobody_announced_do_not_stop_a_consumer() {
    let mut bed = Bed::new();
    let subjects = ["a".to_owned(), "a".to_owned()];
    bed.publish(&subjects);
    bed.append(&subjects[..1]);
    let consumer = bus::Consumer { name: "reader".into(), source: SOURCE, partitions: (0..8).collect() };
    let mut subscription = bed.transport().subscribe(consumer, Arc::new(|| {})).expect("a known producer");
    let mut cursors = bus::Cursors::default();
    let first = subscription.poll(&cursors, 10).expect("events can be read");
    assert_eq!(first.len(), 2, "what is known here");
    // A consumer that has read the third elsewhere, as after a restart, is no stranger.
    let partition = first[0].logged.partition;
    cursors.positions.insert(("ordering".into(), partition), 3);
    assert!(subscription.poll(&cursors, 10).expect("the log has it").is_empty());
}

macro_rules! rules {
    ($($rule:ident,)*) => {
        $(#[test]
        fn $rule() {
            conformance::$rule(&mut Bed::new());
        })*

        #[test]
        fn every_rule_of_the_suite_is_run() {
            let names: Vec<&str> = conformance::RULES.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$(stringify!($rule)),*]);
        }
    };
}

rules! {
    order_per_key,
    redelivery,
    gap,
    competing_consumers,
    restart,
    backlog,
    slow_consumer,
    epoch_change,
    wake,
}
