//! What a lane works with, whoever drives it: its own thread, or the simulation step by step.

use std::{sync::Arc, time::Duration};

use bus::{Consumer, Cursors, Subscription, Transport, TransportError, Wake};
use contracts::{PARTITIONS, ServiceName, Timestamp};

use crate::{
    clock::{Clock, Ids},
    core::Core,
    effects::{self, Call},
    engine::EngineError,
    message::{Incoming, Origin},
    outside::Ended,
    parking,
    projector::{Projector, consumer_of},
    service::Service,
    session::{Session, StoreError},
    timers,
    unit::Committed,
};

/// How often effects are looked for whose process is gone.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(15);

/// How many calls are taken over at once, at most.
const TAKE_OVER_MAX: usize = 256;

/// A lane's share of a service, without the thread and the queue.
pub(crate) struct Worker<S: Service> {
    pub core: Core<S>,
    pub session: Box<dyn Session>,
    pub partitions: Vec<u8>,
    pub subscriptions: Vec<(ServiceName, Box<dyn Subscription>)>,
    /// The first lane runs the service's projections.
    pub projectors: Vec<Projector>,
    pub next_timer: Option<Timestamp>,
    pub next_retry: Option<Timestamp>,
    pub next_take_over: Timestamp,
    /// The store has failed and works again, and answers of the outside may have been lost meanwhile.
    recovered: bool,
}

impl<S: Service> Worker<S> {
    /// Subscribes, and reads where the lane stands; answers also the calls that a process which is gone has left under way.
    ///
    /// # Errors
    /// The store or a source cannot be read.
    #[allow(clippy::too_many_arguments)] // A struct for them would only repeat the worker's.
    pub fn start(
        service: &Arc<S>,
        transport: &dyn Transport,
        wake: &Wake,
        clock: &Arc<dyn Clock>,
        ids: Box<dyn Ids>,
        mut session: Box<dyn Session>,
        partitions: Vec<u8>,
        projects: bool,
    ) -> Result<(Self, Vec<Call<S>>), EngineError> {
        let store_error = |source| EngineError::Store { service: S::NAME, source };
        let subscribe = |name: String, source: ServiceName, partitions: &[u8]| {
            let consumer = Consumer { name, source, partitions: partitions.to_vec() };
            let subscription = transport.subscribe(consumer, wake.clone());
            subscription
                .map(|subscription| (source, subscription))
                .map_err(|source| EngineError::Transport { service: S::NAME, source })
        };
        let mut subscriptions = Vec::new();
        for subscription in service.subscriptions() {
            subscriptions.push(subscribe(S::NAME.to_string(), subscription.source, &partitions)?);
        }
        let all: Vec<u8> = (0..PARTITIONS).collect();
        let mut projectors = Vec::new();
        for projection in service.projections().into_iter().filter(|_| projects) {
            let name = consumer_of(S::NAME, &*projection);
            let sources: std::collections::BTreeSet<ServiceName> =
                projection.subscriptions().iter().map(|subscription| subscription.source).collect();
            let sources = sources.into_iter().map(|source| subscribe(name.clone(), source, &all));
            let sources = sources.collect::<Result<_, _>>()?;
            let projector = Projector::load(&mut *session, S::NAME, projection, sources);
            projectors.push(projector.map_err(store_error)?);
        }
        let core = Core::load(service.clone(), &mut *session, clock.clone(), ids).map_err(store_error)?;
        let next_timer = timers::next_due(&mut *session, &partitions).map_err(store_error)?;
        // Nobody else writes to a file of its own, so calls that are under way in it belong to a process that is gone.
        let orphaned = if session.shared() { clock.now() } else { Timestamp(i64::MAX) };
        let calls =
            effects::take_over(&mut *session, orphaned, clock.now(), usize::MAX >> 1).map_err(store_error)?;
        let worker = Self {
            core,
            session,
            partitions,
            subscriptions,
            projectors,
            next_timer,
            next_retry: Some(clock.now()),
            next_take_over: clock.now().plus(TAKE_OVER_EVERY),
            recovered: false,
        };
        Ok((worker, calls))
    }

    /// The message of an effect that has ended with an answer.
    pub fn answered(&self, ended: Ended<S>) -> Option<Incoming<S>> {
        let Ended { idempotency_key, request, cause, response } = ended;
        let service = &*self.core.service;
        let message = service.effect_ended(request, response?);
        Some(Incoming::message(service, Origin::Effect { idempotency_key }, message, cause))
    }

