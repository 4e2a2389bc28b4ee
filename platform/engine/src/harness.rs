//! A service's rules on the store in memory, driven by hand: one message at a time, at a time of the test's choosing.
//! For the tests of services; what it runs is the engine's own unit of work.

use std::sync::Arc;

use bus::{Delivery, Logged};
use contracts::{Envelope, Event, Refusal, ServiceName, Timestamp, partition_of};
use uuid::Uuid;

use crate::{
    clock::{Clock, CountedIds, Ids, ManualClock},
    commands::CommandKey,
    core::Core,
    effects::Call,
    memory::{MemorySession, MemoryStore},
    message::{Incoming, Origin, Outcome},
    parking::{self, Parked},
    record::Record,
    service::{Cause, Service},
    session::{Filter, Lock, Select, Session},
    system::SYSTEM_TABLES,
    timers,
    value::{Key, Value},
};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was handled.
    Handled,
    /// It had been handled before, or says nothing to the service.
    Skipped,
    /// It was deferred, or is parked.
    Waiting,
}

/// A service under test.
pub struct Harness<S: Service> {
    core: Core<S>,
    session: MemorySession,
    clock: Arc<ManualClock>,
    ids: CountedIds,
    calls: Vec<Call<S>>,
    published: Vec<Envelope>,
    /// The positions given to the events that the test makes, per source and partition.
    positions: std::collections::HashMap<(ServiceName, u8), i64>,
    sequences: std::collections::HashMap<String, i64>,
}

