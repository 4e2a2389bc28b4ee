//! A lane: the thread that forms batches from all that waits, and decides them one after another.
//!
//! A batch forms by itself: while one is being committed, the next gathers. A lone message goes at once.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    audit_log::Actor,
    commands::CommandKey,
    effects,
    message::{CommandError, Incoming, Origin},
    outside::{Ended, UnderWay},
    parking,
    projector::{Answer, Ask, Projector},
    service::{Cause, Service},
    session::{Session, StoreError},
    shadow::Differences,
    shared::Shared,
    unit::Committed,
    worker::Worker,
    yielding::{BATCH_EVERY, CALLS_WAITING_MAX, Share},
};

/// How many messages of one origin a batch takes, at most.
const TAKE_MAX: usize = 256;

/// How long a lane sleeps at most: the safety net under the wake-ups.
const POLL: Duration = Duration::from_millis(250);

/// How long a lane waits after its store or a log failed, before it tries again.
const PAUSE: Duration = Duration::from_millis(500);

/// What reaches a lane from other threads.
pub(crate) enum Work<S: Service> {
    Command {
        key: Option<CommandKey>,
        actor: Option<Actor>,
        message: S::Message,
        reply: oneshot::Sender<Result<S::Reply, CommandError>>,
    },
    EffectEnded(Ended<S>, UnderWay),
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
    pub worker: Worker<S>,
    pub queue: Receiver<Work<S>>,
    pub handle: LaneHandle<S>,
    pub stopping: bool,
    /// What ended the last sleep.
    pub first: Option<Work<S>>,
    /// The calls whose answers are being decided: not to be made again before that has committed.
    pub answering: Vec<UnderWay>,
    /// What this lane has of the processors, where it yields.
    pub share: Share,
}

