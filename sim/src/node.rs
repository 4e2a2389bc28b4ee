//! A node: a store that survives, and a process that does not.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bus::Embedded;
use contracts::{ServiceName, Timestamp};
use engine::{
    Attempt, Batch, Clock, CommandKey, CountedIds, Ids, MemoryStore, Outside, Process, ProcessOptions,
    Service, Session, StoreError, Take, open_log,
};
use uuid::Uuid;

use crate::{
    ask::{Answer, Ask, Speaks},
    clock::SimClock,
    faults::Faults,
    planted::Planted,
    rules::{Rules, Twist},
    session::FaultySession,
    transport::FaultyTransport,
};

/// What all nodes of a world share.
#[derive(Clone)]
pub struct Surroundings {
    /// How events travel.
    pub transport: Arc<FaultyTransport>,
    /// The seed's faults.
    pub faults: Faults,
    /// The bug that is planted.
    pub planted: Option<Planted>,
    /// Whether stores are such as several processes share.
    pub shared: bool,
    /// Lanes of each process.
    pub lanes: usize,
}

/// A service of the world, as the scheduler sees it.
pub trait Node {
    /// Its name.
    fn name(&self) -> ServiceName;
    /// What survives its crashes.
    fn store(&self) -> &MemoryStore;
    /// Its clock.
    fn clock(&self) -> &SimClock;
    /// Whether its process runs.
    fn is_up(&self) -> bool;
    /// Starts a process on the store as it is.
    ///
    /// # Errors
    /// The store fails at that.
    fn start(&mut self) -> Result<(), String>;
    /// Ends the process, with all that is in its memory.
    fn crash(&mut self);
    /// Gives a command; nobody hears of it when the process is down.
    fn submit(&mut self, id: Uuid, key: Option<CommandKey>, ask: Ask);
    /// Whether commands or answers of the outside wait.
    fn has_work(&self) -> bool;
    /// Lets a lane decide a batch.
    fn batch(&mut self, lane: usize, take: Take, describe: bool) -> Option<Batch<crate::ask::Reply>>;
    /// Opens the store anew after it failed; the commands that are refused for it.
    ///
    /// # Errors
    /// It fails again.
    fn recover(&mut self, lane: usize) -> Result<Vec<Uuid>, StoreError>;
    /// What the calls belong to that are due.
    fn due_calls(&self) -> Vec<Uuid>;
    /// Makes one of them.
    fn attempt(&mut self, place: usize) -> Option<Attempt>;
    /// Brings read models forward.
    ///
    /// # Errors
    /// The store fails.
    fn project(&mut self) -> Result<bool, StoreError>;
    /// Makes read models anew; how many of their rows differ from the live ones.
    ///
    /// # Errors
    /// The store fails.
    fn rebuild(&mut self) -> Result<u64, StoreError>;
    /// Looks for what others may have left in the store, and in the logs it reads.
    fn look_around(&mut self);
    /// When a call is to be made next.
    fn next_call(&self) -> Option<Timestamp>;
}

/// A node of one service.
pub struct ServiceNode<S: Twist> {
    rules: Arc<Rules<S>>,
    store: MemoryStore,
    clock: Arc<SimClock>,
    outside: Option<Arc<dyn Outside<Rules<S>>>>,
    surroundings: Surroundings,
    process: Option<Process<Rules<S>>>,
    starts: Arc<AtomicU32>,
}

impl<S: Twist> ServiceNode<S> {
    /// A node with an empty store, whose log others may read. Its process does not run yet.
    ///
    /// # Errors
    /// The store or the transport fails.
    pub fn new(
        service: S,
        clock: SimClock,
        outside: Option<Arc<dyn Outside<Rules<S>>>>,
        starts: Arc<AtomicU32>,
        surroundings: &Surroundings,
    ) -> Result<Self, String> {
        let Surroundings { faults, planted, transport, .. } = surroundings;
        let rules = Arc::new(Rules { real: Arc::new(service), faults: faults.clone(), planted: *planted });
        let store = MemoryStore::new();
        let epoch = CountedIds::new(S::NAME as u64).next(clock.now());
        let log = open_log(&*rules, Box::new(store.session()), epoch).map_err(|error| error.to_string())?;
        transport.embedded.add_producer(S::NAME, log).map_err(|error| error.to_string())?;
        let clock = Arc::new(clock);
        let surroundings = surroundings.clone();
        Ok(Self { rules, store, clock, outside, surroundings, process: None, starts })
    }

