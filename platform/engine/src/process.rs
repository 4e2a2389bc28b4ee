//! A service at work, step by step: what its lanes' threads would do, done when the caller says so. For the simulation.
//!
//! Everything that decides is the engine's own: the worker of each lane, its unit of work, its attempts at calls. Only when it
//! happens is chosen elsewhere. A crash is to drop the process; what its store holds is all that the next one finds.

use std::{
    collections::{HashSet, VecDeque},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bus::{Logged, Transport};
use contracts::{PARTITIONS, ServiceName, Timestamp, partition_of};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    clock::{Clock, Ids},
    commands::CommandKey,
    effects::{self, Call},
    engine::EngineError,
    log,
    message::{CommandError, Incoming, Origin, Outcome},
    opening::StoredLog,
    outside::{Attempts, Ended, Outside, OutsideError},
    projector::Ask,
    service::{Cause, Service},
    session::{Session, StoreError},
    system::SYSTEM_TABLES,
    unit::Committed,
    worker::Worker,
};

/// What a process is started with.
pub struct ProcessOptions<S: Service> {
    /// The rules.
    pub service: Arc<S>,
    /// A session and ids for each lane.
    pub lanes: Vec<(Box<dyn Session>, Box<dyn Ids>)>,
    /// How events come.
    pub transport: Arc<dyn Transport>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whom effects call. Its answers must be there at once.
    pub outside: Option<Arc<dyn Outside<S>>>,
}

/// How much of what waits a batch takes, at most.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    /// Commands and answers of the outside.
    pub work: usize,
    /// Events of each source.
    pub events: usize,
    /// Timers and parked messages, each.
    pub due: usize,
}

impl Take {
    /// All that a lane takes at once.
    pub const ALL: Self = Self { work: 256, events: 256, due: 256 };
}

/// A message of a batch, and what became of it.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What it belongs to.
    pub correlation_id: Uuid,
    /// The event, command, timer or effect that it came from.
    pub cause_id: Uuid,
    /// Whether it is another service's event.
    pub is_event: bool,
    /// Whether it did something: not skipped as a duplicate, or as none of the service's business.
    pub counts: bool,
    /// In words, where they were asked for.
    pub words: String,
}

/// What a batch came to. Of a batch that failed on the way, what was committed before.
pub struct Batch<R> {
    /// The answers to commands, by the id that each was given.
    pub answers: Vec<(Uuid, Result<R, CommandError>)>,
    /// The events published, in order.
    pub logged: Vec<Arc<Logged>>,
    /// All messages of transactions that were committed.
    pub taken: Vec<Taken>,
    /// What all messages belong to, committed or not.
    pub concerned: Vec<Uuid>,
    /// Why the store failed. The lane must [`recover`](Process::recover), or its process end.
    pub failed: Option<StoreError>,
}

/// What an attempt at a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// There is an answer, which waits for its lane.
    Answered,
    /// There is none, and it is tried again later.
    Failed(String),
    /// It was the last attempt, and there will be none.
    GivenUp,
}

struct Waiting<S: Service> {
    id: Uuid,
    key: Option<CommandKey>,
    message: S::Message,
}

struct OpenCall<S: Service> {
    lane: usize,
    call: Call<S>,
    attempts: Attempts,
    due: Timestamp,
}

struct SteppedLane<S: Service> {
    worker: Worker<S>,
    commands: VecDeque<Waiting<S>>,
    ended: VecDeque<Ended<S>>,
}

/// A service's process, driven from outside.
pub struct Process<S: Service> {
    service: Arc<S>,
    clock: Arc<dyn Clock>,
    outside: Option<Arc<dyn Outside<S>>>,
    lanes: Vec<SteppedLane<S>>,
    calls: Vec<OpenCall<S>>,
    under_way: HashSet<String>,
}

/// Makes a service's tables where they are not there yet, and opens its log for a transport.
///
/// # Errors
/// The store does not work.
pub fn open_log<S: Service>(
    service: &S,
    mut session: Box<dyn Session>,
    fresh_epoch: Uuid,
) -> Result<Arc<dyn bus::Log>, StoreError> {
    let mut tables = SYSTEM_TABLES.to_vec();
    tables.extend(service.tables());
    session.create(&tables)?;
    let epoch = log::epoch(&mut *session, fresh_epoch)?;
    Ok(Arc::new(StoredLog { source: S::NAME, epoch, session: Mutex::new(session) }))
}

impl<S: Service> Process<S> {
    /// Starts: reads from the store where each lane stands, and takes over what a process before has left.
    ///
    /// # Errors
    /// The store or a source cannot be read.
    pub fn start(options: ProcessOptions<S>) -> Result<Self, EngineError> {
        let ProcessOptions { service, lanes, transport, clock, outside } = options;
        let count = lanes.len();
        let mut process = Self {
            service,
            clock,
            outside,
            lanes: Vec::with_capacity(count),
            calls: Vec::new(),
            under_way: HashSet::new(),
        };
        // Whoever steps looks by himself.
        let wake: bus::Wake = Arc::new(|| {});
        for (number, (session, ids)) in lanes.into_iter().enumerate() {
            let partitions = (0..PARTITIONS).filter(|partition| usize::from(*partition) % count == number);
            let Self { service, clock, .. } = &process;
            let partitions = partitions.collect();
            let projects = number == 0;
            let (worker, calls) =
                Worker::start(service, &*transport, &wake, clock, ids, session, partitions, projects)?;
            process.lanes.push(SteppedLane { worker, commands: VecDeque::new(), ended: VecDeque::new() });
            for call in calls {
                process.open_call(number, call);
            }
        }
        Ok(process)
    }

