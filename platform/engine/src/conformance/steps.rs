//! A process that is driven step by step, on the store in memory: what its lane looks for, and when.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use bus::{Consumer, Cursors, Delivery, Subscription, Transport, TransportError, Wake};
use contracts::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    service::{Bank, Message},
    world::{CommitFault, FaultySession, Producer, World},
};
use crate::{
    Clock, CountedIds, MemoryStore, Process, ProcessOptions, Row, Session, StoreError, Take, Update,
    books::Books,
    clock::ManualClock,
    effects,
    process::open_log,
    session::{HeadMove, Select},
    table::Table,
};

/// Hands out what the test has put into it, once.
#[derive(Clone, Default)]
struct Mailbox(Arc<Mutex<Vec<Delivery>>>);

impl Transport for Mailbox {
    fn subscribe(&self, consumer: Consumer, _: Wake) -> Result<Box<dyn Subscription>, TransportError> {
        // Bank's read model listens to Bank itself, which has nothing to tell here.
        let is_bank = consumer.source == contracts::ServiceName::Ordering;
        Ok(if is_bank { Box::new(self.clone()) } else { Box::new(Self::default()) })
    }
}

impl Subscription for Mailbox {
    fn poll(&mut self, _: &Cursors, limit: usize) -> Result<Vec<Delivery>, TransportError> {
        let mut waiting = self.0.lock();
        let count = waiting.len().min(limit);
        Ok(waiting.drain(..count).collect())
    }
}

/// A store that belongs to one process: nobody looks around in it.
struct Own(Box<dyn Session>);

impl Session for Own {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        self.0.create(tables)
    }

    fn shared(&self) -> bool {
        false
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.0.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.0.commit()
    }

    fn rollback(&mut self) {
        self.0.rollback();
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        self.0.select(select)
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.0.insert(table, rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.0.upsert(table, rows)
    }

    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError> {
        self.0.update(table, updates)
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.0.delete(table, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        self.0.move_heads(moves)
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        self.0.clear(table)
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        self.0.replace_rows(into, from)
    }
}

struct Bench {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    mailbox: Mailbox,
    process: Process<Bank>,
}

fn bench() -> Bench {
    let (store, mailbox) = (MemoryStore::new(), Mailbox::default());
    let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
    open_log(&Bank, Box::new(store.session()), Uuid::from_u128(1)).expect("memory has room");
    let session: Box<dyn Session> = Box::new(Own(Box::new(store.session())));
    let process = Process::start(ProcessOptions {
        service: Arc::new(Bank),
        lanes: vec![(session, Box::new(CountedIds::new(1)))],
        transport: Arc::new(mailbox.clone()),
        clock: clock.clone(),
        outside: None,
    });
    Bench { store, clock, mailbox, process: process.expect("it starts") }
}

impl Bench {
    /// Lets all that waits be decided; whether there was anything.
    fn step(&mut self) -> bool {
        let batch = self.process.batch(0, Take::ALL, false);
        assert!(batch.as_ref().is_none_or(|batch| batch.failed.is_none()), "memory does not fail");
        batch.is_some()
    }
}

#[test]
fn a_retry_that_is_due_later_than_another_is_not_forgotten() {
    let mut bench = bench();
    let mut producer = Producer::default();
    for account in [1, 2] {
        let logged = producer.tell(Message::Panic { account: Uuid::from_u128(account) });
        bench.mailbox.0.lock().push(Delivery { epoch: Uuid::nil(), logged });
    }
    assert!(bench.step());
    let dues = |bench: &Bench| {
        let parked = Books::of(&bench.store).parked().expect("memory reads");
        let mut dues: Vec<_> = parked.iter().map(|parked| (parked.due, parked.attempt)).collect();
        dues.sort_unstable();
        dues
    };
    let [(first, 1), (second, 1)] = dues(&bench)[..] else { panic!("two are parked: {:?}", dues(&bench)) };
    assert!(first < second, "their retries are spread");
    bench.clock.advance_to(first);
    assert!(bench.step(), "the first has its retry");
    bench.clock.advance_to(second);
    assert!(bench.step(), "and the second has its own");
    assert!(dues(&bench).iter().all(|(_, attempt)| *attempt == 2), "{:?}", dues(&bench));
}

/// A clock that can be set back.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

fn process_on(store: &MemoryStore, clock: Arc<dyn Clock>, run: u64) -> Process<Bank> {
    let session: Box<dyn Session> = Box::new(store.session());
    let process = Process::start(ProcessOptions {
        service: Arc::new(Bank),
        lanes: vec![(session, Box::new(CountedIds::new(run)))],
        transport: Arc::new(Mailbox::default()),
        clock,
        outside: None,
    });
    process.expect("it starts")
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_calls_from_being_taken_over() {
    const SECOND: i64 = 1_000_000;
    let (store, now) = (MemoryStore::new(), 1_767_225_600 * SECOND);
    open_log(&Bank, Box::new(store.session()), Uuid::from_u128(1)).expect("memory has room");
    let wrong = Arc::new(SetClock(AtomicI64::new(now + 3_600 * SECOND)));
    let mut stays = process_on(&store, wrong.clone(), 1);
    let mut goes = process_on(&store, Arc::new(SetClock(AtomicI64::new(now))), 2);
    let account = Uuid::from_u128(1);
    goes.submit(Uuid::from_u128(9), None, Message::AskOutside { account });
    assert!(goes.batch(0, Take::ALL, false).is_some(), "it asks, and is gone before it calls");
    drop(goes);
    wrong.0.store(now + 61 * SECOND, Ordering::Relaxed);
    stays.batch(0, Take::ALL, false);
    assert_eq!(stays.due_calls().len(), 1, "its lease has ended");
}

#[test]
fn calls_that_cannot_be_taken_over_now_lock_nobody_out() {
    let world = World::sqlite();
    let account = Uuid::from_u128(1);
    world.lane().command(Message::AskOutside { account }).expect("asked");
    let far = Timestamp(i64::MAX);
    for fault in [CommitFault::RequestLost, CommitFault::AnswerLost] {
        let mut failing = FaultySession { session: world.session(), fault: Some(fault) };
        assert!(effects::take_over::<Bank>(&mut failing, far, far, 10).is_err());
        let mut other = world.session();
        other.begin().expect("nobody has the store");
        other.rollback();
        failing.fault = Some(fault);
        assert!(effects::give_up::<Bank>(&mut failing, &format!("ask:{account}"), far).is_err());
        other.begin().expect("nobody has the store");
    }
}
