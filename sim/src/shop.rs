//! The shop as its clients see it: services that take commands, pages that show what is committed.

use std::{collections::BTreeMap, sync::Arc};

use contracts::{OrderId, ServiceName};
use engine::{Books, Clock, CommandKey, CountedIds, Ids, Key, Record};
use ordering::Status;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    ask::Ask,
    clock::Time,
    faults::{Fault, Faults},
    node::Node,
    outside,
    plan::Plan,
    trace::Trace,
};

/// What clients were told and may rely on.
#[derive(Default)]
pub struct Acknowledged {
    /// Orders, with the cart that became each.
    pub orders: BTreeMap<OrderId, contracts::CartId>,
    /// Orders whose cancellation was asked for, with where they stood then.
    pub cancelled: BTreeMap<OrderId, Status>,
    /// Top-ups.
    pub top_ups: Vec<Uuid>,
    /// Adjustments of stock.
    pub adjustments: Vec<Uuid>,
    /// Adjustments of wallets.
    pub gifts: Vec<String>,
    /// Refunds of orders.
    pub refunds: Vec<Uuid>,
    /// Units that are held for carts, as those who filled them were told, and when.
    pub held: BTreeMap<(contracts::CartId, contracts::ProductId), HeldLine>,
    /// The first answer to each key, as it is recorded.
    pub by_key: BTreeMap<Uuid, String>,
}

/// A line of a cart whose units are held.
#[derive(Clone, Copy, Debug)]
pub struct HeldLine {
    /// Units.
    pub quantity: u32,
    /// When inventory said so, by its own clock.
    pub since: contracts::Timestamp,
}

/// The shop.
pub struct Shop {
    /// What the seed's world is like.
    pub plan: Plan,
    /// Its services, in the order of their names.
    pub nodes: Vec<Box<dyn Node>>,
    /// The seed's faults.
    pub faults: Faults,
    /// The time.
    pub time: Time,
    /// What has happened.
    pub trace: Trace,
    /// What clients were told.
    pub acknowledged: Acknowledged,
    /// What the gateway and the carrier know.
    pub outside: Arc<Mutex<outside::Books>>,
    /// The keys of commands under way, by ticket.
    pub keys: BTreeMap<Uuid, CommandKey>,
    /// All ids that clients gave to commands.
    pub commands: std::collections::BTreeSet<Uuid>,
    pub(crate) ids: CountedIds,
}

impl Shop {
    /// The services that are simulated.
    pub fn services(&self) -> Vec<ServiceName> {
        self.nodes.iter().map(|node| node.name()).collect()
    }

    /// A node.
    pub fn node(&mut self, name: ServiceName) -> &mut dyn Node {
        &mut *self.nodes[name as usize]
    }

    /// The books of a service.
    pub fn books(&self, name: ServiceName) -> Books {
        Books::of(self.nodes[name as usize].store())
    }

    /// What a page shows of a row.
    ///
    /// # Panics
    /// The row cannot be read, which would be a fault of the simulation.
    #[allow(clippy::expect_used)] // Memory does not fail.
    pub fn page<T: Record>(&self, service: ServiceName, key: impl Into<Key>) -> Option<T> {
        self.books(service).row(key).expect("memory reads")
    }

    /// All rows of a record.
    ///
    /// # Panics
    /// A row cannot be read, which would be a fault of the simulation.
    #[allow(clippy::expect_used)] // Memory does not fail.
    pub fn all<T: Record>(&self, service: ServiceName) -> Vec<T> {
        self.books(service).rows().expect("memory reads")
    }

    /// A new id, as a client or a route makes it.
    pub fn new_id(&mut self) -> Uuid {
        let now = self.nodes[ServiceName::Cart as usize].clock().now();
        self.ids.next(now)
    }

    /// A new idempotency key.
    pub fn new_key(&mut self) -> CommandKey {
        let id = self.new_id();
        CommandKey { id, request_hash: id }
    }

    /// Sends a command, sometimes twice; the ticket is the name of its answer.
    pub fn ask(&mut self, ask: Ask, key: Option<CommandKey>) -> Uuid {
        let ticket = self.new_id();
        let service = ask.service();
        self.trace.line(|| format!("client: {service} {ask:?} as {ticket}"));
        if key.is_some() && self.faults.strikes(Fault::CommandDoubled) {
            let second = self.new_id();
            self.send(second, key, ask.clone());
        }
        self.send(ticket, key, ask);
        ticket
    }

    fn send(&mut self, ticket: Uuid, key: Option<CommandKey>, ask: Ask) {
        self.commands.insert(ticket);
        if let Some(key) = key {
            self.keys.insert(ticket, key);
        }
        self.node(ask.service()).submit(ticket, key, ask);
    }
}
