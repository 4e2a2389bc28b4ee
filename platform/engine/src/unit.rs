//! The unit of work: a batch of messages, decided in memory and committed in one transaction.

mod closing;
mod setbacks;

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bus::Logged;
use contracts::{Envelope, Refusal, RefusalKind, Timestamp};
use uuid::Uuid;

use crate::{
    audit_log::{Actor, AuditEntry},
    commands::{CommandKey, Replies},
    core::Core,
    effects::{self, Call},
    inbox::Inbox,
    message::{CommandError, Incoming, Origin, Outcome},
    parking::{self, Parked, ParkedState},
    rows::{Needs, Rows},
    service::{Cx, Outbox, Service},
    session::{Session, StoreError, Update},
    timers::{self, TimerChanges},
    value::Value,
};

/// How often `needs` may find something new before its message is in error.
const NEEDS_ROUNDS_MAX: usize = 3;

/// What a committed batch leaves to be done: by the callers, the consumers and the outside.
pub(crate) struct Committed<S: Service> {
    pub outcomes: Vec<Outcome<S::Reply>>,
    pub logged: Vec<Arc<Logged>>,
    pub calls: Vec<Call<S>>,
    /// When the earliest timer set by this batch is due.
    pub next_timer: Option<Timestamp>,
    /// When the earliest message parked by this batch is due.
    pub next_retry: Option<Timestamp>,
    pub inbox: Inbox,
    pub parked: HashSet<String>,
}

/// A batch under way: what it has decided so far, to be written at its end.
struct Unit<'a, S: Service> {
    core: &'a mut Core<S>,
    session: &'a mut dyn Session,
    now: Timestamp,
    rows: Rows,
    outbox: Outbox<S>,
    inbox: Inbox,
    replies: Replies<S::Reply>,
    events: Vec<Envelope>,
    timers: TimerChanges,
    timer_ids: HashSet<Uuid>,
    calls: Vec<Call<S>>,
    open_effects: HashMap<String, Call<S>>,
    ended_effects: Vec<Update>,
    /// Subjects that have parked messages, with this batch's.
    parked_subjects: HashSet<String>,
    parked: HashMap<Uuid, Parked>,
    parked_done: Vec<Uuid>,
    audit_log: Vec<AuditEntry>,
}

/// What a message's decision came to.
enum Decision<R> {
    Ok(R),
    Refused(Refusal),
    /// The program is in error: a panic, a row that was not named, a fact without a row.
    Broken(String),
}

/// Runs a batch in one transaction. On an error the caller rolls back, and nothing has changed anywhere.
pub(crate) fn run<S: Service>(
    core: &mut Core<S>,
    session: &mut dyn Session,
    batch: &[Incoming<S>],
) -> Result<Committed<S>, StoreError> {
    session.begin()?;
    let mut unit = Unit::open(core, session, batch)?;
    unit.load_needs(batch)?;
    let outcomes = batch.iter().map(|incoming| unit.take(incoming)).collect::<Result<_, _>>()?;
    unit.close(outcomes)
}

impl<'a, S: Service> Unit<'a, S> {
    /// Reads what the bookkeeping of the batch's origins needs.
    fn open(
        core: &'a mut Core<S>,
        session: &'a mut dyn Session,
        batch: &[Incoming<S>],
    ) -> Result<Self, StoreError> {
        let (mut commands, mut subjects) = (Vec::new(), HashSet::new());
        let (mut timer_subjects, mut effect_keys) = (Vec::new(), Vec::new());
        for incoming in batch {
            match &incoming.origin {
                Origin::Command { key: Some(command), .. } => commands.push(*command),
                Origin::Command { key: None, .. } => {}
                Origin::Timer { subject, .. } => timer_subjects.push(Value::Text(subject.clone())),
                Origin::Effect { idempotency_key } => effect_keys.push(Value::Text(idempotency_key.clone())),
                Origin::Event(_) | Origin::Parked(_) => {}
            }
            if !incoming.origin.is_command() {
                subjects.insert(incoming.subject.as_str());
            }
        }
        for values in [&mut timer_subjects, &mut effect_keys] {
            values.sort_unstable();
            values.dedup();
        }
        let replies = Replies::load(session, commands)?;
        // Where other processes write too, memory does not know what they have parked.
        let mut known: Vec<Value> = subjects
            .into_iter()
            .filter(|subject| session.shared() || core.parked.contains(*subject))
            .map(Value::from)
            .collect();
        known.sort_unstable();
        let parked = parking::of_subjects(session, known)?;
        let mut parked_subjects = if session.shared() { HashSet::new() } else { core.parked.clone() };
        parked_subjects.extend(parked.iter().map(|parked| parked.subject.clone()));
        let timer_ids = timers::current_ids(session, timer_subjects)?.into_iter().collect();
        let open_effects = effects::open(session, effect_keys)?;
        Ok(Self {
            now: core.clock.now(),
            rows: Rows::default(),
            outbox: Outbox::new(),
            inbox: core.inbox.clone(),
            replies,
            events: Vec::new(),
            timers: TimerChanges::default(),
            timer_ids,
            calls: Vec::new(),
            open_effects: open_effects.into_iter().map(|call| (call.idempotency_key.clone(), call)).collect(),
            ended_effects: Vec::new(),
            parked_subjects,
            parked: parked.into_iter().map(|parked| (parked.id, parked)).collect(),
            parked_done: Vec::new(),
            audit_log: Vec::new(),
            core,
            session,
        })
    }