#[allow(clippy::expect_used, clippy::panic)] // A test's tool: what must not happen ends the test.
impl<S: Service> Harness<S> {
    /// A service with an empty database, at the start of 2026.
    pub fn new(service: S) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_767_225_600_000_000)));
        let mut session = MemoryStore::new().session();
        let mut tables = SYSTEM_TABLES.to_vec();
        tables.extend(service.tables());
        session.create(&tables).expect("memory has room");
        let ids = Box::new(CountedIds::new(1));
        let core =
            Core::load(Arc::new(service), &mut session, clock.clone(), ids).expect("an empty store loads");
        Self {
            core,
            session,
            clock,
            ids: CountedIds::new(2),
            calls: Vec::new(),
            published: Vec::new(),
            positions: Default::default(),
            sequences: Default::default(),
        }
    }

    /// A new id, as a caller or another service would make it.
    pub fn new_id(&mut self) -> Uuid {
        self.ids.next(self.clock.now())
    }

    /// The time of the next decision.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn run(&mut self, batch: &[Incoming<S>]) -> Vec<Outcome<S::Reply>> {
        let (mut outcomes, mut published, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        self.core
            .run(&mut self.session, batch, &mut |_, committed| {
                outcomes.extend(committed.outcomes);
                published.extend(committed.logged.iter().map(|logged| logged.event.clone()));
                calls.extend(committed.calls);
            })
            .expect("memory does not fail");
        self.published.extend(published);
        self.calls.extend(calls);
        outcomes
    }

    /// Gives a command.
    ///
    /// # Errors
    /// The refusal.
    pub fn command(&mut self, message: S::Message) -> Result<S::Reply, Refusal> {
        self.command_with(None, message)
    }

    /// Gives a command under an idempotency key.
    ///
    /// # Errors
    /// The refusal.
    pub fn command_with(
        &mut self,
        key: Option<CommandKey>,
        message: S::Message,
    ) -> Result<S::Reply, Refusal> {
        let id = self.new_id();
        let cause = Cause { id, correlation_id: id };
        let incoming =
            Incoming::message(&*self.core.service, Origin::Command { key, actor: None }, message, cause);
        match self.run(&[incoming]).pop() {
            Some(Outcome::Decided(reply)) => reply,
            Some(Outcome::Failed(error)) => panic!("the command failed: {error}"),
            other => panic!("a command is decided or fails, not {other:?}"),
        }
    }

    /// An event of another service about `subject`, with its place in that service's log.
    pub fn make_event<E: Event>(
        &mut self,
        source: ServiceName,
        subject: impl Into<Key>,
        event: &E,
    ) -> Arc<Logged> {
        let subject = subject.into().to_string();
        let partition = partition_of(&subject);
        let position = self.positions.entry((source, partition)).or_insert(0);
        *position += 1;
        let position = *position;
        let sequence = self.sequences.entry(format!("{source}/{subject}")).or_insert(0);
        *sequence += 1;
        let sequence = *sequence;
        let id = self.new_id();
        let event = Envelope {
            id,
            source,
            kind: E::TYPE.to_owned(),
            time: self.now(),
            correlation_id: subject.parse().unwrap_or(id),
            causation_id: id,
            subject,
            sequence,
            data: serde_json::to_string(event).expect("an event serializes").into(),
        };
        Arc::new(Logged { topic: source.as_str().into(), partition, position, event })
    }

    /// Delivers an event, perhaps not for the first time.
    pub fn deliver(&mut self, logged: &Arc<Logged>) -> Fate {
        let delivery = Delivery { epoch: Uuid::nil(), logged: logged.clone() };
        let incoming = Incoming::event(&*self.core.service, delivery);
        match self.run(&[incoming]).pop() {
            Some(Outcome::Handled) => Fate::Handled,
            Some(Outcome::Skipped) => Fate::Skipped,
            _ => Fate::Waiting,
        }
    }

    /// Makes an event and delivers it.
    pub fn event<E: Event>(&mut self, source: ServiceName, subject: impl Into<Key>, event: &E) -> Fate {
        let logged = self.make_event(source, subject, event);
        self.deliver(&logged)
    }

    /// Lets time pass, and fires what comes due on the way, timer by timer.
    pub fn advance(&mut self, duration: std::time::Duration) {
        let end = self.now().plus(duration);
        let all: Vec<u8> = (0..contracts::PARTITIONS).collect();
        loop {
            let next = timers::next_due(&mut self.session, &all).expect("memory does not fail");
            let Some(due) = next.filter(|due| *due <= end) else { break };
            self.clock.advance_to(due);
            let now = self.now();
            let timers =
                timers::due(&mut self.session, &*self.core.service, &all, now, 1).expect("timers read");
            self.run(&timers);
        }
        self.clock.advance_to(end);
        let retries = parking::due(&mut self.session, &all, end, 100).expect("memory does not fail");
        let retries: Vec<_> =
            retries.into_iter().map(|parked| parked.incoming(&*self.core.service)).collect();
        self.run(&retries);
    }

    /// The requests of the effects that were asked for and not answered.
    pub fn requests(&self) -> Vec<S::Request> {
        self.calls.iter().map(|call| call.request.clone()).collect()
    }

    /// Answers the effect that was asked for first.
    pub fn answer(&mut self, response: S::Response) -> Fate {
        let call = self.calls.remove(0);
        let message = self.core.service.effect_ended(call.request.clone(), response);
        let origin = Origin::Effect { idempotency_key: call.idempotency_key.clone() };
        let incoming = Incoming::message(&*self.core.service, origin, message, call.cause);
        match self.run(&[incoming]).pop() {
            Some(Outcome::Handled) => Fate::Handled,
            Some(Outcome::Skipped) => Fate::Skipped,
            _ => Fate::Waiting,
        }
    }

    /// The events published since the last call, oldest first.
    pub fn published(&mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.published)
    }

    /// The types of the events published since the last call.
    pub fn published_types(&mut self) -> Vec<String> {
        self.published().into_iter().map(|event| event.kind).collect()
    }

    /// The row of a key.
    pub fn row<T: Record>(&mut self, key: impl Into<Key>) -> Option<T> {
        let column = T::TABLE.columns[0].name;
        let filter = Filter::In { column, values: vec![Value::from(key.into())] };
        let rows =
            self.session.select(&Select { table: T::TABLE, filter, lock: Lock::None }).expect("memory reads");
        rows.into_iter()
            .next()
            .map(|row| T::from_row(&mut row.into_iter()).expect("a row reads as it was written"))
    }

    /// All rows of a record, by key.
    pub fn rows<T: Record>(&mut self) -> Vec<T> {
        let select = Select { table: T::TABLE, filter: Filter::All, lock: Lock::None };
        let rows = self.session.select(&select).expect("memory reads");
        rows.into_iter()
            .map(|row| T::from_row(&mut row.into_iter()).expect("a row reads as it was written"))
            .collect()
    }

    /// The parked messages, in order.
    pub fn parked(&mut self) -> Vec<Parked> {
        parking::all(&mut self.session).expect("memory reads")
    }
}