impl<S: Service> Lane<S> {
    /// Works until it is told to stop and nothing waits.
    pub fn run(mut self) {
        loop {
            self.answering.clear();
            let (batch, replies) = match self.gather() {
                Ok(gathered) => gathered,
                Err(error) => {
                    self.recover(&error);
                    continue;
                }
            };
            let idle = batch.is_empty();
            if !idle {
                let more_waits = batch.len() >= TAKE_MAX;
                self.decide(batch, replies);
                if S::YIELDS && !self.stopping && (!more_waits || self.share.is_short()) {
                    std::thread::park_timeout(BATCH_EVERY);
                }
            }
            let projected = self.project();
            self.worker.session.maintain(idle);
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
        // Those who yield have slow calls: what would only wait for its call is left in the log, not in memory.
        if S::YIELDS && self.shared.calls_under_way() >= CALLS_WAITING_MAX {
            self.worker.core.behind = true;
        } else {
            self.gather_events(&mut batch);
        }
        let now = self.worker.core.clock.now();
        self.worker.take_due(now, TAKE_MAX, &mut batch)?;
        for call in self.worker.take_over(now)? {
            // One that is under way, or whose answer is in hand, is not made again.
            self.shared.call(call, &self.handle);
        }
        replies.resize_with(batch.len(), || None);
        Ok((batch, replies))
    }

    fn take(&mut self, work: Work<S>, batch: &mut Vec<Incoming<S>>, replies: &mut Vec<Option<Reply<S>>>) {
        let core = &mut self.worker.core;
        match work {
            Work::Command { key, actor, message, reply } => {
                let id = core.ids.next(core.clock.now());
                let cause = Cause { id, correlation_id: id };
                batch.push(Incoming::message(&*core.service, Origin::Command { key, actor }, message, cause));
                replies.push(Some(reply));
            }
            Work::EffectEnded(ended, under_way) => {
                self.answering.push(under_way);
                let key = ended.idempotency_key.clone();
                match self.worker.answered(ended) {
                    Some(incoming) => {
                        self.shared.stats.effects_answered.fetch_add(1, Ordering::Relaxed);
                        batch.push(incoming);
                        replies.push(None);
                    }
                    None => self.give_up(&key),
                }
            }
            Work::Wake => self.handle.woken.store(false, Ordering::Release),
            Work::Errand(errand) => errand(&mut *self.worker.session),
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
        let stats = &self.shared.stats;
        self.worker.take_events(TAKE_MAX, batch, &mut |source, error| {
            let stops = matches!(error, bus::TransportError::AnotherLog { .. });
            if stops {
                tracing::error!(service = %S::NAME, %source, %error, "the consumer stops");
                stats.stopped_sources.lock().insert(source, error.to_string());
            } else {
                tracing::warn!(service = %S::NAME, %source, %error, "events cannot be read now");
            }
            stops
        });
    }

    /// Decides a batch, and lets out what its commits allow: replies, events, calls.
    fn decide(&mut self, batch: Vec<Incoming<S>>, mut replies: Vec<Option<Reply<S>>>) {
        let Self { shared, worker, handle, .. } = self;
        let begun = Instant::now();
        let result = worker.decide(&batch, &mut |first, committed| {
            let Committed { outcomes, logged, calls, .. } = committed;
            shared.stats.count_batch(&batch[first..first + outcomes.len()], begun);
            shared.committed(&logged, outcomes.len());
            for (outcome, reply) in outcomes.into_iter().zip(&mut replies[first..]) {
                if let Some(reply) = reply.take() {
                    // A caller that has gone away does not want its answer.
                    let _ = reply.send(outcome.answer());
                }
            }
            for call in calls {
                shared.call(call, handle);
            }
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
        let session = self.shared.store.writer()?;
        self.worker.reload(session)
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
                Work::EffectEnded(..)
                | Work::Errand(_)
                | Work::Shadow { .. }
                | Work::Compared { .. }
                | Work::LookForRetries => {}
            }
        }
    }

    fn give_up(&mut self, idempotency_key: &str) {
        self.shared.stats.effects_given_up.fetch_add(1, Ordering::Relaxed);
        tracing::error!(service = %S::NAME, idempotency_key, "a call to the outside is given up; a person must look");
        let Worker { core, session, .. } = &mut self.worker;
        if let Err(error) = effects::give_up::<S>(&mut **session, idempotency_key, core.clock.now()) {
            tracing::error!(service = %S::NAME, %error, "the given-up call could not be noted");
        }
    }

    /// Brings read models up to date where their time has come.
    fn project(&mut self) -> bool {
        let (mut projected, mut failed) = (false, None);
        let Worker { projectors, session, .. } = &mut self.worker;
        for projector in projectors {
            match projector.step_when_due(&mut **session) {
                Ok(stepped) => projected |= stepped,
                Err(error) => {
                    session.rollback();
                    tracing::error!(service = %S::NAME, projection = projector.name(), %error, "a projection cannot be brought up to date");
                    failed = Some(error);
                }
            }
        }
        // After these it is not known where the projection stands.
        if let Some(
            error @ (StoreError::Contended(_) | StoreError::Unknown(_) | StoreError::Unavailable(_)),
        ) = failed
        {
            self.recover(&error);
        }
        projected
    }

    /// The projector of a name; where there is none, whoever asks is told so.
    fn projector(
        &mut self,
        name: &str,
        answer: Answer,
    ) -> Option<(&mut Projector, &mut dyn Session, Answer)> {
        let Worker { projectors, session, .. } = &mut self.worker;
        match projectors.iter_mut().find(|projector| projector.name() == name) {
            Some(projector) => Some((projector, &mut **session, answer)),
            None => {
                let error = StoreError::Unavailable(format!("there is no projection `{name}`"));
                let _ = answer.send(Err(error));
                None
            }
        }
    }

    fn look_for_retries(&mut self) {
        let Worker { core, session, next_retry, .. } = &mut self.worker;
        match parking::all(&mut **session) {
            Ok(parked) => core.parked = parked.into_iter().map(|parked| parked.subject).collect(),
            Err(error) => tracing::error!(service = %S::NAME, %error, "what is parked cannot be read"),
        }
        *next_retry = Some(core.clock.now());
    }

    /// Sleeps until there is work or a timer is due, and never for long.
    fn wait(&mut self) {
        let now = self.worker.core.clock.now();
        let until_due = self
            .worker
            .next_due()
            .map(|due| Duration::from_micros(due.micros_since(now).max(0).unsigned_abs()));
        let pause = self.worker.projectors.iter().filter_map(Projector::pause).min();
        let timeout = [until_due, pause].into_iter().flatten().fold(POLL, Duration::min);
        match self.queue.recv_timeout(timeout) {
            Ok(work) => self.first = Some(work),
            Err(RecvTimeoutError::Timeout) => self.look_around(),
            Err(RecvTimeoutError::Disconnected) => self.stopping = true,
        }
    }

    /// What wake-ups do not tell: events, timers and retries that another process has left.
    fn look_around(&mut self) {
        if !self.worker.session.shared() {
            return;
        }
        let own = self.worker.subscriptions.iter().map(|(source, _)| *source);
        let of_projections = self.worker.projectors.iter().flat_map(Projector::sources);
        let sources: BTreeSet<_> = own.chain(of_projections).collect();
        for source in sources {
            if let Err(error) = self.shared.transport.look_again(source) {
                tracing::warn!(service = %S::NAME, %error, "a log cannot be looked at");
            }
        }
        self.worker.look_around();
    }
}