    /// Loads the rows of all messages, in one query per table and round.
    fn load_needs(&mut self, batch: &[Incoming<S>]) -> Result<(), StoreError> {
        let service = self.core.service.clone();
        for _ in 0..NEEDS_ROUNDS_MAX {
            let mut needs = Needs::new(&mut self.rows);
            for message in batch.iter().filter_map(|incoming| incoming.message.as_ref().ok()?.as_ref()) {
                // A panic in `needs` shows again, and is dealt with, when the message's turn comes.
                let _ = catch_unwind(AssertUnwindSafe(|| service.needs(message, &mut needs)));
            }
            if !needs.incomplete() {
                break;
            }
            self.load()?;
        }
        Ok(())
    }

    fn load(&mut self) -> Result<(), StoreError> {
        for (position, select, keys) in self.rows.selects() {
            let rows = self.session.select(&select)?;
            self.rows.accept(position, select.lock, &keys, rows)?;
        }
        Ok(())
    }

    /// Takes one message through its origin's bookkeeping and its decision.
    fn take(&mut self, incoming: &Incoming<S>) -> Result<Outcome<S::Reply>, StoreError> {
        match &incoming.origin {
            Origin::Command { key, actor } => return self.take_command(incoming, *key, actor.as_ref()),
            Origin::Event(delivery) if !self.inbox.admit(delivery) => return Ok(Outcome::Skipped),
            Origin::Timer { subject, name, id } => {
                if !self.timer_ids.contains(id) || self.timers.touched(subject, name) {
                    return Ok(Outcome::Skipped);
                }
            }
            Origin::Effect { idempotency_key } => {
                let Some(call) = self.open_effects.remove(idempotency_key) else {
                    return Ok(Outcome::Skipped);
                };
                self.ended_effects.push(call.ended(self.now));
            }
            Origin::Parked(parked) => {
                if !self.parked.get(&parked.id).is_some_and(|now| now.state == ParkedState::Retry) {
                    return Ok(Outcome::Skipped);
                }
            }
            Origin::Event(_) => {}
        }
        if matches!(&incoming.message, Ok(None)) {
            self.settle_origin(incoming);
            return Ok(Outcome::Skipped);
        }
        let retried = matches!(incoming.origin, Origin::Parked(_));
        if !retried && self.parked_subjects.contains(&incoming.subject) {
            self.settle_origin(incoming);
            self.park(incoming, None);
            return Ok(Outcome::Waiting);
        }
        let decision = match &incoming.message {
            Ok(Some(message)) => self.decide(incoming, message, None)?,
            Ok(None) => return Ok(Outcome::Skipped),
            Err(error) => Decision::Broken(error.clone()),
        };
        self.settle_origin(incoming);
        Ok(match decision {
            Decision::Ok(_) => {
                self.unpark(incoming);
                Outcome::Handled
            }
            Decision::Refused(refusal) if refusal.kind == RefusalKind::Early => {
                self.defer(incoming, &refusal)
            }
            Decision::Refused(refusal) => self.park(incoming, Some(refusal.to_string())),
            Decision::Broken(error) => self.park(incoming, Some(error)),
        })
    }