    /// How many lanes it has.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Lets a command wait for its lane. `id` is what led to it, and the name of its answer.
    pub fn submit(&mut self, id: Uuid, key: Option<CommandKey>, message: S::Message) {
        let subject = self.service.key(&message).to_string();
        let lane = usize::from(partition_of(&subject)) % self.lanes.len();
        self.lanes[lane].commands.push_back(Waiting { id, key, message });
    }

    /// Whether commands or answers of the outside wait for a lane.
    pub fn has_work(&self, lane: usize) -> bool {
        !self.lanes[lane].commands.is_empty() || !self.lanes[lane].ended.is_empty()
    }

    /// When a call is to be made next.
    pub fn next_call(&self) -> Option<Timestamp> {
        self.calls.iter().map(|call| call.due).min()
    }

    /// Forms a batch of what waits for a lane and decides it; `None` when nothing waits. `describe` asks for words.
    pub fn batch(&mut self, lane: usize, take: Take, describe: bool) -> Option<Batch<S::Reply>> {
        let now = self.clock.now();
        let mut done = Batch {
            answers: Vec::new(),
            logged: Vec::new(),
            taken: Vec::new(),
            concerned: Vec::new(),
            failed: None,
        };
        let (batch, given_up) = match self.gather(lane, take, now) {
            Ok(gathered) => gathered,
            Err(error) => {
                done.failed = Some(error);
                return Some(done);
            }
        };
        if let Err(error) = self.give_up(lane, given_up, now) {
            done.failed = Some(error);
        }
        if batch.is_empty() {
            return done.failed.is_some().then_some(done);
        }
        done.concerned = batch.iter().map(|incoming| incoming.cause.correlation_id).collect();
        let mut calls = Vec::new();
        let result = self.lanes[lane].worker.decide(&batch, &mut |first, committed| {
            let Committed { outcomes, logged, calls: asked, .. } = committed;
            for (outcome, incoming) in outcomes.into_iter().zip(&batch[first..]) {
                done.taken.push(taken(incoming, &outcome, describe));
                if incoming.origin.is_command() {
                    done.answers.push((incoming.cause.id, outcome.answer()));
                }
            }
            done.logged.extend(logged);
            calls.extend(asked);
        });
        done.failed = result.err();
        for call in calls {
            self.open_call(lane, call);
        }
        Some(done)
    }

    /// Looks for what other processes have left, as an idle lane does on a store that several share.
    pub fn look_around(&mut self, lane: usize) {
        let worker = &mut self.lanes[lane].worker;
        if worker.session.shared() {
            worker.look_around();
        }
    }

    fn gather(
        &mut self,
        number: usize,
        take: Take,
        now: Timestamp,
    ) -> Result<(Vec<Incoming<S>>, Vec<String>), StoreError> {
        let lane = &mut self.lanes[number];
        let (mut batch, mut given_up) = (Vec::new(), Vec::new());
        for Waiting { id, key, message } in lane.commands.drain(..take.work.min(lane.commands.len())) {
            let cause = Cause { id, correlation_id: id };
            batch.push(Incoming::message(
                &*self.service,
                Origin::Command { key, actor: None },
                message,
                cause,
            ));
        }
        for ended in lane.ended.drain(..take.work.min(lane.ended.len())) {
            let key = ended.idempotency_key.clone();
            match lane.worker.answered(ended) {
                Some(incoming) => batch.push(incoming),
                None => given_up.push(key),
            }
        }
        lane.worker.take_events(take.events, &mut batch, &mut |source: ServiceName, error| {
            tracing::error!(service = %S::NAME, %source, %error, "events cannot be read");
            matches!(error, bus::TransportError::AnotherLog { .. })
        });
        lane.worker.take_due(now, take.due, &mut batch)?;
        for call in lane.worker.take_over(now)? {
            self.open_call(number, call);
        }
        Ok((batch, given_up))
    }

    fn give_up(&mut self, lane: usize, keys: Vec<String>, now: Timestamp) -> Result<(), StoreError> {
        let session = &mut *self.lanes[lane].worker.session;
        keys.iter().try_for_each(|key| effects::give_up::<S>(session, key, now))
    }

    /// A call that is under way is not started again.
    fn open_call(&mut self, lane: usize, call: Call<S>) {
        if self.under_way.insert(call.idempotency_key.clone()) {
            let (attempts, due) = (Attempts::of(&call), self.clock.now());
            self.calls.push(OpenCall { lane, call, attempts, due });
        }
    }

