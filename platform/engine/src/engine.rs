//! A service at work, as its callers see it.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use contracts::{ServiceName, Timestamp, partition_of};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    audit_log::{self, Actor, AuditEntry},
    clock::{Ids, RandomIds},
    commands::CommandKey,
    lane::{LaneHandle, Work},
    message::CommandError,
    parking::{self, Parked, ParkedState},
    pause::Paused,
    projector::{Ask, consumer_of},
    reads::Reads,
    service::Service,
    session::{Session, StoreError},
    shadow::{Shadow, ShadowState},
    shared::{Shared, Stats},
    store::StoreAddress,
};

/// How often a comparison is tried while another process moves what is compared.
const COMPARISONS_MAX: usize = 100;

/// What keeps a service from starting or a question to its engine from an answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store.
    #[error("the {service} service's store does not work")]
    Store {
        /// Which service.
        service: ServiceName,
        /// Why.
        source: StoreError,
    },
    /// The log of another service cannot be subscribed to.
    #[error("the {service} service cannot subscribe")]
    Transport {
        /// Which service.
        service: ServiceName,
        /// Why.
        source: bus::TransportError,
    },
    /// The engine has stopped.
    #[error("the {0} service has stopped")]
    Stopped(ServiceName),
}

/// What became of the wish to try a dead letter again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// It is tried again now.
    Yes,
    /// There is no such dead letter.
    NotFound,
    /// The edited body is not one that the service can handle; says why. Nothing has changed.
    Unreadable(String),
}

/// What became of the wish to hand an event to the service again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redelivered {
    /// It has its turn after what waits of its subject; the id is that of the waiting message.
    Queued(Uuid),
    /// The event says nothing to this service.
    NotForIt,
    /// The service cannot read the event; says why.
    Unreadable(String),
}

/// A service at work. Clones share it.
pub struct Engine<S: Service> {
    pub(crate) service: Arc<S>,
    pub(crate) shared: Arc<Shared<S>>,
    pub(crate) lanes: Arc<Vec<LaneHandle<S>>>,
    pub(crate) threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    pub(crate) reads: Reads,
}

impl<S: Service> Clone for Engine<S> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            shared: self.shared.clone(),
            lanes: self.lanes.clone(),
            threads: self.threads.clone(),
            reads: self.reads.clone(),
        }
    }
}

