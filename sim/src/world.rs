//! A seed's world: the services, their clients, and one scheduler that says who takes the next step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicU32},
};

use bus::{Embedded, SilentLog};
use contracts::{Event, OrderId, ServiceName, events::ordering as told};
use engine::{Attempt, Batch, CountedIds, Take};
use ordering::Status;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    ask::{Answer, Ask, Reply},
    client::Client,
    clock::{SimClock, Time},
    coverage::Coverage,
    faults::{Fault, Faults},
    invariants::{self, Violation, stock},
    node::{Node, ServiceNode, Surroundings},
    outside::{self, Model},
    plan::Plan,
    planted::Planted,
    random::Random,
    rest::{self, Next, Until},
    shop::{Acknowledged, Shop},
    trace::Trace,
    transport::FaultyTransport,
};

/// The world.
pub struct World {
    /// The shop.
    pub shop: Shop,
    /// Who uses it and who works in it.
    pub clients: Vec<Box<dyn Client>>,
    /// Which faults have met orders in which states.
    pub coverage: Coverage,
    /// How often each consumer has handled each event.
    pub handled: BTreeMap<(ServiceName, Uuid), u32>,
    statuses: BTreeMap<OrderId, Status>,
    embedded: Embedded,
}

impl World {
    /// The world of a seed, at its first moment.
    ///
    /// # Errors
    /// It cannot be made, which would be a fault of the simulation.
    pub fn of(seed: u64, planted: Option<Planted>, in_words: bool) -> Result<Self, String> {
        let plan = Plan::of(seed, &mut Random::new(seed));
        let faults = Faults::of(Random::new(!seed));
        let embedded = Embedded::new();
        embedded
            .add_producer(ServiceName::Identity, Arc::new(SilentLog))
            .map_err(|error| error.to_string())?;
        let Plan { shared, lanes, topic_per_type, .. } = plan;
        let transport =
            FaultyTransport { embedded: embedded.clone(), faults: faults.clone(), topic_per_type };
        let transport = Arc::new(transport);
        let surroundings = Surroundings { transport, faults: faults.clone(), planted, shared, lanes };
        let (time, books) = (Time::default(), Arc::default());
        let nodes = nodes(&plan, &surroundings, &time, &books)?;
        let shop = Shop {
            plan,
            nodes,
            faults,
            time,
            trace: Trace::new(in_words),
            acknowledged: Acknowledged::default(),
            outside: books,
            keys: BTreeMap::new(),
            commands: BTreeSet::new(),
            ids: CountedIds::new(1),
        };
        Ok(Self {
            shop,
            clients: Vec::new(),
            coverage: Coverage::default(),
            handled: BTreeMap::new(),
            statuses: BTreeMap::new(),
            embedded,
        })
    }

    /// One step of whoever has the turn.
    pub fn tick(&mut self) {
        let faults = self.shop.faults.clone();
        self.strike_at_large();
        let place = faults.below(self.shop.nodes.len());
        match faults.below(100) {
            0..=47 => {
                let max = self.shop.plan.take_max;
                let take = Take {
                    work: faults.within(1, max),
                    events: faults.within(1, max),
                    due: faults.within(1, max),
                };
                let lane = faults.below(self.shop.plan.lanes);
                self.batch(place, lane, take);
            }
            48..=57 => {
                let offset = faults.below(self.shop.nodes.len());
                self.call_next(offset);
            }
            58..=60 => {
                self.project();
            }
            61..=86 => {
                let number = faults.below(self.clients.len());
                self.act(number);
            }
            87..=89 => self.give_up(faults.below(self.clients.len())),
            90..=92 => self.shop.nodes[place].look_around(),
            93..=94 => {
                self.call_back();
            }
            95..=96 => self.let_time_pass(),
            _ => self.shop.time.pass(faults.within(0, self.shop.plan.haste_us) as i64),
        }
        self.absorb(place, None);
    }

