//! A store under test, and lanes on it driven by hand.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bus::{Delivery, Logged};
use contracts::{Envelope, Event, PARTITIONS, Refusal, ServiceName, Timestamp, partition_of};
use testkit::PostgresServer;
use uuid::Uuid;

use super::service::{Account, Bank, Message, Told};
use crate::{
    CommandKey, Filter, HeadMove, Lock, MemoryStore, PostgresAddress, PostgresSession, Record, Row, Select,
    Session, SqliteSession, StoreError, Table, Update, Value,
    audit_log::{Actor, AuditEntry},
    clock::{CountedIds, ManualClock},
    core::Core,
    effects::Call,
    message::{Incoming, Origin, Outcome},
    service::{Cause, Service},
    system::{AUDIT_LOG, SYSTEM_TABLES},
};

enum Place {
    Memory(MemoryStore),
    Sqlite { path: PathBuf, _directory: tempfile::TempDir },
    Postgres(PostgresAddress, #[allow(dead_code)] PostgresServer),
}

/// An empty store.
pub struct World {
    place: Place,
    seeds: AtomicU64,
}

impl World {
    pub fn memory() -> Self {
        Self::new(Place::Memory(MemoryStore::new()))
    }

    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Self::new(Place::Sqlite { path: directory.path().join("payment.db"), _directory: directory })
    }

    pub fn postgres() -> Self {
        let server = PostgresServer::start().expect("PostgreSQL starts");
        let url = server.url("conformance").expect("a database is made");
        Self::new(Place::Postgres(PostgresAddress { url, schema: "payment".into() }, server))
    }

    fn new(place: Place) -> Self {
        let world = Self { place, seeds: AtomicU64::new(1) };
        let mut tables = SYSTEM_TABLES.to_vec();
        tables.extend(Bank.tables());
        world.session().create(&tables).expect("the tables are made");
        world
    }

    /// Whether several sessions may write at once.
    pub fn has_many_writers(&self) -> bool {
        !matches!(self.place, Place::Sqlite { .. })
    }

    pub fn session(&self) -> Box<dyn Session> {
        match &self.place {
            Place::Memory(store) => Box::new(store.session()),
            Place::Sqlite { path, .. } => Box::new(SqliteSession::open(path).expect("SQLite opens")),
            Place::Postgres(address, _) => {
                Box::new(PostgresSession::open(address).expect("PostgreSQL answers"))
            }
        }
    }

    /// A lane on the store, as after a start of its process.
    pub fn lane(&self) -> LaneByHand {
        self.lane_on(self.session())
    }

    pub fn lane_on(&self, mut session: Box<dyn Session>) -> LaneByHand {
        let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
        let seed = self.seeds.fetch_add(1, Ordering::Relaxed);
        let ids = Box::new(CountedIds::new(seed));
        let core = Core::load(Arc::new(Bank), &mut *session, clock.clone(), ids).expect("the lane loads");
        LaneByHand { core, session, clock, calls: Vec::new(), logged: Vec::new() }
    }
}

/// A lane whose batches are chosen by the test.
pub struct LaneByHand {
    pub core: Core<Bank>,
    pub session: Box<dyn Session>,
    pub clock: Arc<ManualClock>,
    pub calls: Vec<Call<Bank>>,
    pub logged: Vec<Arc<Logged>>,
}

pub type Reply = Result<i64, Refusal>;

impl LaneByHand {
    pub fn try_run(&mut self, batch: &[Incoming<Bank>]) -> Result<Vec<Outcome<i64>>, StoreError> {
        let mut outcomes: HashMap<usize, Outcome<i64>> = HashMap::new();
        let (calls, all_logged) = (&mut self.calls, &mut self.logged);
        self.core.run(&mut *self.session, batch, &mut |first, committed| {
            for (number, outcome) in committed.outcomes.into_iter().enumerate() {
                assert!(outcomes.insert(first + number, outcome).is_none(), "a message has one outcome");
            }
            calls.extend(committed.calls);
            all_logged.extend(committed.logged);
        })?;
        Ok((0..batch.len())
            .map(|number| outcomes.remove(&number).expect("every message has an outcome"))
            .collect())
    }

    pub fn run(&mut self, batch: &[Incoming<Bank>]) -> Vec<Outcome<i64>> {
        self.try_run(batch).expect("the store works")
    }

    pub fn incoming(&mut self, key: Option<CommandKey>, message: Message) -> Incoming<Bank> {
        let id = self.core.ids.next(self.core.clock.now());
        Incoming::message(
            &Bank,
            Origin::Command { key, actor: None },
            message,
            Cause { id, correlation_id: id },
        )
    }

    /// A command of somebody whom the audit log is to name.
    pub fn command_by(&mut self, actor: Actor, key: Option<CommandKey>, message: Message) -> Reply {
        let id = self.core.ids.next(self.core.clock.now());
        let origin = Origin::Command { key, actor: Some(actor) };
        let incoming = Incoming::message(&Bank, origin, message, Cause { id, correlation_id: id });
        match self.run(&[incoming]).remove(0) {
            Outcome::Decided(reply) => reply,
            other => panic!("a command is decided, not {other:?}"),
        }
    }

