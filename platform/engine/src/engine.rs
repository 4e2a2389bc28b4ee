//! A service at work: its database, its lanes, its log on the bus.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use bus::{Consumer, Embedded, Logged, Transport};
use contracts::{PARTITIONS, ServiceName, Timestamp, partition_of};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    clock::{Clock, Ids, RandomIds},
    commands::CommandKey,
    core::{Core, topic_of},
    effects::Call,
    lane::{Lane, LaneHandle, Work},
    message::CommandError,
    outside::{Caller, Outside},
    parking::{self, Parked, ParkedState},
    projector::{Projector, Rebuilt, consumer_of},
    reads::Reads,
    service::Service,
    session::{Session, StoreError},
    store::StoreAddress,
    system::SYSTEM_TABLES,
    timers,
};

/// How many messages may wait for a lane. Past it, commands are refused as unavailable.
const QUEUE_MAX: usize = 16_384;

/// How many subjects that have just appeared are remembered for those who wait for them.
const ARRIVALS_MAX: usize = 65_536;

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

/// What a service's engine works with.
pub struct EngineOptions<S: Service> {
    /// Its database.
    pub store: StoreAddress,
    /// How events travel.
    pub transport: Embedded,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whom the service's effects call; `None` for a service without effects.
    pub outside: Option<Arc<dyn Outside<S>>>,
}

/// Counters of an engine, since its start.
#[derive(Debug, Default)]
pub struct Stats {
    /// Transactions committed; each is one flush to disk on SQLite.
    pub commits: AtomicU64,
    /// Messages handled.
    pub messages: AtomicU64,
    /// Events published.
    pub events: AtomicU64,
    /// Times that the store failed.
    pub store_errors: AtomicU64,
    /// Sources that are not read any more, and why.
    pub stopped_sources: Mutex<HashMap<ServiceName, String>>,
}

/// Subjects whose first event has just been committed, and who waits for one.
#[derive(Default)]
struct Arrivals {
    recent: HashSet<String>,
    order: VecDeque<String>,
    waiting: HashMap<String, Vec<oneshot::Sender<()>>>,
}

/// What a service's lanes and its callers share.
pub(crate) struct Shared<S: Service> {
    pub store: StoreAddress,
    pub transport: Embedded,
    pub stats: Stats,
    caller: Option<Arc<Caller<S>>>,
    runtime: tokio::runtime::Handle,
    arrivals: Mutex<Arrivals>,
}

impl<S: Service> Shared<S> {
    /// Lets out a batch's events, after its commit.
    pub fn committed(&self, logged: &[Arc<Logged>], messages: usize) {
        self.stats.commits.fetch_add(1, Ordering::Relaxed);
        self.stats.messages.fetch_add(messages as u64, Ordering::Relaxed);
        self.stats.events.fetch_add(logged.len() as u64, Ordering::Relaxed);
        if logged.is_empty() {
            return;
        }
        self.transport.announce(S::NAME, logged);
        let mut arrivals = self.arrivals.lock();
        for logged in logged.iter().filter(|logged| logged.event.sequence == 1) {
            let subject = &logged.event.subject;
            for waiting in arrivals.waiting.remove(subject).unwrap_or_default() {
                let _ = waiting.send(());
            }
            if arrivals.recent.insert(subject.clone()) {
                arrivals.order.push_back(subject.clone());
            }
            if arrivals.order.len() > ARRIVALS_MAX
                && let Some(oldest) = arrivals.order.pop_front()
            {
                arrivals.recent.remove(&oldest);
            }
        }
    }

    /// Makes a call to the outside; its answer comes back to the lane.
    pub fn call(&self, call: Call<S>, lane: &LaneHandle<S>) {
        let Some(caller) = &self.caller else {
            tracing::error!(service = %S::NAME, key = call.idempotency_key, "nobody is there to make a call");
            return;
        };
        let queue = lane.queue.clone();
        caller.start(&self.runtime, call, move |ended| {
            // A lane that has stopped leaves the effect's row, which is taken over at the next start.
            let _ = queue.send(Work::EffectEnded(ended));
        });
    }
}

/// The service's own log, as the transport reads it.
struct StoredLog {
    source: ServiceName,
    epoch: Uuid,
    session: Mutex<Box<dyn Session>>,
}

impl bus::Log for StoredLog {
    fn epoch(&self) -> Uuid {
        self.epoch
    }

    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
        let heads = crate::log::heads(&mut **self.session.lock()).map_err(|error| error.to_string())?;
        Ok(heads.into_iter().map(|(topic, partition, head)| ((topic, partition), head)).collect())
    }

    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
        let mut session = self.session.lock();
        crate::log::read(&mut **session, self.source, topic, partition, after, limit).map_err(|error| error.to_string())
    }
}