    /// Time passes until something is due, if that is soon.
    fn let_time_pass(&mut self) {
        const SOON_US: i64 = 10_000_000;
        if let Next::In(micros) = rest::next_due(self, Until::Nothing)
            && micros <= SOON_US
        {
            self.shop.time.pass(micros);
        }
    }

    /// Faults that wait for nobody's step.
    fn strike_at_large(&mut self) {
        let faults = self.shop.faults.clone();
        if faults.strikes(Fault::PowerCut) {
            (0..self.shop.nodes.len()).for_each(|place| self.crash(place));
        }
        let place = faults.below(self.shop.nodes.len());
        if faults.strikes(Fault::Crash) {
            self.crash(place);
        }
        for (fault, sign) in [(Fault::ClockAhead, 1), (Fault::ClockBack, -1)] {
            if faults.strikes(fault) {
                let micros = faults.of_items(&[1_000, 1_000_000, 20_000_000, 3_600_000_000_i64]);
                let node = &self.shop.nodes[place];
                node.clock().jump(sign * micros);
                let name = node.name();
                self.shop.trace.line(|| format!("{name}: its clock jumps by {} us", sign * micros));
                if name == ServiceName::Inventory {
                    self.shop.acknowledged.held.clear();
                }
            }
        }
    }

    /// Ends a process.
    pub fn crash(&mut self, place: usize) {
        let node = &mut self.shop.nodes[place];
        if node.is_up() {
            let name = node.name();
            node.crash();
            self.shop.trace.line(|| format!("{name}: crash"));
        }
    }

    /// Starts a process where it is down. Says whether it runs.
    pub fn start(&mut self, place: usize) -> bool {
        if self.shop.nodes[place].is_up() {
            return true;
        }
        let started = self.shop.nodes[place].start();
        let name = self.shop.nodes[place].name();
        self.shop.trace.line(|| format!("{name}: start {started:?}"));
        // A crash at its start ends it again.
        self.absorb(place, None);
        self.shop.nodes[place].is_up()
    }

    /// Lets a lane decide what waits; says whether anything did.
    pub fn batch(&mut self, place: usize, lane: usize, take: Take) -> bool {
        if !self.shop.nodes[place].is_up() {
            return self.start(place);
        }
        let Some(batch) = self.shop.nodes[place].batch(lane, take, self.shop.trace.in_words()) else {
            return false;
        };
        let name = self.shop.nodes[place].name();
        let crashed = self.absorb(place, Some(&batch.concerned));
        self.note(name, lane, &batch);
        if !crashed {
            self.embedded.announce(name, &batch.logged);
            self.count_handled(name, &batch);
        }
        for (ticket, answer) in batch.answers {
            self.answer(ticket, answer);
        }
        if name == ServiceName::Inventory {
            stock::adds_up(&self.shop);
        }
        invariants::parked_for_a_reason(&self.shop, name);
        if batch.failed.is_some() && !crashed {
            self.recover(place, lane);
        }
        true
    }

    fn count_handled(&mut self, name: ServiceName, batch: &Batch<Reply>) {
        for taken in batch.taken.iter().filter(|taken| taken.is_event && taken.counts) {
            *self.handled.entry((name, taken.cause_id)).or_default() += 1;
        }
    }

    /// Takes down what a batch did.
    fn note(&mut self, name: ServiceName, lane: usize, batch: &Batch<Reply>) {
        let trace = &mut self.shop.trace;
        trace.count(&[name as u8, lane as u8, batch.taken.len() as u8, u8::from(batch.failed.is_some())]);
        for taken in &batch.taken {
            trace.count(taken.cause_id.as_bytes());
            trace.line(|| format!("{name}/{lane}: {}", taken.words));
        }
        for logged in &batch.logged {
            let event = &logged.event;
            trace.count(event.id.as_bytes());
            trace.line(|| {
                format!(
                    "{name}/{lane}:     publishes {} of {} as {}/{}, sequence {}",
                    event.kind, event.subject, logged.partition, logged.position, event.sequence
                )
            });
            if let (Some(status), Ok(id)) = (status_of(&event.kind), event.subject.parse()) {
                self.statuses.insert(id, status);
            }
        }
        if let Some(error) = &batch.failed {
            trace.line(|| format!("{name}/{lane}: {error}; {} messages in the batch", batch.concerned.len()));
        }
    }

