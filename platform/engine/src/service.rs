//! What a service is to the engine: pure decisions over rows, and their translation to and from public events.

use std::{any::TypeId, time::Duration};

use contracts::{Envelope, Event, Refusal, ServiceName, Timestamp, UnreadableEvent};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    projection::Projection,
    record::Record,
    rows::{Needs, Rows},
    table::Table,
    value::Key,
};

/// A service's rules. Commands, events, timers and effect results are all messages to it.
///
/// `needs` and `handle` are pure: the same message and rows give the same rows, events and reply, however often and wherever they run.
/// So a live batch, a replay, a test and the simulation call the same two functions.
pub trait Service: Send + Sync + 'static {
    /// The service's name: its event source and its database.
    const NAME: ServiceName;

    /// Whether nobody waits for what it does, as for mail: then its lanes and calls take what other services leave of the processors.
    const YIELDS: bool = false;

    /// All that can be asked or told.
    type Message: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync;
    /// What a command is answered.
    type Reply: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send;
    /// A domain fact, before it is translated to a public event.
    type Fact: Send;
    /// A call to the outside that a decision asks for. [`Infallible`](std::convert::Infallible) where there is none.
    type Request: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync;
    /// What the outside answered.
    type Response: Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync;

    /// The tables of the service's records and projections.
    fn tables(&self) -> Vec<&'static Table>;

    /// The aggregate that the message goes to. Messages of one key are handled in order.
    fn key(&self, message: &Self::Message) -> Key;

    /// Asks for the rows that the message reads or changes. Called again until it asks for nothing new.
    fn needs(&self, message: &Self::Message, needs: &mut Needs<'_>);

    /// Decides: changes rows, publishes facts, schedules messages, asks for effects, and answers.
    ///
    /// # Errors
    /// A refusal. The rows are then as before, and nothing that `cx` was told remains.
    fn handle(
        &self,
        message: &Self::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Self>,
    ) -> Result<Self::Reply, Refusal>
    where
        Self: Sized;

    /// Whose events the service listens to, and which types of them.
    fn subscriptions(&self) -> &'static [Subscription];

    /// Translates an event to a message; `None` for one that says nothing to this service.
    ///
    /// # Errors
    /// The event's data does not fit its type.
    fn receive(&self, event: &Envelope) -> Result<Option<Self::Message>, UnreadableEvent>;

    /// Translates a fact to its public event.
    fn publish(&self, fact: Self::Fact) -> Publication;

    /// The message that tells how an effect ended.
    fn effect_ended(&self, request: Self::Request, response: Self::Response) -> Self::Message;

    /// The service's read models.
    fn projections(&self) -> Vec<Box<dyn Projection>> {
        Vec::new()
    }
}

/// A stream that a service listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The service that publishes.
    pub source: ServiceName,
    /// The event types that are handled; others of the same topic are skipped.
    pub types: &'static [&'static str],
}

/// A public event, ready for its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The event's type and version.
    pub kind: &'static str,
    /// The event's data, as JSON.
    pub data: String,
}

impl Publication {
    /// The publication of an event.
    #[allow(clippy::expect_used)] // An event has text keys and integers, so it always has a JSON form.
    pub fn of<E: Event>(event: &E) -> Self {
        Self { kind: E::TYPE, data: serde_json::to_string(event).expect("an event serializes") }
    }
}

/// What the engine does when an effect's outcome is unknown: the process died, or the answer did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectPolicy {
    /// Query by the idempotency key first; call again only when the outside never heard of it. For payments and carriers.
    Ask,
    /// Call again with the same key. For mail, whose repeats can be recognised.
    Repeat,
}

/// Where a message stands in the chain of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The event, command, timer or effect that led here.
    pub id: Uuid,
    /// What the whole chain belongs to.
    pub correlation_id: Uuid,
}

pub(crate) struct Published<F> {
    pub record: TypeId,
    pub table: &'static str,
    pub key: Key,
    pub fact: F,
    pub correlation_id: Uuid,
}

pub(crate) struct Scheduled<M> {
    pub subject: String,
    pub name: String,
    pub due: Timestamp,
    /// `None` cancels the timer.
    pub message: Option<M>,
    pub correlation_id: Uuid,
}

