//! Parking: a message that cannot be handled waits with all later ones of its subject, while other subjects flow.
//! It is tried again on one schedule for the whole cluster, and is a dead letter when that has ended.

use std::time::Duration;

use contracts::{Envelope, Timestamp, partition_of};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    audit_log::{self, Actor, AuditEntry, RowChange},
    clock::{Ids, RandomIds},
    message::{Incoming, Origin},
    service::{Cause, Service},
    session::{Filter, Lock, Select, Session, StoreError},
    system::PARKED,
    value::{Field, Row, UnreadableValue, Value},
};

/// How long to wait before each further attempt: three quick ones, then longer and longer.
const RETRY_DELAYS: [Duration; 9] = [
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(3_600),
];

/// What a parked message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedState {
    /// Its next attempt.
    Retry,
    /// The message before it, of the same subject.
    Blocked,
    /// A person: it is a dead letter.
    Dead,
}
crate::text_field!(ParkedState);

/// What is parked: an event as it came, or a message of this service's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// An event of another service, translated anew at each attempt.
    Event(Envelope),
    /// A timer's or an effect's message.
    Message {
        /// The message, as JSON.
        message: serde_json::Value,
        /// What it was caused by.
        cause: Cause,
    },
}

/// A parked message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its id. Ids sort in the order of parking, which is the order of handling.
    pub id: Uuid,
    /// The aggregate that it goes to.
    pub subject: String,
    /// What it waits for.
    pub state: ParkedState,
    /// How many attempts have failed.
    pub attempt: u32,
    /// When it is tried again.
    pub due: Timestamp,
    /// What it is.
    pub body: Body,
    /// The error with its numbers and ids left out: dead letters of one cause share it.
    pub fingerprint: Option<String>,
    /// What went wrong at the last attempt.
    pub error: Option<String>,
    /// Since when it waits.
    pub parked_at: Timestamp,
    /// When the last attempt failed; the time 0 where none has.
    pub failed_at: Timestamp,
}

impl Parked {
    /// Parks a message that has just failed, or that comes behind one that has (`error` is `None`).
    pub(crate) fn new<S: Service>(
        incoming: &Incoming<S>,
        id: Uuid,
        now: Timestamp,
        error: Option<String>,
    ) -> Self {
        let body = match (incoming.origin.event(), &incoming.message) {
            (None, Ok(Some(message))) => Body::Message {
                message: serde_json::to_value(message).unwrap_or_default(),
                cause: incoming.cause,
            },
            (Some(event), _) => Body::Event(event.clone()),
            (None, _) => Body::Message { message: serde_json::Value::Null, cause: incoming.cause },
        };
        let parked = Self {
            id,
            subject: incoming.subject.clone(),
            state: ParkedState::Blocked,
            attempt: 0,
            due: now,
            body,
            fingerprint: None,
            error: None,
            parked_at: now,
            failed_at: Timestamp(0),
        };
        match error {
            Some(error) => parked.failed(error, now),
            None => parked,
        }
    }

    /// After one more failed attempt: due again later, or dead.
    pub(crate) fn failed(mut self, error: String, now: Timestamp) -> Self {
        let delay = RETRY_DELAYS.get(self.attempt as usize);
        self.attempt += 1;
        self.fingerprint = Some(fingerprint(&error));
        self.error = Some(error);
        self.failed_at = now;
        match delay {
            Some(delay) => {
                self.state = ParkedState::Retry;
                self.due = now.plus(delay.mul_f64(jitter(self.id, self.attempt)));
            }
            None => self.state = ParkedState::Dead,
        }
        self
    }

    /// A dead letter from the start: trying again cannot help.
    pub(crate) fn dead(mut self) -> Self {
        self.state = ParkedState::Dead;
        self
    }

    /// The type of the event that it is; `message` for a message of the service's own.
    pub fn kind(&self) -> &str {
        match &self.body {
            Body::Event(event) => &event.kind,
            Body::Message { .. } => "message",
        }
    }

