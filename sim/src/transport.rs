//! The embedded transport with the faults that every transport may have. What stays is its promise: a subject's events in order,
//! and nothing lost for good, because a consumer reads on from where it stands.

use std::collections::{BTreeSet, VecDeque};

use bus::{Consumer, Cursors, Delivery, Embedded, Subscription, Transport, TransportError, Wake};

use crate::faults::{Fault, Faults};

/// The transport.
pub struct FaultyTransport {
    /// What really carries events.
    pub embedded: Embedded,
    /// The seed's faults.
    pub faults: Faults,
}

impl Transport for FaultyTransport {
    fn subscribe(&self, consumer: Consumer, wake: Wake) -> Result<Box<dyn Subscription>, TransportError> {
        let inner = self.embedded.subscribe(consumer, wake)?;
        Ok(Box::new(FaultySubscription { inner, faults: self.faults.clone(), seen: Vec::new() }))
    }
}

struct FaultySubscription {
    inner: Box<dyn Subscription>,
    faults: Faults,
    seen: Vec<Delivery>,
}

impl Subscription for FaultySubscription {
    fn poll(&mut self, cursors: &Cursors, limit: usize) -> Result<Vec<Delivery>, TransportError> {
        let mut deliveries = self.inner.poll(cursors, limit)?;
        if !self.faults.armed() {
            return Ok(deliveries);
        }
        if !deliveries.is_empty() && self.faults.strikes(Fault::EventsDelayed) {
            deliveries.truncate(self.faults.below(deliveries.len()));
        }
        self.lose(&mut deliveries);
        if deliveries.len() > 1 && self.faults.strikes(Fault::EventsReordered) {
            deliveries = self.reorder(deliveries);
        }
        let fresh = deliveries.clone();
        if !(self.seen.is_empty() && deliveries.is_empty()) && self.faults.strikes(Fault::EventRepeated) {
            self.repeat(cursors, &mut deliveries);
        }
        self.seen.extend(fresh);
        Ok(deliveries)
    }
}

impl FaultySubscription {
    /// What is lost takes the later events of its subject with it: they come again together.
    fn lose(&self, deliveries: &mut Vec<Delivery>) {
        let mut lost = BTreeSet::new();
        deliveries.retain(|delivery| {
            let subject = &delivery.logged.event.subject;
            if !lost.contains(subject) && self.faults.strikes(Fault::EventLost) {
                lost.insert(subject.clone());
            }
            !lost.contains(subject)
        });
    }

    fn reorder(&self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let count = deliveries.len();
        let mut subjects: Vec<VecDeque<Delivery>> = Vec::new();
        for delivery in deliveries {
            let subject = &delivery.logged.event.subject;
            let of_subject = |queue: &&mut VecDeque<Delivery>| queue[0].logged.event.subject == *subject;
            match subjects.iter_mut().find(of_subject) {
                Some(queue) => queue.push_back(delivery),
                None => subjects.push(VecDeque::from([delivery])),
            }
        }
        let mut reordered = Vec::with_capacity(count);
        while !subjects.is_empty() {
            let place = self.faults.below(subjects.len());
            reordered.extend(subjects[place].pop_front());
            if subjects[place].is_empty() {
                subjects.remove(place);
            }
        }
        reordered
    }

    /// Only what was handled, or comes in this very poll, comes again: anything else would be new, and out of order.
    fn repeat(&self, cursors: &Cursors, deliveries: &mut Vec<Delivery>) {
        let handled = |delivery: &&Delivery| {
            let logged = &delivery.logged;
            logged.position <= cursors.position(&logged.topic, logged.partition)
        };
        let handled: Vec<&Delivery> = self.seen.iter().filter(handled).collect();
        for _ in 0..self.faults.within(1, 4) {
            let old = !handled.is_empty() && self.faults.chance(5_000);
            if old {
                let repeated = handled[self.faults.below(handled.len())].clone();
                deliveries.insert(self.faults.below(deliveries.len() + 1), repeated);
            } else if !deliveries.is_empty() {
                let place = self.faults.below(deliveries.len());
                let repeated = deliveries[place].clone();
                deliveries.insert(self.faults.within(place + 1, deliveries.len()), repeated);
            }
        }
    }
}