    fn session(&self) -> Box<dyn Session> {
        let Surroundings { faults, shared, planted, .. } = &self.surroundings;
        Box::new(FaultySession::new(&self.store, faults, *shared, *planted))
    }

    fn embedded(&self) -> &Embedded {
        &self.surroundings.transport.embedded
    }
}

impl<S: Twist + Speaks> Node for ServiceNode<S> {
    fn name(&self) -> ServiceName {
        S::NAME
    }

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn clock(&self) -> &SimClock {
        &self.clock
    }

    fn is_up(&self) -> bool {
        self.process.is_some()
    }

    fn start(&mut self) -> Result<(), String> {
        // What was committed and not announced before the crash is found in the log.
        self.embedded().look_again(S::NAME).map_err(|error| error.to_string())?;
        let starts = self.starts.fetch_add(1, Ordering::Relaxed);
        let lanes = (0..self.surroundings.lanes).map(|lane| {
            let run = 100 + (starts as usize * self.surroundings.lanes + lane) * 8 + S::NAME as usize;
            let ids: Box<dyn Ids> = Box::new(CountedIds::new(run as u64));
            (self.session(), ids)
        });
        let options = ProcessOptions {
            service: self.rules.clone(),
            lanes: lanes.collect(),
            transport: self.surroundings.transport.clone(),
            clock: self.clock.clone(),
            outside: self.outside.clone(),
        };
        self.process = Some(Process::start(options).map_err(|error| error.to_string())?);
        Ok(())
    }

    fn crash(&mut self) {
        self.process = None;
    }

    fn submit(&mut self, id: Uuid, key: Option<CommandKey>, ask: Ask) {
        if let (Some(process), Some(message)) = (&mut self.process, S::message(ask)) {
            process.submit(id, key, message);
        }
    }

    fn has_work(&self) -> bool {
        self.process.as_ref().is_some_and(|process| (0..process.lanes()).any(|lane| process.has_work(lane)))
    }

    fn batch(&mut self, lane: usize, take: Take, describe: bool) -> Option<Batch<crate::ask::Reply>> {
        let Batch { answers, logged, taken, concerned, failed } =
            self.process.as_mut()?.batch(lane, take, describe)?;
        let answer = |(id, answer): (Uuid, Result<S::Reply, _>)| (id, answer.map(S::reply) as Answer);
        let answers: Vec<(Uuid, Answer)> = answers.into_iter().map(answer).collect();
        Some(Batch { answers, logged, taken, concerned, failed })
    }

    fn recover(&mut self, lane: usize) -> Result<Vec<Uuid>, StoreError> {
        let session = self.session();
        match &mut self.process {
            Some(process) => process.recover(lane, session),
            None => Ok(Vec::new()),
        }
    }

    fn due_calls(&self) -> Vec<Uuid> {
        self.process.as_ref().map(Process::due_calls).unwrap_or_default()
    }

    fn attempt(&mut self, place: usize) -> Option<Attempt> {
        self.process.as_mut()?.attempt(place)
    }

    fn project(&mut self) -> Result<bool, StoreError> {
        self.process.as_mut().map_or(Ok(false), Process::project)
    }

    fn rebuild(&mut self) -> Result<u64, StoreError> {
        let Some(process) = &mut self.process else { return Ok(0) };
        process.rebuild()
    }

    fn look_around(&mut self) {
        let sources: Vec<ServiceName> =
            self.rules.subscriptions().iter().map(|subscription| subscription.source).collect();
        for source in sources {
            // A log in memory can be read.
            let _ = self.embedded().look_again(source);
        }
        if let Some(process) = &mut self.process {
            (0..process.lanes()).for_each(|lane| process.look_around(lane));
        }
    }

    fn next_call(&self) -> Option<Timestamp> {
        self.process.as_ref()?.next_call()
    }
}