    /// Takes note of the faults that have struck, and ends the process that one of them is to end; says whether it did.
    fn absorb(&mut self, place: usize, concerned: Option<&[Uuid]>) -> bool {
        let (happened, crash) = self.shop.faults.take();
        for fault in happened {
            let name = self.shop.nodes[place].name();
            self.shop.trace.count(&[fault as u8, place as u8]);
            self.shop.trace.line(|| format!("{name}: fault: {}", fault.name()));
            let orders =
                concerned.unwrap_or_default().iter().filter_map(|id| self.statuses.get(&OrderId(*id)));
            let mut met: Vec<Status> = orders.copied().collect();
            if met.is_empty() {
                met = self.statuses.values().copied().collect();
            }
            for status in met {
                self.coverage.count(fault, status);
            }
        }
        if crash {
            self.crash(place);
        }
        crash
    }

    fn recover(&mut self, place: usize, lane: usize) {
        match self.shop.nodes[place].recover(lane) {
            Ok(refused) => {
                for ticket in refused {
                    self.answer(ticket, Err(engine::CommandError::Unavailable));
                }
            }
            // It does not work yet, and whoever looks after it starts it again.
            Err(_) => self.crash(place),
        }
        self.absorb(place, None);
    }

    /// Brings an answer to whoever waits for it, where it is not lost on the way.
    fn answer(&mut self, ticket: Uuid, answer: Answer) {
        self.check_repeat(ticket, &answer);
        if self.shop.faults.strikes(Fault::AnswerLost) {
            return;
        }
        self.shop.trace.line(|| format!("client: hears {answer:?} for {ticket}"));
        if let Some(client) = self.clients.iter_mut().find(|client| client.awaits() == Some(ticket)) {
            client.hear(answer, &mut self.shop);
        }
    }

    /// A key has one answer, whoever hears it.
    fn check_repeat(&mut self, ticket: Uuid, answer: &Answer) {
        let Some(key) = self.shop.keys.get(&ticket) else { return };
        let recorded = match answer {
            Ok(reply) => serde_json::to_string(reply),
            Err(engine::CommandError::Refused(refusal)) => serde_json::to_string(refusal),
            Err(engine::CommandError::Unavailable | engine::CommandError::Internal) => return,
        };
        let recorded = recorded.unwrap_or_default();
        let known = self.shop.acknowledged.by_key.entry(key.id).or_insert_with(|| recorded.clone());
        if *known != recorded {
            let message = format!("key {} was answered {known}, and then {recorded}", key.id);
            self.shop.faults.report(Violation::new("one_effect_per_key", message));
        }
    }

    /// Makes a call to the outside that is due, of the first node past `offset` that has one; says whether there was one.
    pub fn call_next(&mut self, offset: usize) -> bool {
        let count = self.shop.nodes.len();
        for place in (0..count).map(|step| (offset + step) % count) {
            let due = self.shop.nodes[place].due_calls();
            if due.is_empty() {
                continue;
            }
            let chosen = self.shop.faults.below(due.len());
            let attempt = self.shop.nodes[place].attempt(chosen);
            let name = self.shop.nodes[place].name();
            self.shop.trace.line(|| format!("{name}: calls the outside for {}: {attempt:?}", due[chosen]));
            let crashes =
                attempt == Some(Attempt::Answered) && self.shop.faults.strikes(Fault::CrashAfterCall);
            if crashes {
                self.shop.faults.crash();
            }
            self.absorb(place, Some(&[due[chosen]]));
            return true;
        }
        false
    }