/// A service whose database is open and whose log others may subscribe to. [`start`](Self::start) sets it to work.
pub struct Opened<S: Service> {
    service: Arc<S>,
    shared: Arc<Shared<S>>,
    clock: Arc<dyn Clock>,
    sessions: Vec<Box<dyn Session>>,
    lanes: Vec<(LaneHandle<S>, crossbeam_channel::Receiver<Work<S>>)>,
    reads: Reads,
}

/// A service at work. Clones share it.
pub struct Engine<S: Service> {
    service: Arc<S>,
    shared: Arc<Shared<S>>,
    lanes: Arc<Vec<LaneHandle<S>>>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    reads: Reads,
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

impl<S: Service> Opened<S> {
    /// Opens the database, brings its tables up to date, and makes the log known to the transport.
    ///
    /// # Errors
    /// The store cannot be opened or is of another version.
    pub async fn open(service: S, options: EngineOptions<S>) -> Result<Self, EngineError> {
        let runtime = tokio::runtime::Handle::current();
        let EngineOptions { store, transport, clock, outside } = options;
        let shared = Arc::new(Shared {
            store: store.clone(),
            transport: transport.clone(),
            stats: Stats::default(),
            caller: outside.map(|outside| Arc::new(Caller::new(outside))),
            runtime,
            arrivals: Mutex::default(),
        });
        let mut tables = SYSTEM_TABLES.to_vec();
        tables.extend(service.tables());
        let (address, clock_of_log) = (store.clone(), clock.clone());
        // A session blocks its thread, which an asynchronous task's must not be.
        let opened = tokio::task::spawn_blocking(move || open_sessions(&address, &tables, &*clock_of_log));
        let opened = opened.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())));
        let (sessions, log_session, epoch) =
            opened.map_err(|source| EngineError::Store { service: S::NAME, source })?;
        let log = StoredLog { source: S::NAME, epoch, session: Mutex::new(log_session) };
        let log: Arc<dyn bus::Log> = Arc::new(log);
        let added = tokio::task::spawn_blocking(move || transport.add_producer(S::NAME, log)).await;
        added
            .unwrap_or_else(|error| {
                Err(bus::TransportError::Unavailable { origin: S::NAME, detail: error.to_string() })
            })
            .map_err(|source| EngineError::Transport { service: S::NAME, source })?;
        let reads = store.readers().await.map_err(|source| EngineError::Store { service: S::NAME, source })?;
        let lanes = sessions.iter().map(|_| {
            let (queue, receiver) = crossbeam_channel::bounded(QUEUE_MAX);
            (LaneHandle { queue, woken: Arc::default() }, receiver)
        });
        let lanes = lanes.collect();
        Ok(Self { service: Arc::new(service), shared, clock, sessions, lanes, reads: Reads::new(reads) })
    }

    /// The face of the engine, before its lanes work. Commands wait until [`start`](Self::start).
    pub fn engine(&self) -> Engine<S> {
        Engine {
            service: self.service.clone(),
            shared: self.shared.clone(),
            lanes: Arc::new(self.lanes.iter().map(|(handle, _)| handle.clone()).collect()),
            threads: Arc::default(),
            reads: self.reads.clone(),
        }
    }

    /// Subscribes to the sources, which must all be open, and sets the lanes to work.
    ///
    /// # Errors
    /// The store or a source cannot be read.
    pub async fn start(self, engine: &Engine<S>) -> Result<(), EngineError> {
        let threads = engine.threads.clone();
        let started = tokio::task::spawn_blocking(move || self.start_lanes()).await;
        let started = started.unwrap_or_else(|_| Err(EngineError::Stopped(S::NAME)))?;
        threads.lock().extend(started);
        Ok(())
    }

    fn start_lanes(self) -> Result<Vec<JoinHandle<()>>, EngineError> {
        let count = self.sessions.len();
        let Self { service, shared, clock, sessions, lanes, .. } = self;
        let mut threads = Vec::new();
        for (number, (session, (handle, queue))) in sessions.into_iter().zip(lanes).enumerate() {
            let partitions: Vec<u8> = (0..PARTITIONS).filter(|partition| usize::from(*partition) % count == number).collect();
            let lane = make_lane(&service, &shared, &clock, session, handle, queue, partitions, number == 0)?;
            let thread = std::thread::Builder::new().name(format!("{}-{number}", S::NAME)).spawn(move || lane.run());
            threads.push(thread.map_err(|error| EngineError::Store {
                service: S::NAME,
                source: StoreError::Unavailable(error.to_string()),
            })?);
        }
        Ok(threads)
    }
}