    /// An event that is to be handled once more, as if it had come just now.
    pub(crate) fn again(event: Envelope, subject: String, id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            subject,
            state: ParkedState::Retry,
            attempt: 0,
            due: Timestamp(0),
            body: Body::Event(event),
            fingerprint: None,
            error: None,
            parked_at: now,
            failed_at: Timestamp(0),
        }
    }

    /// The body with other data in it.
    ///
    /// # Errors
    /// The service cannot read it, or it would go to another subject; says so.
    pub(crate) fn edited<S: Service>(&self, service: &S, data: serde_json::Value) -> Result<Body, String> {
        let (body, message) = match &self.body {
            Body::Event(event) => {
                let event = Envelope { data: data.to_string().into(), ..event.clone() };
                let message = service.receive(&event).map_err(|error| crate::message::describe(&error))?;
                let message = message.ok_or("the event says nothing to the service")?;
                (Body::Event(event), message)
            }
            Body::Message { cause, .. } => {
                let message = serde_json::from_value(data.clone()).map_err(|error| error.to_string())?;
                (Body::Message { message: data, cause: *cause }, message)
            }
        };
        let subject = service.key(&message).to_string();
        if subject != self.subject {
            return Err(format!(
                "it would go to {subject}, and the messages behind it wait for {}",
                self.subject
            ));
        }
        Ok(body)
    }

    /// What the audit log says of it.
    fn for_audit(&self) -> serde_json::Value {
        serde_json::json!({ "state": self.state, "subject": self.subject, "body": self.body, "error": self.error })
    }

    pub(crate) fn to_row(&self) -> Row {
        vec![
            Value::Id(self.id),
            Value::Text(self.subject.clone()),
            Value::Integer(i64::from(partition_of(&self.subject))),
            self.state.to_value(),
            self.attempt.to_value(),
            self.due.to_value(),
            Value::Text(self.kind().to_owned()),
            crate::record::to_json(&self.body),
            Value::Text(self.fingerprint.clone().unwrap_or_default()),
            Value::Text(self.error.clone().unwrap_or_default()),
            self.parked_at.to_value(),
            self.failed_at.to_value(),
        ]
    }

    pub(crate) fn from_row(row: Row) -> Result<Self, UnreadableValue> {
        let columns = &mut row.into_iter();
        let id = crate::record::next(columns)?;
        let subject = crate::record::next(columns)?;
        let _partition: u8 = crate::record::next(columns)?;
        let state = crate::record::next(columns)?;
        let attempt = crate::record::next(columns)?;
        let due = crate::record::next(columns)?;
        let _kind: String = crate::record::next(columns)?;
        let body = crate::record::next_json(columns)?;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let fingerprint = some(crate::record::next(columns)?);
        let error = some(crate::record::next(columns)?);
        let parked_at = crate::record::next(columns)?;
        let failed_at = crate::record::next(columns)?;
        Ok(Self { id, subject, state, attempt, due, body, fingerprint, error, parked_at, failed_at })
    }

    /// The parked message, ready for another attempt.
    pub(crate) fn incoming<S: Service>(self, service: &S) -> Incoming<S> {
        let (message, cause) = match &self.body {
            Body::Event(event) => {
                let cause = Cause { id: event.id, correlation_id: event.correlation_id };
                (service.receive(event).map_err(|error| crate::message::describe(&error)), cause)
            }
            Body::Message { message, cause } => {
                let message = serde_json::from_value(message.clone()).map(Some);
                (message.map_err(|error| error.to_string()), *cause)
            }
        };
        Incoming { message, subject: self.subject.clone(), cause, origin: Origin::Parked(Box::new(self)) }
    }
}

/// Between 0.8 and 1.2, and the same for the same message and attempt.
fn jitter(id: Uuid, attempt: u32) -> f64 {
    let hash = crc32fast::hash(&[id.as_bytes().as_slice(), &attempt.to_be_bytes()].concat());
    0.8 + 0.4 * f64::from(hash) / f64::from(u32::MAX)
}

