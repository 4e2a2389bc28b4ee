//! The embedded transport with the faults that every transport may have. What stays is its promise: a subject's events in order,
//! and nothing lost for good, because a consumer reads on from where it stands.

use std::collections::{BTreeMap, VecDeque};

use bus::{Consumer, Cursors, Delivery, Embedded, Subscription, Transport, TransportError, Wake};

use crate::faults::{Fault, Faults};

/// The transport.
pub struct FaultyTransport {
    /// What really carries events.
    pub embedded: Embedded,
    /// The seed's faults.
    pub faults: Faults,
    /// Whether order holds for a subject's events of one type only, as where each type has a topic of its own.
    pub topic_per_type: bool,
}

impl Transport for FaultyTransport {
    fn subscribe(&self, consumer: Consumer, wake: Wake) -> Result<Box<dyn Subscription>, TransportError> {
        let inner = self.embedded.subscribe(consumer, wake)?;
        let Self { faults, topic_per_type, .. } = self;
        let (faults, topic_per_type) = (faults.clone(), *topic_per_type);
        Ok(Box::new(FaultySubscription {
            inner,
            faults,
            topic_per_type,
            seen: Vec::new(),
            lost: BTreeMap::new(),
        }))
    }
}

struct FaultySubscription {
    inner: Box<dyn Subscription>,
    faults: Faults,
    topic_per_type: bool,
    seen: Vec<Delivery>,
    /// Streams that do not come through, and for how many polls more.
    lost: BTreeMap<(String, String), usize>,
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

/// Events of one stream stay in order: a subject's, or a subject's of one type where each type has a topic of its own.
fn stream_of(delivery: &Delivery, topic_per_type: bool) -> (String, String) {
    let event = &delivery.logged.event;
    let kind = if topic_per_type { event.kind.clone() } else { String::new() };
    (event.subject.clone(), kind)
}

impl FaultySubscription {
    /// What is lost takes the later events of its stream with it: they come again together, now or many polls later.
    fn lose(&mut self, deliveries: &mut Vec<Delivery>) {
        self.lost.retain(|_, polls| {
            *polls -= 1;
            *polls > 0
        });
        let Self { lost, faults, topic_per_type, .. } = self;
        let topic_per_type = *topic_per_type;
        deliveries.retain(|delivery| {
            let stream = stream_of(delivery, topic_per_type);
            if !lost.contains_key(&stream) && faults.strikes(Fault::EventLost) {
                let polls = faults.of_items(&[1, 1, 3, 30]);
                lost.insert(stream.clone(), polls);
            }
            !lost.contains_key(&stream)
        });
    }

    fn reorder(&self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let count = deliveries.len();
        let mut streams: Vec<VecDeque<Delivery>> = Vec::new();
        let stream_of = |delivery: &Delivery| stream_of(delivery, self.topic_per_type);
        for delivery in deliveries {
            let of_stream = |queue: &&mut VecDeque<Delivery>| stream_of(&queue[0]) == stream_of(&delivery);
            match streams.iter_mut().find(of_stream) {
                Some(queue) => queue.push_back(delivery),
                None => streams.push(VecDeque::from([delivery])),
            }
        }
        let mut reordered = Vec::with_capacity(count);
        while !streams.is_empty() {
            let place = self.faults.below(streams.len());
            reordered.extend(streams[place].pop_front());
            if streams[place].is_empty() {
                streams.remove(place);
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