    /// What each call that is due belongs to, in the order in which they were asked for.
    pub fn due_calls(&self) -> Vec<Uuid> {
        let now = self.clock.now();
        let due = self.calls.iter().filter(|open| open.due <= now);
        due.map(|open| open.call.cause.correlation_id).collect()
    }

    /// Makes an attempt at one of the calls that are due, by its place among them.
    ///
    /// # Panics
    /// The outside has no answer at once, as the simulation's must.
    pub fn attempt(&mut self, place: usize) -> Option<Attempt> {
        let now = self.clock.now();
        let due = |(index, open): (usize, &OpenCall<S>)| (open.due <= now).then_some(index);
        let index = self.calls.iter().enumerate().filter_map(due).nth(place)?;
        let outside = self.outside.clone();
        let open = &mut self.calls[index];
        let result = match &outside {
            Some(outside) => at_once(open.attempts.attempt(&**outside, &open.call)),
            None => Err(OutsideError::Unavailable("nobody is there".into())),
        };
        let (response, attempt) = match result {
            Ok(response) => (Some(response), Attempt::Answered),
            Err(error) => match open.attempts.failed::<S>(&open.call, &error) {
                Some(delay) => {
                    open.due = now.plus(delay);
                    return Some(Attempt::Failed(error.to_string()));
                }
                None => (None, Attempt::GivenUp),
            },
        };
        let OpenCall { lane, call: Call { idempotency_key, request, cause, .. }, .. } =
            self.calls.remove(index);
        self.under_way.remove(&idempotency_key);
        self.lanes[lane].ended.push_back(Ended { idempotency_key, request, cause, response });
        Some(attempt)
    }

    /// Goes on after a lane's store has failed, with another session. Answers the commands that waited and are refused;
    /// answers of the outside that waited are lost, and their effects taken over later.
    ///
    /// # Errors
    /// The store does not work yet.
    pub fn recover(&mut self, lane: usize, session: Box<dyn Session>) -> Result<Vec<Uuid>, StoreError> {
        let lane = &mut self.lanes[lane];
        lane.worker.reload(session)?;
        lane.ended.clear();
        Ok(lane.commands.drain(..).map(|waiting| waiting.id).collect())
    }

    /// Brings read models a step forward; says whether there was anything for them.
    ///
    /// # Errors
    /// The store does not work.
    pub fn project(&mut self) -> Result<bool, StoreError> {
        let mut stepped = false;
        for lane in &mut self.lanes {
            let Worker { projectors, session, .. } = &mut lane.worker;
            for projector in projectors {
                let step = projector.step(&mut **session);
                if step.is_err() {
                    session.rollback();
                }
                stepped |= step?;
            }
        }
        Ok(stepped)
    }

    /// Makes every read model anew beside the live one, and compares; says in how many rows they differ.
    ///
    /// # Errors
    /// The store does not work.
    pub fn rebuild(&mut self) -> Result<u64, StoreError> {
        let mut differing = 0;
        for lane in &mut self.lanes {
            let Worker { projectors, session, core, .. } = &mut lane.worker;
            for projector in projectors {
                let (answer, mut answered) = tokio::sync::oneshot::channel();
                let id = core.ids.next(core.clock.now());
                projector.ask(&mut **session, Ask::Build(id), answer);
                loop {
                    projector.step(&mut **session)?;
                    if let Ok(built) = answered.try_recv() {
                        built?;
                        break;
                    }
                }
                differing += projector.differing_rows(&mut **session)?;
            }
        }
        Ok(differing)
    }
}

fn taken<S: Service>(incoming: &Incoming<S>, outcome: &Outcome<S::Reply>, describe: bool) -> Taken {
    let counts = match outcome {
        Outcome::Decided(_) | Outcome::Handled | Outcome::Waiting => true,
        Outcome::Failed(_) | Outcome::Skipped => false,
    };
    let words = if describe { words(incoming, outcome) } else { String::new() };
    let Cause { id: cause_id, correlation_id } = incoming.cause;
    Taken { correlation_id, cause_id, is_event: incoming.origin.event().is_some(), counts, words }
}

fn words<S: Service>(incoming: &Incoming<S>, outcome: &Outcome<S::Reply>) -> String {
    let origin = match &incoming.origin {
        Origin::Command { .. } => "command".to_owned(),
        Origin::Event(delivery) => {
            let Logged { partition, position, event, .. } = &*delivery.logged;
            format!("event {} {}/{partition}/{position}", event.kind, event.source)
        }
        Origin::Timer { name, .. } => format!("timer {name}"),
        Origin::Effect { idempotency_key } => format!("answer to {idempotency_key}"),
        Origin::Parked(parked) => format!("parked {}, attempt {}", parked.kind(), parked.attempt),
    };
    let message = match &incoming.message {
        Ok(Some(message)) => format!("{message:?}"),
        Ok(None) => "none of its business".to_owned(),
        Err(error) => error.clone(),
    };
    format!("{origin} of {}: {message} -> {outcome:?}", incoming.subject)
}

/// The value of a future that waits for nothing.
#[allow(clippy::panic)] // Only the simulation calls this, with models of the outside that wait for nothing.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the outside of a stepped process answers at once"),
    }
}
