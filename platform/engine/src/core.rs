//! A lane's decisions: batches that halve when the store refuses them, until what is at fault stands alone.

use std::{collections::HashSet, sync::Arc};

use contracts::ServiceName;
use uuid::Uuid;

use crate::{
    clock::{Clock, Ids},
    inbox::Inbox,
    message::{CommandError, Incoming, Outcome},
    parking,
    service::Service,
    session::{Session, StoreError},
    unit::{self, Committed},
};

/// How often a single message is tried when another transaction is in its way.
const CONTENDED_ATTEMPTS_MAX: u32 = 10;

/// What a lane keeps in memory between batches.
pub(crate) struct Core<S: Service> {
    pub service: Arc<S>,
    pub topic: Arc<str>,
    pub lane_id: Uuid,
    /// The batch that was committed last, or whose commit was tried last.
    pub batch: Uuid,
    pub inbox: Inbox,
    /// Subjects that have parked messages. Exact where no other process writes to the store.
    pub parked: HashSet<String>,
    /// Whether events wait in some source that this lane has not read: what a message is too early for may be among them.
    pub behind: bool,
    pub clock: Arc<dyn Clock>,
    pub ids: Box<dyn Ids>,
}

impl<S: Service> Core<S> {
    /// Reads where the lane stands.
    pub fn load(
        service: Arc<S>,
        session: &mut dyn Session,
        clock: Arc<dyn Clock>,
        mut ids: Box<dyn Ids>,
    ) -> Result<Self, StoreError> {
        let inbox = Inbox::load(session, S::NAME.as_str())?;
        let parked = parking::all(session)?.into_iter().map(|parked| parked.subject).collect();
        let lane_id = ids.next(clock.now());
        let (topic, batch) = (topic_of(S::NAME), Uuid::nil());
        Ok(Self { service, topic, lane_id, batch, inbox, parked, behind: false, clock, ids })
    }

    /// Decides a batch, in order. `on_commit` hears of each transaction right after its commit, with the number of its first message.
    ///
    /// # Errors
    /// The store does not work; nothing of the messages that `on_commit` has not heard of was carried out, as far as is known.
    pub fn run(
        &mut self,
        session: &mut dyn Session,
        batch: &[Incoming<S>],
        on_commit: &mut dyn FnMut(usize, Committed<S>),
    ) -> Result<(), StoreError> {
        self.run_from(session, batch, 0, on_commit)
    }

    fn run_from(
        &mut self,
        session: &mut dyn Session,
        batch: &[Incoming<S>],
        first: usize,
        on_commit: &mut dyn FnMut(usize, Committed<S>),
    ) -> Result<(), StoreError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.run_once(session, batch) {
                Ok(committed) => {
                    on_commit(first, committed);
                    return Ok(());
                }
                Err(error) => error,
            };
            let splits = batch.len() > 1;
            match error {
                StoreError::Contended(_) | StoreError::Constraint(_) | StoreError::Unreadable(_)
                    if splits =>
                {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    self.run_from(session, left, first, on_commit)?;
                    return self.run_from(session, right, first + left.len(), on_commit);
                }
                StoreError::Contended(_) if attempts < CONTENDED_ATTEMPTS_MAX => {}
                // A row that another lane has just added is there at the second look.
                StoreError::Constraint(_) if attempts < 2 => {}
                StoreError::Constraint(reason) => {
                    let reason = format!("it breaks a constraint of the store: {reason}");
                    return self.refuse_alone(session, batch, first, reason, on_commit);
                }
                StoreError::Unreadable(value) => {
                    let reason = format!("a row that it needs cannot be read: {value}");
                    return self.refuse_alone(session, batch, first, reason, on_commit);
                }
                error => return Err(error),
            }
        }
    }

    fn run_once(
        &mut self,
        session: &mut dyn Session,
        batch: &[Incoming<S>],
    ) -> Result<Committed<S>, StoreError> {
        let mut committed = unit::run(self, session, batch);
        if committed.is_err() {
            session.rollback();
        }
        if let Ok(committed) = &mut committed {
            self.inbox = committed.inbox.clone();
            self.parked = std::mem::take(&mut committed.parked);
        }
        committed
    }

    /// The store refuses one message alone: a command fails, any other is parked with the reason.
    fn refuse_alone(
        &mut self,
        session: &mut dyn Session,
        batch: &[Incoming<S>],
        first: usize,
        reason: String,
        on_commit: &mut dyn FnMut(usize, Committed<S>),
    ) -> Result<(), StoreError> {
        let Some(incoming) = batch.first() else { return Ok(()) };
        tracing::error!(service = %S::NAME, reason, message = ?incoming.message, "the store refuses a message");
        if incoming.origin.is_command() {
            let committed = Committed {
                outcomes: vec![Outcome::Failed(CommandError::Internal)],
                logged: Vec::new(),
                calls: Vec::new(),
                next_timer: None,
                next_retry: None,
                inbox: self.inbox.clone(),
                parked: self.parked.clone(),
            };
            on_commit(first, committed);
            return Ok(());
        }
        let broken = Incoming {
            origin: incoming.origin.clone(),
            message: Err(reason),
            subject: incoming.subject.clone(),
            cause: incoming.cause,
        };
        let committed = self.run_once(session, &[broken])?;
        on_commit(first, committed);
        Ok(())
    }
}

/// The topic that a service's events are in.
pub(crate) fn topic_of(service: ServiceName) -> Arc<str> {
    service.as_str().into()
}