/// The error's words without what differs from one message to the next.
fn fingerprint(error: &str) -> String {
    let words = error.split_whitespace().filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

fn select(session: &mut dyn Session, filter: Filter, lock: Lock) -> Result<Vec<Parked>, StoreError> {
    let rows = session.select(&Select { table: &PARKED, filter, lock })?;
    rows.into_iter().map(|row| Ok(Parked::from_row(row)?)).collect()
}

/// The parked messages of these partitions that are to be tried again now.
pub(crate) fn due(
    session: &mut dyn Session,
    partitions: &[u8],
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Parked>, StoreError> {
    let mut parked = Vec::new();
    for &partition in partitions {
        let equal =
            vec![("state", ParkedState::Retry.to_value()), ("part", Value::Integer(i64::from(partition)))];
        let filter = Filter::Until { equal, column: "due_us", until: now.0, limit };
        parked.extend(select(session, filter, Lock::None)?);
    }
    Ok(parked)
}

/// When the earliest of the others of these partitions is to be tried again, after those due by `now` were taken.
pub(crate) fn next_due_after(
    session: &mut dyn Session,
    partitions: &[u8],
    now: Timestamp,
    more: bool,
) -> Result<Option<Timestamp>, StoreError> {
    if more {
        return Ok(Some(now));
    }
    let mut earliest: Option<Timestamp> = None;
    for &partition in partitions {
        let equal =
            vec![("state", ParkedState::Retry.to_value()), ("part", Value::Integer(i64::from(partition)))];
        let filter = Filter::After { equal, column: "due_us", after: Some(now.to_value()), limit: 1 };
        for parked in select(session, filter, Lock::None)? {
            earliest = Some(earliest.map_or(parked.due, |earlier| earlier.min(parked.due)));
        }
    }
    Ok(earliest)
}

/// The parked messages of some subjects, in order; locked, because what becomes of them is decided now.
pub(crate) fn of_subjects(
    session: &mut dyn Session,
    subjects: Vec<Value>,
) -> Result<Vec<Parked>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let mut parked = select(session, Filter::In { column: "subject", values: subjects }, Lock::Update)?;
    parked.sort_by_key(|parked| parked.id);
    Ok(parked)
}

/// All that is parked: for a start, and for people.
pub(crate) fn all(session: &mut dyn Session) -> Result<Vec<Parked>, StoreError> {
    select(session, Filter::All, Lock::None)
}

/// One that is parked.
pub(crate) fn find(session: &mut dyn Session, id: Uuid) -> Result<Option<Parked>, StoreError> {
    let found = select(session, Filter::In { column: "id", values: vec![Value::Id(id)] }, Lock::None)?;
    Ok(found.into_iter().next())
}

/// Puts an event at the end of what is parked of its subject, for somebody; with nothing before it, it has its turn at once.
pub(crate) fn put(session: &mut dyn Session, mut parked: Parked, actor: Actor) -> Result<(), StoreError> {
    session.begin()?;
    if !of_subjects(session, vec![Value::Text(parked.subject.clone())])?.is_empty() {
        parked.state = ParkedState::Blocked;
    }
    session.upsert(&PARKED, vec![parked.to_row()])?;
    let subject = match &parked.body {
        Body::Event(event) => event.id,
        Body::Message { .. } => parked.id,
    };
    let change = row_change(parked.id, None, Some(parked.for_audit()));
    audit_log::write(session, &[audit_entry(actor, parked.parked_at, subject, change)])?;
    session.commit()
}

fn row_change(id: Uuid, before: Option<serde_json::Value>, after: Option<serde_json::Value>) -> RowChange {
    RowChange { table: PARKED.name.to_owned(), key: id.to_string(), before, after }
}

fn audit_entry(actor: Actor, at: Timestamp, subject: Uuid, change: RowChange) -> AuditEntry {
    let id = RandomIds::new().next(at);
    AuditEntry { id, at, actor, subject: subject.to_string(), changes: vec![change] }
}

/// Changes a dead letter, or removes it, whereupon the next message of its subject has its turn. Says whether there was one.
pub(crate) fn change_dead_letter(
    session: &mut dyn Session,
    id: Uuid,
    actor: Actor,
    now: Timestamp,
    change: impl FnOnce(Parked) -> Option<Parked>,
) -> Result<bool, StoreError> {
    session.begin()?;
    let found = select(session, Filter::In { column: "id", values: vec![Value::Id(id)] }, Lock::Update)?;
    let Some(dead) = found.into_iter().find(|parked| parked.state == ParkedState::Dead) else {
        session.rollback();
        return Ok(false);
    };
    let subject = dead.subject.clone();
    let before = dead.for_audit();
    let changed = change(dead);
    let after = changed.as_ref().map(Parked::for_audit);
    match changed {
        Some(changed) => session.upsert(&PARKED, vec![changed.to_row()])?,
        None => {
            session.delete(&PARKED, vec![vec![Value::Id(id)]])?;
            let behind = of_subjects(session, vec![Value::Text(subject)])?;
            if let Some(mut next) = behind.into_iter().next() {
                next.state = ParkedState::Retry;
                session.upsert(&PARKED, vec![next.to_row()])?;
            }
        }
    }
    let change = row_change(id, Some(before), after);
    audit_log::write(session, &[audit_entry(actor, now, id, change)])?;
    session.commit()?;
    Ok(true)
}