    /// The audit log, oldest first.
    pub fn audit_log(&mut self) -> Vec<AuditEntry> {
        let mut entries: Vec<AuditEntry> = self
            .all_rows(&AUDIT_LOG)
            .into_iter()
            .map(|row| AuditEntry::from_row(row).expect("an entry reads as it was written"))
            .collect();
        entries.sort_by_key(|entry| entry.id);
        entries
    }

    pub fn command(&mut self, message: Message) -> Reply {
        self.command_with(None, message)
    }

    pub fn command_with(&mut self, key: Option<CommandKey>, message: Message) -> Reply {
        let incoming = self.incoming(key, message);
        match self.run(&[incoming]).remove(0) {
            Outcome::Decided(reply) => reply,
            other => panic!("a command is decided, not {other:?}"),
        }
    }

    pub fn deliver(&mut self, logged: &Arc<Logged>) -> Outcome<i64> {
        let incoming = Incoming::event(&Bank, Delivery { epoch: Uuid::nil(), logged: logged.clone() });
        self.run(&[incoming]).remove(0)
    }

    pub fn account(&mut self, id: Uuid) -> Option<Account> {
        let filter = Filter::In { column: "id", values: vec![Value::Id(id)] };
        let rows = self.session.select(&Select { table: Account::TABLE, filter, lock: Lock::None });
        let row = rows.expect("rows are read").into_iter().next()?;
        Some(Account::from_row(&mut row.into_iter()).expect("a row reads as it was written"))
    }

    pub fn balance(&mut self, id: Uuid) -> i64 {
        self.account(id).map_or(0, |account| account.balance)
    }

    pub fn all_rows(&mut self, table: &'static Table) -> Vec<Row> {
        self.session.select(&Select { table, filter: Filter::All, lock: Lock::None }).expect("rows are read")
    }

    /// Lets time pass and handles what has come due.
    pub fn advance(&mut self, duration: std::time::Duration) {
        use contracts::Timestamp;
        let now: Timestamp = self.core.clock.now().plus(duration);
        self.clock.advance_to(now);
        let all: Vec<u8> = (0..PARTITIONS).collect();
        let mut batch =
            crate::timers::due(&mut *self.session, &Bank, &all, now, 1_000).expect("timers are read");
        let parked =
            crate::parking::due(&mut *self.session, &all, now, 1_000).expect("parked messages are read");
        batch.extend(parked.into_iter().map(|parked| parked.incoming(&Bank)));
        self.run(&batch);
    }
}

/// Ordering's log, as a producer would write it: one place per event and partition.
#[derive(Default)]
pub struct Producer {
    positions: HashMap<u8, i64>,
    count: u128,
}

impl Producer {
    pub fn tell(&mut self, message: Message) -> Arc<Logged> {
        let subject = message.account().to_string();
        let partition = partition_of(&subject);
        let position = self.positions.entry(partition).or_insert(0);
        *position += 1;
        self.count += 1;
        let id = Uuid::from_u128(self.count);
        let data = serde_json::to_string(&Told { message }).expect("an event serializes");
        let event = Envelope {
            id,
            source: ServiceName::Ordering,
            kind: Told::TYPE.to_owned(),
            time: Timestamp(0),
            subject,
            sequence: 1,
            correlation_id: id,
            causation_id: id,
            data: data.into(),
        };
        Arc::new(Logged { topic: "ordering".into(), partition, position: *position, event })
    }
}

/// How a commit goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// It happens, and its answer is lost.
    AnswerLost,
    /// It does not happen, and nobody says so.
    RequestLost,
}

/// A session whose next commit goes wrong.
pub struct FaultySession {
    pub session: Box<dyn Session>,
    pub fault: Option<CommitFault>,
}

impl Session for FaultySession {
    fn create(&mut self, tables: &[&'static Table]) -> Result<(), StoreError> {
        self.session.create(tables)
    }

    fn shared(&self) -> bool {
        self.session.shared()
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.session.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self.fault.take() {
            None => self.session.commit(),
            Some(CommitFault::AnswerLost) => {
                self.session.commit()?;
                Err(StoreError::Unknown("the connection broke".into()))
            }
            Some(CommitFault::RequestLost) => Err(StoreError::Unknown("the connection broke".into())),
        }
    }

    fn rollback(&mut self) {
        self.session.rollback();
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Row>, StoreError> {
        self.session.select(select)
    }

    fn insert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.session.insert(table, rows)
    }

    fn upsert(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), StoreError> {
        self.session.upsert(table, rows)
    }

    fn update(&mut self, table: &'static Table, updates: Vec<Update>) -> Result<(), StoreError> {
        self.session.update(table, updates)
    }

    fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<(), StoreError> {
        self.session.delete(table, keys)
    }

    fn move_heads(&mut self, moves: &[HeadMove]) -> Result<Vec<i64>, StoreError> {
        self.session.move_heads(moves)
    }

    fn clear(&mut self, table: &'static Table) -> Result<(), StoreError> {
        self.session.clear(table)
    }

    fn replace_rows(&mut self, into: &'static Table, from: &'static Table) -> Result<(), StoreError> {
        self.session.replace_rows(into, from)
    }
}