    /// The gateway says again what it has done.
    pub fn call_back(&mut self) -> bool {
        let callback = self.shop.outside.lock().callbacks.pop();
        let Some(message) = callback else { return false };
        self.shop.ask(Ask::Payment(message), None);
        true
    }

    /// Brings read models forward; says whether there was anything for them.
    pub fn project(&mut self) -> bool {
        let place = ServiceName::Ordering as usize;
        let projected = self.shop.nodes[place].project();
        if self.absorb(place, None) {
            return true;
        }
        projected.unwrap_or(true)
    }

    /// Lets a client take a step, unless it waits; says whether it had something to do.
    pub fn act(&mut self, number: usize) -> bool {
        let client = &mut self.clients[number];
        if client.awaits().is_some() || client.is_done(&self.shop) {
            return false;
        }
        client.act(&mut self.shop);
        true
    }

    /// A client that waits may run out of patience.
    fn give_up(&mut self, number: usize) {
        if self.clients[number].awaits().is_some() && self.shop.faults.strikes(Fault::ClientGaveUp) {
            self.clients[number].give_up();
        }
        // A process that is down answers nobody.
        let waits = self.clients[number].awaits().is_some();
        let works = self.shop.nodes.iter().any(|node| node.has_work());
        if waits && !works {
            self.clients[number].give_up();
        }
    }
}

/// Where an order stands after an event of it.
fn status_of(kind: &str) -> Option<Status> {
    Some(match kind {
        told::OrderSubmitted::TYPE => Status::Submitted,
        told::OrderAwaitingValidation::TYPE => Status::AwaitingValidation,
        told::OrderStockConfirmed::TYPE => Status::StockConfirmed,
        told::OrderPaid::TYPE => Status::Paid,
        told::OrderShipped::TYPE => Status::Shipped,
        told::OrderDelivered::TYPE => Status::Delivered,
        told::OrderCancelled::TYPE => Status::Cancelled,
        contracts::events::fulfilment::DeliveryStatusUpdated::TYPE => Status::Packed,
        _ => return None,
    })
}

fn nodes(
    plan: &Plan,
    surroundings: &Surroundings,
    time: &Time,
    books: &Arc<Mutex<outside::Books>>,
) -> Result<Vec<Box<dyn Node>>, String> {
    let clock = || SimClock::new(time.clone());
    let starts = || Arc::new(AtomicU32::new(0));
    let model =
        |starts: &Arc<AtomicU32>| Model::new(books, &surroundings.faults, surroundings.planted, starts);
    let inventory = inventory::Inventory::new(&inventory::Config {
        hold_time_ms: plan.hold_time_ms,
        ..inventory::Config::default()
    });
    let ordering = ordering::Ordering::new(&ordering::Config {
        grace_period_ms: plan.grace_period_ms,
        ..Default::default()
    });
    let fulfilment = fulfilment::Fulfilment::new(&fulfilment::Config {
        parcels_move_by_themselves: plan.parcels_move,
        ..fulfilment::Config::default()
    });
    let (payments, parcels) = (starts(), starts());
    let gateway = Arc::new(model(&payments));
    let carrier = Arc::new(model(&parcels));
    Ok(vec![
        Box::new(ServiceNode::new(catalog::Catalog, clock(), None, starts(), surroundings)?),
        Box::new(ServiceNode::new(inventory, clock(), None, starts(), surroundings)?),
        Box::new(ServiceNode::new(cart::Carts::default(), clock(), None, starts(), surroundings)?),
        Box::new(ServiceNode::new(ordering, clock(), None, starts(), surroundings)?),
        Box::new(ServiceNode::new(payment::Payments, clock(), Some(gateway), payments, surroundings)?),
        Box::new(ServiceNode::new(fulfilment, clock(), Some(carrier), parcels, surroundings)?),
    ])
}