    fn take_command(
        &mut self,
        incoming: &Incoming<S>,
        key: Option<CommandKey>,
        actor: Option<&Actor>,
    ) -> Result<Outcome<S::Reply>, StoreError> {
        if let Some(reply) = key.and_then(|key| self.replies.recorded(key)) {
            return Ok(Outcome::Decided(reply));
        }
        let Ok(Some(message)) = &incoming.message else { return Ok(Outcome::Failed(CommandError::Internal)) };
        let reply = match self.decide(incoming, message, actor)? {
            Decision::Ok(reply) => Ok(reply),
            Decision::Refused(refusal) => Err(refusal),
            Decision::Broken(error) => {
                tracing::error!(service = %S::NAME, error, ?message, "a command met an error of the program");
                return Ok(Outcome::Failed(CommandError::Internal));
            }
        };
        if let Some(key) = key {
            self.replies.record(key, &reply, self.now);
        }
        Ok(Outcome::Decided(reply))
    }

    /// Calls the service's rules for one message, and keeps or undoes what they did.
    fn decide(
        &mut self,
        incoming: &Incoming<S>,
        message: &S::Message,
        actor: Option<&Actor>,
    ) -> Result<Decision<S::Reply>, StoreError> {
        let service = self.core.service.clone();
        let mut complete = false;
        for _ in 0..=NEEDS_ROUNDS_MAX {
            let mut needs = Needs::new(&mut self.rows);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| service.needs(message, &mut needs))) {
                return Ok(Decision::Broken(panic_text(&*panic)));
            }
            if !needs.incomplete() {
                complete = true;
                break;
            }
            self.load()?;
        }
        if !complete {
            return Ok(Decision::Broken(format!(
                "`needs` still asks for rows after {NEEDS_ROUNDS_MAX} rounds"
            )));
        }
        let Self { rows, outbox, core, now, .. } = self;
        let mut cx = Cx { now: *now, ids: core.ids.as_mut(), outbox, cause: incoming.cause };
        let handled = catch_unwind(AssertUnwindSafe(|| service.handle(message, rows, &mut cx)));
        let decision = match handled {
            Ok(Ok(reply)) => match self.collect(incoming) {
                Ok(()) => Decision::Ok(reply),
                Err(error) => Decision::Broken(error),
            },
            Ok(Err(refusal)) => Decision::Refused(refusal),
            Err(panic) => Decision::Broken(panic_text(&*panic)),
        };
        match decision {
            Decision::Ok(_) => {
                if let Some(actor) = actor {
                    self.audit(incoming, actor);
                }
                self.rows.keep();
            }
            _ => {
                self.rows.undo();
                self.outbox.clear();
            }
        }
        Ok(decision)
    }

    /// Keeps who did what.
    fn audit(&mut self, incoming: &Incoming<S>, actor: &Actor) {
        self.audit_log.push(AuditEntry {
            id: self.core.ids.next(self.now),
            at: self.now,
            actor: actor.clone(),
            subject: incoming.subject.clone(),
            changes: self.rows.differences(),
        });
    }

    /// Takes over what a decision has published, scheduled and asked for.
    fn collect(&mut self, incoming: &Incoming<S>) -> Result<(), String> {
        let mut events = Vec::with_capacity(self.outbox.events.len());
        for published in self.outbox.events.drain(..) {
            let Some(sequence) = self.rows.count_event(published.record, &published.key) else {
                return Err(format!(
                    "a fact is published for row {} of `{}`, which is not there to change",
                    published.key, published.table
                ));
            };
            let publication = self.core.service.publish(published.fact);
            events.push(Envelope {
                id: self.core.ids.next(self.now),
                source: S::NAME,
                kind: publication.kind.to_owned(),
                time: self.now,
                subject: published.key.to_string(),
                sequence,
                correlation_id: published.correlation_id,
                causation_id: incoming.cause.id,
                data: publication.data.into(),
            });
        }
        self.events.append(&mut events);
        for scheduled in self.outbox.timers.drain(..) {
            let id = self.core.ids.next(self.now);
            self.timers.apply::<S>(scheduled, id, incoming.cause.id);
        }
        for asked in self.outbox.effects.drain(..) {
            self.calls.push(Call::new(asked, incoming.cause.id));
        }
        Ok(())
    }

    /// What a message's origin is told, whatever became of the message: a timer has fired.
    fn settle_origin(&mut self, incoming: &Incoming<S>) {
        if let Origin::Timer { subject, name, .. } = &incoming.origin {
            self.timers.fired(subject.clone(), name.clone());
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