#[allow(clippy::type_complexity)]
fn open_sessions(
    address: &StoreAddress,
    tables: &[&'static crate::Table],
    clock: &dyn Clock,
) -> Result<(Vec<Box<dyn Session>>, Box<dyn Session>, Uuid), StoreError> {
    let mut sessions = Vec::new();
    for _ in 0..address.lanes() {
        sessions.push(address.writer()?);
    }
    let epoch = match sessions.first_mut() {
        Some(session) => {
            session.create(tables)?;
            crate::log::epoch(&mut **session, RandomIds::new().next(clock.now()))?
        }
        None => return Err(StoreError::Unavailable("a store has at least one lane".into())),
    };
    let log_session = address.reader()?;
    Ok((sessions, log_session, epoch))
}

#[allow(clippy::too_many_arguments)] // Called once; a struct for it would only repeat the lane's.
fn make_lane<S: Service>(
    service: &Arc<S>,
    shared: &Arc<Shared<S>>,
    clock: &Arc<dyn Clock>,
    mut session: Box<dyn Session>,
    handle: LaneHandle<S>,
    queue: crossbeam_channel::Receiver<Work<S>>,
    partitions: Vec<u8>,
    projects: bool,
) -> Result<Lane<S>, EngineError> {
    let store_error = |source| EngineError::Store { service: S::NAME, source };
    let subscribe = |name: String, source: ServiceName, partitions: &[u8]| {
        let handle = handle.clone();
        let consumer = Consumer { name, source, partitions: partitions.to_vec() };
        let subscription = shared.transport.subscribe(consumer, Arc::new(move || handle.wake()));
        subscription.map(|subscription| (source, subscription)).map_err(|source| EngineError::Transport { service: S::NAME, source })
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
        projectors.push(Projector::load(&mut *session, S::NAME, projection, sources).map_err(store_error)?);
    }
    let core = Core::load(service.clone(), &mut *session, clock.clone(), Box::new(RandomIds::new())).map_err(store_error)?;
    let next_timer = timers::next_due(&mut *session, &partitions).map_err(store_error)?;
    // Nobody else writes to a file of its own, so calls that are under way in it belong to a process that is gone.
    let orphaned = if session.shared() { clock.now() } else { Timestamp(i64::MAX) };
    for call in crate::effects::take_over(&mut *session, &partitions, orphaned, usize::MAX >> 1).map_err(store_error)? {
        shared.call(call, &handle);
    }
    Ok(Lane {
        shared: shared.clone(),
        core,
        session,
        queue,
        handle,
        partitions,
        subscriptions,
        projectors,
        next_timer,
        next_retry: Some(clock.now()),
        next_take_over: clock.now().plus(Duration::from_secs(15)),
        stopping: false,
        first: None,
    })
}

impl<S: Service> Engine<S> {
    /// Gives a command and waits for its reply, which has been committed by then.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub async fn command(&self, key: Option<CommandKey>, message: S::Message) -> Result<S::Reply, CommandError> {
        let (reply, answer) = oneshot::channel();
        let lane = self.lane(&self.service.key(&message).to_string());
        let sent = lane.queue.try_send(Work::Command { key, message, reply });
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
    async fn errand<R: Send + 'static>(
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

    /// Tries a dead letter again, perhaps with its body mended. Says whether there was one.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn replay_dead_letter(&self, id: Uuid, body: Option<parking::Body>) -> Result<bool, EngineError> {
        let found = self.change_dead_letter(id, move |mut parked| {
            parked.state = ParkedState::Retry;
            parked.attempt = 0;
            parked.due = Timestamp(0);
            parked.body = body.unwrap_or(parked.body);
            Some(parked)
        });
        found.await
    }

    /// Gives a dead letter up for good; the messages behind it have their turn. Says whether there was one.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn discard_dead_letter(&self, id: Uuid) -> Result<bool, EngineError> {
        self.change_dead_letter(id, |_| None).await
    }

    async fn change_dead_letter(
        &self,
        id: Uuid,
        change: impl FnOnce(Parked) -> Option<Parked> + Send + 'static,
    ) -> Result<bool, EngineError> {
        let found = self.errand(move |session| parking::change_dead_letter(session, id, change)).await?;
        for lane in self.lanes.iter() {
            // Each lane looks for retries when its parked subjects may have changed.
            let _ = lane.queue.try_send(Work::LookForRetries);
        }
        Ok(found)
    }

    /// Makes a projection anew from the first event, beside the old one, and puts it in its place.
    ///
    /// # Errors
    /// There is no such projection, or the store does not work.
    pub async fn rebuild_projection(&self, name: &str) -> Result<Rebuilt, EngineError> {
        let (done, answer) = oneshot::channel();
        let work = Work::Rebuild { projection: name.to_owned(), done };
        self.lanes[0].queue.try_send(work).map_err(|_| EngineError::Stopped(S::NAME))?;
        let answer = answer.await.map_err(|_| EngineError::Stopped(S::NAME))?;
        answer.map_err(|source| EngineError::Store { service: S::NAME, source })
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

    /// The topic that the service's events are in.
    pub fn topic(&self) -> Arc<str> {
        topic_of(S::NAME)
    }
}