    /// Takes up to `limit` events of each source. `failed` hears of sources that cannot be read, and says which are read no more.
    pub fn take_events(
        &mut self,
        limit: usize,
        batch: &mut Vec<Incoming<S>>,
        failed: &mut dyn FnMut(ServiceName, TransportError) -> bool,
    ) {
        let mut stopped = Vec::new();
        self.core.behind = false;
        for (source, subscription) in &mut self.subscriptions {
            let cursors: Cursors = self.core.inbox.cursors(*source);
            match subscription.poll(&cursors, limit) {
                Ok(deliveries) => {
                    self.core.behind |= deliveries.len() >= limit;
                    batch.extend(
                        deliveries.into_iter().map(|delivery| Incoming::event(&*self.core.service, delivery)),
                    );
                }
                Err(error) => match failed(*source, error) {
                    true => stopped.push(*source),
                    false => self.core.behind = true,
                },
            }
        }
        self.subscriptions.retain(|(source, _)| !stopped.contains(source));
    }

    /// Takes the timers and the parked messages that are due, up to `limit` each.
    pub fn take_due(
        &mut self,
        now: Timestamp,
        limit: usize,
        batch: &mut Vec<Incoming<S>>,
    ) -> Result<(), StoreError> {
        let Self { core, session, partitions, next_timer, next_retry, .. } = self;
        if next_timer.is_some_and(|due| due <= now) {
            let timers = timers::due(&mut **session, &*core.service, partitions, now, limit)?;
            *next_timer = timers::next_due_after(&mut **session, partitions, now, timers.len() >= limit)?;
            batch.extend(timers);
        }
        if next_retry.is_some_and(|due| due <= now) {
            let parked = parking::due(&mut **session, partitions, now, limit)?;
            *next_retry = parking::next_due_after(&mut **session, partitions, now, parked.len() >= limit)?;
            batch.extend(parked.into_iter().map(|parked| parked.incoming(&*core.service)));
        }
        Ok(())
    }

    /// The calls of a process that is gone, when it is time to look for them.
    pub fn take_over(&mut self, now: Timestamp) -> Result<Vec<Call<S>>, StoreError> {
        if self.recovered {
            // Nobody else writes to a file of its own: what is under way in it need not wait until its lease ends.
            let calls = effects::take_over(&mut *self.session, Timestamp(i64::MAX), now, usize::MAX >> 1)?;
            self.recovered = false;
            return Ok(calls);
        }
        // A clock that was set back must not keep the lane from looking until it is where it was.
        let was_set_back = self.next_take_over > now.plus(TAKE_OVER_EVERY);
        if self.next_take_over > now && !was_set_back {
            return Ok(Vec::new());
        }
        self.next_take_over = now.plus(TAKE_OVER_EVERY);
        effects::take_over(&mut *self.session, now, now, TAKE_OVER_MAX)
    }

    /// Decides a batch. `on_commit` hears of each transaction right after its commit, with the number of its first message.
    ///
    /// # Errors
    /// The store does not work; what it knew is not to be trusted before [`reload`](Self::reload).
    pub fn decide(
        &mut self,
        batch: &[Incoming<S>],
        on_commit: &mut dyn FnMut(usize, Committed<S>),
    ) -> Result<(), StoreError> {
        let Self { core, session, next_timer, next_retry, .. } = self;
        core.run(&mut **session, batch, &mut |first, committed| {
            *next_timer = earlier(*next_timer, committed.next_timer);
            *next_retry = earlier(*next_retry, committed.next_retry);
            on_commit(first, committed);
        })
    }

    /// Goes on with another session after the store has failed, and reads anew where the lane stands: a commit whose outcome is
    /// unknown may have moved it on.
    pub fn reload(&mut self, mut session: Box<dyn Session>) -> Result<(), StoreError> {
        // What the old session still has open would lock this one out.
        self.session.rollback();
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
        self.recovered = !session.shared();
        self.session = session;
        self.core.inbox = inbox;
        self.core.parked = parked;
        self.next_retry = Some(self.core.clock.now());
        for projector in &mut self.projectors {
            projector.reload(&mut *self.session)?;
        }
        Ok(())
    }

    /// When a timer or a retry is due next.
    pub fn next_due(&self) -> Option<Timestamp> {
        earlier(self.next_timer, self.next_retry)
    }

    /// Looks for timers and retries that another process has left.
    pub fn look_around(&mut self) {
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