pub(crate) struct Asked<R> {
    pub idempotency_key: String,
    pub policy: EffectPolicy,
    pub request: R,
    pub correlation_id: Uuid,
}

/// What a message's decision has asked for besides changes of rows.
pub(crate) struct Outbox<S: Service> {
    pub events: Vec<Published<S::Fact>>,
    pub timers: Vec<Scheduled<S::Message>>,
    pub effects: Vec<Asked<S::Request>>,
}

impl<S: Service> Outbox<S> {
    pub(crate) fn new() -> Self {
        Self { events: Vec::new(), timers: Vec::new(), effects: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.timers.clear();
        self.effects.clear();
    }
}

/// What a decision has at hand besides its message and rows: the time, new ids, and a place for what follows from it.
pub struct Cx<'a, S: Service> {
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a mut dyn crate::Ids,
    pub(crate) outbox: &'a mut Outbox<S>,
    pub(crate) cause: Cause,
}

impl<S: Service> Cx<'_, S> {
    /// The time of this decision.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A new UUIDv7.
    pub fn new_id(&mut self) -> Uuid {
        self.ids.next(self.now)
    }

    /// Lets the rules of a service of the same words decide in this decision's place. For a service that wraps another.
    pub fn lend<T, R>(&mut self, decide: impl FnOnce(&mut Cx<'_, T>) -> R) -> R
    where
        T: Service<Message = S::Message, Fact = S::Fact, Request = S::Request>,
    {
        let mut outbox = Outbox::<T>::new();
        let mut cx = Cx { now: self.now, ids: self.ids, outbox: &mut outbox, cause: self.cause };
        let result = decide(&mut cx);
        self.cause = cx.cause;
        self.outbox.events.append(&mut outbox.events);
        self.outbox.timers.append(&mut outbox.timers);
        self.outbox.effects.append(&mut outbox.effects);
        result
    }

    /// What led to this message.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// All that follows in this decision, and from it, belongs to `id`: an order's id, on an order's way.
    pub fn correlate(&mut self, id: impl Into<Uuid>) {
        self.cause.correlation_id = id.into();
    }

    /// Publishes a fact about the row of `key`, which must exist when the decision ends. The key is the event's subject.
    pub fn publish<T: Record>(&mut self, key: impl Into<Key>, fact: S::Fact) {
        self.outbox.events.push(Published {
            record: TypeId::of::<T>(),
            table: T::TABLE.name,
            key: key.into(),
            fact,
            correlation_id: self.cause.correlation_id,
        });
    }

    /// Delivers `message` at `due`. A subject has one timer of a name: a later one takes its place.
    pub fn schedule(
        &mut self,
        subject: impl Into<Key>,
        name: impl Into<String>,
        due: Timestamp,
        message: S::Message,
    ) {
        self.timer(subject.into(), name.into(), due, Some(message));
    }

    /// Delivers `message` after `delay`.
    pub fn schedule_in(
        &mut self,
        subject: impl Into<Key>,
        name: impl Into<String>,
        delay: Duration,
        message: S::Message,
    ) {
        let due = self.now.plus(delay);
        self.timer(subject.into(), name.into(), due, Some(message));
    }

    /// Cancels a subject's timer; nothing happens when there is none.
    pub fn cancel(&mut self, subject: impl Into<Key>, name: impl Into<String>) {
        let now = self.now;
        self.timer(subject.into(), name.into(), now, None);
    }

    fn timer(&mut self, subject: Key, name: String, due: Timestamp, message: Option<S::Message>) {
        self.outbox.timers.push(Scheduled {
            subject: subject.to_string(),
            name,
            due,
            message,
            correlation_id: self.cause.correlation_id,
        });
    }

    /// Asks for a call to the outside, made after this decision has committed. Its answer comes back as a message.
    /// The same `idempotency_key` is never called as two effects.
    pub fn effect(&mut self, idempotency_key: impl Into<String>, policy: EffectPolicy, request: S::Request) {
        self.outbox.effects.push(Asked {
            idempotency_key: idempotency_key.into(),
            policy,
            request,
            correlation_id: self.cause.correlation_id,
        });
    }
}
