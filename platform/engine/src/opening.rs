//! From a database to a service at work: its tables, its log on the bus, its lanes.

use std::{collections::BTreeMap, sync::Arc, thread::JoinHandle};

use bus::{Embedded, Logged};
use contracts::{PARTITIONS, ServiceName};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    clock::{Clock, Ids, RandomIds},
    engine::{Engine, EngineError},
    lane::{Lane, LaneHandle, Work},
    outside::{Caller, Outside},
    reads::Reads,
    service::Service,
    session::{Session, StoreError},
    shared::{Shared, Stats},
    store::StoreAddress,
    system::SYSTEM_TABLES,
    worker::Worker,
    yielding::{CallRuntime, Share, yield_to_others},
};

/// How many messages may wait for a lane. Past it, commands are refused as unavailable.
const QUEUE_MAX: usize = 16_384;

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

/// The service's own log, as the transport reads it.
pub(crate) struct StoredLog {
    pub source: ServiceName,
    pub epoch: Uuid,
    pub session: Mutex<Box<dyn Session>>,
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
        crate::log::read(&mut **session, self.source, topic, partition, after, limit)
            .map_err(|error| error.to_string())
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

impl<S: Service> Opened<S> {
    /// Opens the database, brings its tables up to date, and makes the log known to the transport.
    ///
    /// # Errors
    /// The store cannot be opened or is of another version.
    pub async fn open(service: S, options: EngineOptions<S>) -> Result<Self, EngineError> {
        let runtime = CallRuntime::new(S::YIELDS).map_err(|error| EngineError::Store {
            service: S::NAME,
            source: StoreError::Unavailable(error.to_string()),
        })?;
        let EngineOptions { store, transport, clock, outside } = options;
        let stats = Stats::default();
        let shared = Arc::new(Shared {
            store: store.clone(),
            clock: clock.clone(),
            transport: transport.clone(),
            caller: outside.map(|outside| Arc::new(Caller::new(outside, stats.effect_failures.clone()))),
            stats,
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
        let reads =
            store.readers().await.map_err(|source| EngineError::Store { service: S::NAME, source })?;
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
            let partitions: Vec<u8> =
                (0..PARTITIONS).filter(|partition| usize::from(*partition) % count == number).collect();
            let lane = make_lane(&service, &shared, &clock, session, handle, queue, partitions, number == 0)?;
            let thread = std::thread::Builder::new().name(format!("{}-{number}", S::NAME)).spawn(move || {
                if S::YIELDS {
                    yield_to_others();
                }
                lane.run();
            });
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
            crate::epochs::check_format(&mut **session)?;
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
    session: Box<dyn Session>,
    handle: LaneHandle<S>,
    queue: crossbeam_channel::Receiver<Work<S>>,
    partitions: Vec<u8>,
    projects: bool,
) -> Result<Lane<S>, EngineError> {
    let wake = {
        let handle = handle.clone();
        Arc::new(move || handle.wake()) as bus::Wake
    };
    // Nobody else writes to a file of its own, so task runs that are under way in it belong to a process that is gone.
    let owns_its_store = !session.shared();
    let ids = Box::new(RandomIds::new());
    let (mut worker, calls) =
        Worker::start(service, &shared.transport, &wake, clock, ids, session, partitions, projects)?;
    for call in calls {
        shared.call(call, &handle);
    }
    if projects && owns_its_store {
        crate::task_runs::interrupt(&mut *worker.session, contracts::Timestamp(i64::MAX))
            .map_err(|source| EngineError::Store { service: S::NAME, source })?;
    }
    Ok(Lane {
        shared: shared.clone(),
        worker,
        queue,
        handle,
        stopping: false,
        first: None,
        answering: Vec::new(),
        share: Share::default(),
    })
}