impl<S: Service> Engine<S> {
    /// Gives a command and waits for its reply, which has been committed by then.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn command(
        &self,
        key: Option<CommandKey>,
        message: S::Message,
    ) -> Result<S::Reply, CommandError> {
        self.send(key, None, message).await
    }

    /// Gives a command of one of the shop's people. The audit log has it, with the rows before and after, from the moment that it is
    /// carried out.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn command_by(
        &self,
        actor: Actor,
        key: Option<CommandKey>,
        message: S::Message,
    ) -> Result<S::Reply, CommandError> {
        self.send(key, Some(actor), message).await
    }

    async fn send(
        &self,
        key: Option<CommandKey>,
        actor: Option<Actor>,
        message: S::Message,
    ) -> Result<S::Reply, CommandError> {
        let (reply, answer) = oneshot::channel();
        let lane = self.lane(&self.service.key(&message).to_string());
        let sent = lane.queue.try_send(Work::Command { key, actor, message, reply });
        sent.map_err(|_| CommandError::Unavailable)?;
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    fn lane(&self, subject: &str) -> &LaneHandle<S> {
        &self.lanes[usize::from(partition_of(subject)) % self.lanes.len()]
    }

    /// The service's rules, for what they know without their rows.
    pub fn service(&self) -> &S {
        &self.service
    }

    /// The service's read side.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Grows with every commit of this process: what was read at an equal revision is still so.
    pub fn revision(&self) -> u64 {
        self.shared.stats.commits.load(Ordering::Acquire)
    }

    /// Counters since the start.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// The service's database.
    pub fn store(&self) -> &StoreAddress {
        &self.shared.store
    }

    /// Waits until the subject's first event has been committed in this process, up to `patience`; says whether it has.
    /// Subjects that came long ago, or in another process, are for the caller to read.
    pub async fn wait_for_arrival(&self, subject: &str, patience: Duration) -> bool {
        let (arrived, arrival) = oneshot::channel();
        {
            let mut arrivals = self.shared.arrivals.lock();
            if arrivals.recent.contains(subject) {
                return true;
            }
            arrivals.waiting.entry(subject.to_owned()).or_default().push(arrived);
        }
        let came = tokio::time::timeout(patience, arrival).await.is_ok();
        if !came {
            let mut arrivals = self.shared.arrivals.lock();
            if let Some(waiting) = arrivals.waiting.get_mut(subject) {
                waiting.retain(|waiting| !waiting.is_closed());
                if waiting.is_empty() {
                    arrivals.waiting.remove(subject);
                }
            }
        }
        came
    }

    /// Runs `errand` on a lane's session, between batches.
    pub(crate) async fn errand<R: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut dyn Session) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, EngineError> {
        let (done, answer) = oneshot::channel();
        let work = Work::Errand(Box::new(move |session: &mut dyn Session| {
            let result = errand(session);
            if result.is_err() {
                session.rollback();
            }
            let _ = done.send(result);
        }));
        self.lanes[0].queue.try_send(work).map_err(|_| EngineError::Stopped(S::NAME))?;
        let answer = answer.await.map_err(|_| EngineError::Stopped(S::NAME))?;
        answer.map_err(|source| EngineError::Store { service: S::NAME, source })
    }

    /// What is parked: waiting for another attempt, behind another message, or for a person.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn parked(&self) -> Result<Vec<Parked>, EngineError> {
        self.errand(parking::all).await
    }

    /// Tries a dead letter again, perhaps with its data mended: the event's data, or the message.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn replay_dead_letter(
        &self,
        actor: Actor,
        id: Uuid,
        data: Option<serde_json::Value>,
    ) -> Result<Replayed, EngineError> {
        let body = match data {
            None => None,
            Some(data) => {
                let Some(parked) = self.errand(move |session| parking::find(session, id)).await? else {
                    return Ok(Replayed::NotFound);
                };
                match parked.edited(&*self.service, data) {
                    Ok(body) => Some(body),
                    Err(why) => return Ok(Replayed::Unreadable(why)),
                }
            }
        };
        let found = self.change_dead_letter(actor, id, move |mut parked| {
            parked.state = ParkedState::Retry;
            parked.attempt = 0;
            parked.due = Timestamp(0);
            parked.body = body.unwrap_or(parked.body);
            Some(parked)
        });
        Ok(if found.await? { Replayed::Yes } else { Replayed::NotFound })
    }

    /// Hands an event to the service once more, as a delivery of its own: the inbox, which knows what came, is not asked.
    /// For a message that was lost to an error in the service's rules; rules that have seen it must ignore it. The audit log has it
    /// from the same transaction.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn redeliver(
        &self,
        actor: Actor,
        event: contracts::Envelope,
    ) -> Result<Redelivered, EngineError> {
        let message = match self.service.receive(&event) {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Redelivered::NotForIt),
            Err(error) => return Ok(Redelivered::Unreadable(crate::message::describe(&error))),
        };
        let now = self.shared.clock.now();
        let id = RandomIds::new().next(now);
        let parked = Parked::again(event, self.service.key(&message).to_string(), id, now);
        self.errand(move |session| parking::put(session, parked, actor)).await?;
        self.look_for_retries();
        Ok(Redelivered::Queued(id))
    }

    /// Lets all lanes stand still between two batches, until the answer is dropped: nothing commits meanwhile.
    ///
    /// # Errors
    /// The engine has stopped.
    pub async fn pause(&self) -> Result<Paused, EngineError> {
        let (paused, errands) = Paused::of(self.lanes.len());
        for (lane, errand) in self.lanes.iter().zip(errands) {
            let work = Work::Errand(Box::new(move |_| errand()));
            lane.queue.try_send(work).map_err(|_| EngineError::Stopped(S::NAME))?;
        }
        paused.arrived().await.ok_or(EngineError::Stopped(S::NAME))
    }

    /// Gives a dead letter up for good; the messages behind it have their turn. Says whether there was one.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn discard_dead_letter(&self, actor: Actor, id: Uuid) -> Result<bool, EngineError> {
        self.change_dead_letter(actor, id, |_| None).await
    }

    async fn change_dead_letter(
        &self,
        actor: Actor,
        id: Uuid,
        change: impl FnOnce(Parked) -> Option<Parked> + Send + 'static,
    ) -> Result<bool, EngineError> {
        let at = self.shared.clock.now();
        let found =
            self.errand(move |session| parking::change_dead_letter(session, id, actor, at, change)).await?;
        self.look_for_retries();
        Ok(found)
    }

    /// Puts into the audit log what somebody has done that is no command to the service, such as a backup.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn record_action(&self, actor: Actor, subject: String) -> Result<(), EngineError> {
        let at = self.shared.clock.now();
        let entry = AuditEntry { id: RandomIds::new().next(at), at, actor, subject, changes: Vec::new() };
        self.errand(move |session| {
            session.begin()?;
            audit_log::write(session, &[entry])?;
            session.commit()
        })
        .await
    }

    /// Each lane looks for retries when its parked subjects may have changed.
    fn look_for_retries(&self) {
        for lane in self.lanes.iter() {
            let _ = lane.queue.try_send(Work::LookForRetries);
        }
    }

    /// Makes a projection anew from the first event, beside the live rows; waits until this shadow has caught up. It goes on without
    /// whoever waits, and in a later process. `None` when another rebuild, or a drop, has ended it.
    ///
    /// # Errors
    /// There is no such projection, or the store does not work.
    pub async fn rebuild_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        let id = RandomIds::new().next(self.shared.clock.now());
        self.ask_of_shadow(name, Ask::Build(id)).await
    }

    /// Compares a projection with its shadow at equal cursors, and notes what was found. A shadow that has not caught up is not compared:
    /// its state says so. `None` when there is no shadow.
    ///
    /// # Errors
    /// There is no such projection, or the store does not work.
    pub async fn compare_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        let store_error = |source| EngineError::Store { service: S::NAME, source };
        for _ in 0..COMPARISONS_MAX {
            let known = self.ask_of_shadow(name, Ask::Look).await?;
            let Some(shadow) = known
                .as_ref()
                .filter(|shadow| !matches!(shadow.state, ShadowState::Building | ShadowState::Swapped))
            else {
                return Ok(known);
            };
            let projections = self.service.projections();
            let Some(projection) = projections.iter().find(|projection| projection.name() == name) else {
                return Ok(None);
            };
            let (live, consumer) = (projection.table(), consumer_of(S::NAME, &**projection));
            let compared = self.reads.compare(live, &consumer).await.map_err(store_error)?;
            // Another process has moved one of the two; the lane looks again before it answers.
            let Some(found) = compared else { continue };
            let (answer, noted) = oneshot::channel();
            let projection = name.to_owned();
            let work = Work::Compared { projection, shadow: shadow.id, found, answer };
            self.lanes[0].queue.try_send(work).map_err(|_| EngineError::Stopped(S::NAME))?;
            return noted.await.map_err(|_| EngineError::Stopped(S::NAME))?.map_err(store_error);
        }
        Err(store_error(StoreError::Contended("the shadow and the live rows do not come to rest".into())))
    }

    /// Puts a projection's shadow in the place of its live rows, in one transaction. What is then known of the shadow: its state is
    /// [`Swapped`](ShadowState::Swapped), or says why it could not be. `None` when there is no shadow.
    ///
    /// # Errors
    /// There is no such projection, or the store does not work.
    pub async fn swap_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.ask_of_shadow(name, Ask::Swap).await
    }

    /// Gives a projection's shadow up; what was known of it.
    ///
    /// # Errors
    /// There is no such projection, or the store does not work.
    pub async fn drop_shadow(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.ask_of_shadow(name, Ask::Drop).await
    }

    async fn ask_of_shadow(&self, name: &str, ask: Ask) -> Result<Option<Shadow>, EngineError> {
        let (answer, answered) = oneshot::channel();
        let work = Work::Shadow { projection: name.to_owned(), ask, answer };
        self.lanes[0].queue.try_send(work).map_err(|_| EngineError::Stopped(S::NAME))?;
        let answered = answered.await.map_err(|_| EngineError::Stopped(S::NAME))?;
        answered.map_err(|source| EngineError::Store { service: S::NAME, source })
    }

    /// Stops the lanes after what waits for them is done. Messages that come later are refused.
    pub async fn stop(&self) {
        for lane in self.lanes.iter() {
            let _ = lane.queue.send(Work::Stop);
        }
        let threads: Vec<_> = std::mem::take(&mut *self.threads.lock());
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!(service = %S::NAME, "a lane ended by a panic");
                }
            }
        });
        let _ = joined.await;
    }
}
