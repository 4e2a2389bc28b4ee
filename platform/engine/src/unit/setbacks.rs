//! Messages that cannot be handled now: parked, or deferred because they came too early.

use std::time::Duration;

use contracts::Refusal;

use super::Unit;
use crate::{
    message::{Incoming, Origin, Outcome},
    parking::{Parked, ParkedState},
    service::{Scheduled, Service},
};

/// How long a message that came too early is tried again before it is a dead letter.
const EARLY_PATIENCE: Duration = Duration::from_secs(600);

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
        let first_name = format!("{EARLY_TIMER}{}:{}", incoming.cause.id, self.now.0);
        let name = match &incoming.origin {
            Origin::Timer { name, .. } if name.starts_with(EARLY_TIMER) => name.clone(),
            _ => first_name,
        };
        let since = name.rsplit(':').next().and_then(|text| text.parse().ok()).unwrap_or(self.now.0);
        let waited = Duration::from_micros((self.now.0 - since).max(0).unsigned_abs());
        if waited > EARLY_PATIENCE {
            let id = self.core.ids.next(self.now);
            let error = format!("{refusal}; waited {} s", waited.as_secs());
            let parked = Parked::new(incoming, id, self.now, Some(error)).dead();
            self.parked_subjects.insert(parked.subject.clone());
            self.parked.insert(id, parked);
            return Outcome::Waiting;
        }
        let delay = waited.clamp(Duration::from_millis(20), Duration::from_secs(30));
        let scheduled = Scheduled {
            subject: incoming.subject.clone(),
            name,
            due: self.now.plus(delay),
            message: Some(message.clone()),
            correlation_id: incoming.cause.correlation_id,
        };
        // The message keeps its cause: the timer has the id of what it came from.
        self.timers.apply::<S>(scheduled, incoming.cause.id, incoming.cause.id);
        self.unpark(incoming);
        Outcome::Waiting
    }
}
