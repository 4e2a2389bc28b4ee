//! A lane: the thread that forms batches from all that waits, and decides them one after another.
//!
//! A batch forms by itself: while one is being committed, the next gathers. A lone message goes at once.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::{Cursors, Subscription};
use contracts::{ServiceName, Timestamp};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    commands::CommandKey,
    core::Core,
    effects,
    message::{CommandError, Incoming, Origin, Outcome},
    outside::Ended,
    parking,
    projector::{Answer, Ask, Projector},
    service::{Cause, Service},
    session::{Session, StoreError},
    shadow::Differences,
    shared::Shared,
    timers,
    unit::Committed,
};

/// How many messages of one origin a batch takes, at most.
const TAKE_MAX: usize = 256;

/// How long a lane sleeps at most: the safety net under the wake-ups.
const POLL: Duration = Duration::from_millis(250);

/// How long a lane waits after its store or a log failed, before it tries again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often effects are looked for whose process is gone.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(15);

/// What reaches a lane from other threads.
pub(crate) enum Work<S: Service> {
    Command {
        key: Option<CommandKey>,
        message: S::Message,
        reply: oneshot::Sender<Result<S::Reply, CommandError>>,
    },
    EffectEnded(Ended<S>),
    /// Something may have come: an event, or a new setting.
    Wake,
    /// Runs on the lane's own session, between batches.
    Errand(Box<dyn FnOnce(&mut dyn Session) + Send>),
    /// Something is asked of a projection's shadow.
    Shadow {
        projection: String,
        ask: Ask,
        answer: Answer,
    },
    /// A comparison of a projection with its shadow is to be noted.
    Compared {
        projection: String,
        shadow: Uuid,
        found: Differences,
        answer: Answer,
    },
    /// People have changed what is parked.
    LookForRetries,
    Stop,
}

/// The end of a lane's queue that others hold.
pub(crate) struct LaneHandle<S: Service> {
    pub queue: Sender<Work<S>>,
    pub woken: Arc<AtomicBool>,
}

impl<S: Service> LaneHandle<S> {
    /// Wakes the lane, unless it has been and has not looked yet.
    pub fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // A full queue has a lane that is awake.
            let _ = self.queue.try_send(Work::Wake);
        }
    }
}

impl<S: Service> Clone for LaneHandle<S> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), woken: self.woken.clone() }
    }
}

type Reply<S> = oneshot::Sender<Result<<S as Service>::Reply, CommandError>>;

/// A lane and all that it alone works with.
pub(crate) struct Lane<S: Service> {
    pub shared: Arc<Shared<S>>,
    pub core: Core<S>,
    pub session: Box<dyn Session>,
    pub queue: Receiver<Work<S>>,
    pub handle: LaneHandle<S>,
    pub partitions: Vec<u8>,
    pub subscriptions: Vec<(ServiceName, Box<dyn Subscription>)>,
    /// The first lane runs the service's projections.
    pub projectors: Vec<Projector>,
    pub next_timer: Option<Timestamp>,
    pub next_retry: Option<Timestamp>,
    pub next_take_over: Timestamp,
    pub stopping: bool,
    /// What ended the last sleep.
    pub first: Option<Work<S>>,
}

impl<S: Service> Lane<S> {
    /// Works until it is told to stop and nothing waits.
    pub fn run(mut self) {
        loop {
            let (batch, replies) = match self.gather() {
                Ok(gathered) => gathered,
                Err(error) => {
                    self.recover(&error);
                    continue;
                }
            };
            let idle = batch.is_empty();
            if !idle {
                self.decide(batch, replies);
            }
            let projected = self.project();
            self.session.maintain(idle);
            if idle && !projected {
                if self.stopping {
                    return;
                }
                self.wait();
            }
        }
    }

    /// Takes what waits, of every origin, up to a bound each.
    #[allow(clippy::type_complexity)]
    fn gather(&mut self) -> Result<(Vec<Incoming<S>>, Vec<Option<Reply<S>>>), StoreError> {
        let (mut batch, mut replies) = (Vec::new(), Vec::new());
        while batch.len() < TAKE_MAX {
            let Some(work) = self.first.take().or_else(|| self.queue.try_recv().ok()) else { break };
            self.take(work, &mut batch, &mut replies);
        }
        if self.stopping {
            replies.resize_with(batch.len(), || None);
            return Ok((batch, replies));
        }
        self.gather_events(&mut batch);
        let now = self.core.clock.now();
        if self.next_timer.is_some_and(|due| due <= now) {
            let timers =
                timers::due(&mut *self.session, &*self.core.service, &self.partitions, now, TAKE_MAX)?;
            self.next_timer =
                timers::next_due_after(&mut *self.session, &self.partitions, now, timers.len() >= TAKE_MAX)?;
            batch.extend(timers);
        }
        if self.next_retry.is_some_and(|due| due <= now) {
            self.next_retry = None;
            let parked = parking::due(&mut *self.session, &self.partitions, now, TAKE_MAX)?;
            batch.extend(parked.into_iter().map(|parked| parked.incoming(&*self.core.service)));
        }
        if self.next_take_over <= now {
            self.take_over(now)?;
        }
        replies.resize_with(batch.len(), || None);
        Ok((batch, replies))
    }

