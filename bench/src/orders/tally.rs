//! What all shoppers have seen, counted in one place. They run on one thread.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    time::Duration,
};

use uuid::Uuid;

use crate::latency::Latencies;

/// Descriptions of errors that are kept; the rest is only counted.
const EXAMPLES: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    WarmUp,
    Window,
    Over,
}

pub(super) struct Tally {
    phase: Cell<Phase>,
    requests: Cell<u64>,
    refused: Cell<u64>,
    errors: Cell<u64>,
    examples: RefCell<Vec<String>>,
    checkouts: RefCell<Latencies>,
    accepted: RefCell<HashMap<Uuid, i64>>,
}

impl Tally {
    pub fn new(phase: Phase) -> Self {
        Self {
            phase: Cell::new(phase),
            requests: Cell::new(0),
            refused: Cell::new(0),
            errors: Cell::new(0),
            examples: RefCell::default(),
            checkouts: RefCell::default(),
            accepted: RefCell::default(),
        }
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.set(phase);
    }

    pub fn is_over(&self) -> bool {
        self.phase.get() == Phase::Over
    }

    /// A request was answered.
    pub fn request(&self) {
        if self.phase.get() == Phase::Window {
            self.requests.set(self.requests.get() + 1);
        }
    }

    /// An order was accepted; `asked_us` is when its request was sent, in microseconds since 1970.
    pub fn accepted(&self, order: Uuid, asked_us: i64, took: Duration) {
        if self.phase.get() == Phase::Window {
            self.checkouts.borrow_mut().add(took);
        }
        self.accepted.borrow_mut().insert(order, asked_us);
    }

    /// There was not enough stock, and the shop said so.
    pub fn refused(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    /// Something happened that should not; counts at any time.
    pub fn error(&self, what: String) {
        self.errors.set(self.errors.get() + 1);
        let mut examples = self.examples.borrow_mut();
        if examples.len() < EXAMPLES {
            examples.push(what);
        }
    }

    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    pub fn refusals(&self) -> u64 {
        self.refused.get()
    }

    pub fn errors(&self) -> u64 {
        self.errors.get()
    }

    /// Some of the errors, in words.
    pub fn examples(&self) -> Vec<String> {
        self.examples.borrow().clone()
    }

    /// How long accepted checkouts took inside the window.
    pub fn checkouts(&self) -> Latencies {
        self.checkouts.borrow().clone()
    }

    /// When each accepted order was asked for.
    pub fn asked(&self) -> HashMap<Uuid, i64> {
        self.accepted.borrow().clone()
    }
}
