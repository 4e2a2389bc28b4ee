//! Messages that cannot be handled now: parked, or deferred because they came too early.

use std::time::Duration;

use contracts::Refusal;

use super::Unit;
use crate::{
    message::{Incoming, Origin, Outcome},
    parking::{Parked, ParkedState},
    service::{Scheduled, Service},
};

/// How often a message that came too early is tried again before it is a dead letter: for ten minutes. It is the tries that count,
/// because a clock that jumps ahead says nothing of how long the others have had.
const EARLY_ATTEMPTS_MAX: u32 = 30;

/// How many of these tries are kept until all events that wait have been read: what the message is too early for may be among them,
/// however long that takes.
const EARLY_ATTEMPTS_KEPT: u32 = 10;

/// How long the first try waits; each further one twice as long as the one before.
const EARLY_DELAY: Duration = Duration::from_millis(20);

/// The longest wait for a try.
const EARLY_DELAY_MAX: Duration = Duration::from_secs(30);

/// Timers that deliver an early message again begin with this name.
const EARLY_TIMER: &str = "early:";

impl<S: Service> Unit<'_, S> {
    /// Parks a message that has failed, or that stands behind one that has.
    pub(super) fn park(&mut self, incoming: &Incoming<S>, error: Option<String>) -> Outcome<S::Reply> {
        if let Some(error) = &error {
            tracing::warn!(service = %S::NAME, subject = incoming.subject, error, "a message cannot be handled; its subject is parked");
        }
        let parked = match (&incoming.origin, error) {
            (Origin::Parked(parked), Some(error)) => (**parked).clone().failed(error, self.now),
            (_, error) => {
                let id = self.core.ids.next(self.now);
                Parked::new(incoming, id, self.now, error)
            }
        };
        self.parked_subjects.insert(parked.subject.clone());
        self.parked.insert(parked.id, parked);
        Outcome::Waiting
    }

    /// After a parked message was handled, the next of its subject has its turn.
    pub(super) fn unpark(&mut self, incoming: &Incoming<S>) {
        let Origin::Parked(done) = &incoming.origin else { return };
        self.parked.remove(&done.id);
        self.parked_done.push(done.id);
        let waiting = self.parked.values_mut().filter(|parked| parked.subject == done.subject);
        match waiting.min_by_key(|parked| parked.id) {
            Some(next) => {
                next.state = ParkedState::Retry;
                next.due = self.now;
            }
            None => {
                self.parked_subjects.remove(&done.subject);
            }
        }
    }

    /// Delivers an early message again, later and later, until its patience ends.
    pub(super) fn defer(&mut self, incoming: &Incoming<S>, refusal: &Refusal) -> Outcome<S::Reply> {
        let Ok(Some(message)) = &incoming.message else { return Outcome::Skipped };
        let timer_id = self.core.ids.next(self.now);
        let known = match &incoming.origin {
            Origin::Timer { name, .. } => early_attempt(name),
            _ => None,
        };
        let (message_id, attempt) = match known {
            Some((id, attempt)) if self.core.behind => {
                (id.to_owned(), (attempt + 1).min(EARLY_ATTEMPTS_MAX - EARLY_ATTEMPTS_KEPT))
            }
            Some((id, attempt)) => (id.to_owned(), attempt + 1),
            None => (timer_id.to_string(), 0),
        };
        if attempt >= EARLY_ATTEMPTS_MAX {
            let id = self.core.ids.next(self.now);
            let error = format!("{refusal}; tried {attempt} times");
            let parked = Parked::new(incoming, id, self.now, Some(error)).dead();
            self.parked_subjects.insert(parked.subject.clone());
            self.parked.insert(id, parked);
            return Outcome::Waiting;
        }
        let name = format!("{EARLY_TIMER}{message_id}:{attempt}");
        let delay = EARLY_DELAY.saturating_mul(2_u32.saturating_pow(attempt)).min(EARLY_DELAY_MAX);
        let scheduled = Scheduled {
            subject: incoming.subject.clone(),
            name,
            due: self.now.plus(delay),
            message: Some(message.clone()),
            correlation_id: incoming.cause.correlation_id,
        };
        // The message keeps its cause.
        self.timers.apply::<S>(scheduled, timer_id, incoming.cause.id);
        self.unpark(incoming);
        Outcome::Waiting
    }
}

/// Which message the timer of this name delivers, and which try it is. A name that an earlier version gave says when it began
/// instead: its tries begin anew.
fn early_attempt(name: &str) -> Option<(&str, u32)> {
    let (message_id, attempt) = name.strip_prefix(EARLY_TIMER)?.rsplit_once(':')?;
    let attempt = attempt.parse().ok().filter(|attempt| *attempt <= EARLY_ATTEMPTS_MAX);
    Some((message_id, attempt.unwrap_or(0)))
}