    fn take(&mut self, work: Work<S>, batch: &mut Vec<Incoming<S>>, replies: &mut Vec<Option<Reply<S>>>) {
        let service = self.core.service.clone();
        match work {
            Work::Command { key, message, reply } => {
                let id = self.core.ids.next(self.core.clock.now());
                let cause = Cause { id, correlation_id: id };
                batch.push(Incoming::message(&*service, Origin::Command(key), message, cause));
                replies.push(Some(reply));
            }
            Work::EffectEnded(Ended { idempotency_key, request, cause, response }) => match response {
                Some(response) => {
                    let message = service.effect_ended(request, response);
                    batch.push(Incoming::message(
                        &*service,
                        Origin::Effect { idempotency_key },
                        message,
                        cause,
                    ));
                    replies.push(None);
                }
                None => self.give_up(&idempotency_key),
            },
            Work::Wake => self.handle.woken.store(false, Ordering::Release),
            Work::Errand(errand) => errand(&mut *self.session),
            Work::Shadow { projection, ask, answer } => {
                if let Some((projector, session, answer)) = self.projector(&projection, answer) {
                    projector.ask(session, ask, answer);
                }
            }
            Work::Compared { projection, shadow, found, answer } => {
                if let Some((projector, session, answer)) = self.projector(&projection, answer) {
                    let noted = projector.note(session, shadow, found);
                    if noted.is_err() {
                        session.rollback();
                    }
                    let _ = answer.send(noted);
                }
            }
            Work::LookForRetries => self.look_for_retries(),
            Work::Stop => self.stopping = true,
        }
    }

    fn gather_events(&mut self, batch: &mut Vec<Incoming<S>>) {
        let mut stopped = Vec::new();
        for (source, subscription) in &mut self.subscriptions {
            let cursors: Cursors = self.core.inbox.cursors(*source);
            match subscription.poll(&cursors, TAKE_MAX) {
                Ok(deliveries) => batch.extend(
                    deliveries.into_iter().map(|delivery| Incoming::event(&*self.core.service, delivery)),
                ),
                Err(error @ bus::TransportError::AnotherLog { .. }) => {
                    tracing::error!(service = %S::NAME, %source, %error, "the consumer stops");
                    self.shared.stats.stopped_sources.lock().insert(*source, error.to_string());
                    stopped.push(*source);
                }
                Err(error) => {
                    tracing::warn!(service = %S::NAME, %source, %error, "events cannot be read now")
                }
            }
        }
        self.subscriptions.retain(|(source, _)| !stopped.contains(source));
    }

    /// Decides a batch, and lets out what its commits allow: replies, events, calls.
    fn decide(&mut self, batch: Vec<Incoming<S>>, mut replies: Vec<Option<Reply<S>>>) {
        let Self { shared, core, session, handle, next_timer, next_retry, .. } = self;
        let result = core.run(&mut **session, &batch, &mut |first, committed| {
            let Committed { outcomes, logged, calls, next_timer: timer, next_retry: retry, .. } = committed;
            shared.committed(&logged, outcomes.len());
            for (outcome, reply) in outcomes.into_iter().zip(&mut replies[first..]) {
                if let Some(reply) = reply.take() {
                    let answer = match outcome {
                        Outcome::Decided(Ok(answer)) => Ok(answer),
                        Outcome::Decided(Err(refusal)) => Err(refusal.into()),
                        Outcome::Failed(error) => Err(error),
                        _ => Err(CommandError::Internal),
                    };
                    // A caller that has gone away does not want its answer.
                    let _ = reply.send(answer);
                }
            }
            for call in calls {
                shared.call(call, handle);
            }
            *next_timer = earlier(*next_timer, timer);
            *next_retry = earlier(*next_retry, retry);
        });
        if let Err(error) = result {
            for reply in replies.into_iter().flatten() {
                let _ = reply.send(Err(CommandError::Unavailable));
            }
            self.recover(&error);
        }
    }

    /// After the store has failed: opens it anew and reads where the lane stands, however long that takes. What the lane knew
    /// is not to be trusted any more: a commit whose outcome is unknown may have moved it on.
    fn recover(&mut self, error: &StoreError) {
        tracing::error!(service = %S::NAME, %error, "the store does not work; trying again");
        self.shared.stats.store_errors.fetch_add(1, Ordering::Relaxed);
        self.shared.stats.failing.store(true, Ordering::Release);
        loop {
            std::thread::park_timeout(PAUSE);
            match self.reload() {
                Ok(()) => {
                    self.shared.stats.failing.store(false, Ordering::Release);
                    return;
                }
                Err(error) => tracing::error!(service = %S::NAME, %error, "the store does not work yet"),
            }
            self.refuse_what_waits();
            if self.stopping {
                return;
            }
        }
    }

    fn reload(&mut self) -> Result<(), StoreError> {
        let mut session = self.shared.store.writer()?;
        // A store that opens and cannot write, such as one on a full disk, does not work yet.
        session.begin()?;
        session.upsert(
            &crate::system::ABOUT,
            vec![vec!["last_recovery".into(), self.core.clock.now().0.to_string().into()]],
        )?;
        session.commit()?;
        let inbox = crate::inbox::Inbox::load(&mut *session, S::NAME.as_str())?;
        let parked = parking::all(&mut *session)?.into_iter().map(|parked| parked.subject).collect();
        self.next_timer = timers::next_due(&mut *session, &self.partitions)?;
        self.session = session;
        self.core.inbox = inbox;
        self.core.parked = parked;
        self.next_retry = Some(self.core.clock.now());
        for projector in &mut self.projectors {
            projector.reload(&mut *self.session)?;
        }
        Ok(())
    }

    /// Answers commands that nothing can be done for now. Answers of the outside are left: their effects are taken over later.
    fn refuse_what_waits(&mut self) {
        while let Some(work) = self.first.take().or_else(|| self.queue.try_recv().ok()) {
            match work {
                Work::Command { reply, .. } => {
                    let _ = reply.send(Err(CommandError::Unavailable));
                }
                Work::Wake => self.handle.woken.store(false, Ordering::Release),
                Work::Stop => self.stopping = true,
                Work::EffectEnded(_)
                | Work::Errand(_)
                | Work::Shadow { .. }
                | Work::Compared { .. }
                | Work::LookForRetries => {}
            }
        }
    }

    /// Takes over the calls of a process that is gone.
    fn take_over(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.next_take_over = now.plus(TAKE_OVER_EVERY);
        for call in effects::take_over(&mut *self.session, now, TAKE_MAX)? {
            self.shared.call(call, &self.handle);
        }
        Ok(())
    }

    fn give_up(&mut self, idempotency_key: &str) {
        tracing::error!(service = %S::NAME, idempotency_key, "a call to the outside is given up; a person must look");
        if let Err(error) = effects::give_up::<S>(&mut *self.session, idempotency_key, self.core.clock.now())
        {
            tracing::error!(service = %S::NAME, %error, "the given-up call could not be noted");
        }
    }

    /// Brings read models up to date where their time has come.
    fn project(&mut self) -> bool {
        let mut projected = false;
        for projector in &mut self.projectors {
            match projector.step_when_due(&mut *self.session) {
                Ok(stepped) => projected |= stepped,
                Err(error) => {
                    self.session.rollback();
                    tracing::error!(service = %S::NAME, projection = projector.name(), %error, "a projection cannot be brought up to date");
                }
            }
        }
        projected
    }

    /// The projector of a name; where there is none, whoever asks is told so.
    fn projector(
        &mut self,
        name: &str,
        answer: Answer,
    ) -> Option<(&mut Projector, &mut dyn Session, Answer)> {
        match self.projectors.iter_mut().find(|projector| projector.name() == name) {
            Some(projector) => Some((projector, &mut *self.session, answer)),
            None => {
                let error = StoreError::Unavailable(format!("there is no projection `{name}`"));
                let _ = answer.send(Err(error));
                None
            }
        }
    }

    fn look_for_retries(&mut self) {
        match parking::all(&mut *self.session) {
            Ok(parked) => self.core.parked = parked.into_iter().map(|parked| parked.subject).collect(),
            Err(error) => tracing::error!(service = %S::NAME, %error, "what is parked cannot be read"),
        }
        self.next_retry = Some(self.core.clock.now());
    }

    /// Sleeps until there is work or a timer is due, and never for long.
    fn wait(&mut self) {
        let now = self.core.clock.now();
        let due = earlier(self.next_timer, self.next_retry);
        let until_due = due.map(|due| Duration::from_micros(due.micros_since(now).max(0).unsigned_abs()));
        let pause = self.projectors.iter().filter_map(Projector::pause).min();
        let timeout = [until_due, pause].into_iter().flatten().fold(POLL, Duration::min);
        match self.queue.recv_timeout(timeout) {
            Ok(work) => self.first = Some(work),
            Err(RecvTimeoutError::Timeout) => self.look_around(),
            Err(RecvTimeoutError::Disconnected) => self.stopping = true,
        }
    }

    /// What wake-ups do not tell: events, timers and retries that another process has left.
    fn look_around(&mut self) {
        if !self.session.shared() {
            return;
        }
        let own = self.subscriptions.iter().map(|(source, _)| *source);
        let sources: BTreeSet<_> = own.chain(self.projectors.iter().flat_map(Projector::sources)).collect();
        for source in sources {
            if let Err(error) = self.shared.transport.look_again(source) {
                tracing::warn!(service = %S::NAME, %error, "a log cannot be looked at");
            }
        }
        self.next_timer = timers::next_due(&mut *self.session, &self.partitions).unwrap_or(self.next_timer);
        self.next_retry = Some(self.core.clock.now());
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
