//! The service whose changes are measured: for each message 4 rows inserted, 4 rows updated, 2 events published.

use std::sync::Arc;

use contracts::{Envelope, Event, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{producer::Published, stamps::Stamps};

/// Rows that each message inserts, and as many that it updates.
pub(super) const ROWS: u32 = 4;

/// Rows to be updated, per stream. They belong to the stream, as an aggregate's rows belong to its partition's lane.
const BALANCES_PER_STREAM: u64 = 256;

/// A row that a message inserts.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    id: Uuid,
    stream: u32,
    amount: i64,
    note: String,
}

engine::record! {
    Entry => "entry" {
        key id: Uuid,
        field stream: u32,
        field amount: i64,
        field note: String,
    }
}

/// A row that many messages update.
#[derive(Clone, Debug)]
pub(super) struct Balance {
    id: Uuid,
    entries: i64,
    amount: i64,
}

engine::record! {
    Balance => "balance" {
        key id: Uuid,
        field entries: i64,
        field amount: i64,
    }
}

/// What the consumer publishes, twice for each message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recorded {
    id: Uuid,
    amount: i64,
    part: u32,
}

impl Event for Recorded {
    const TYPE: &'static str = "bench.recorded.v1";
}

pub(super) struct ConsumerService {
    /// Not part of any decision: it only notes when one was made.
    pub stamps: Arc<Stamps>,
}

fn entry_id(message: &Published, part: u32) -> Uuid {
    // Neighbours of the message's id, which is random enough at its end for them to be free.
    Uuid::from_u128(message.id.as_u128().wrapping_add(u128::from(part)))
}

fn balance_id(message: &Published, part: u32) -> Uuid {
    let spread = (message.id.as_u128() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let slot = (spread + u64::from(part) * 67) % BALANCES_PER_STREAM;
    Uuid::from_u64_pair(u64::from(message.stream), slot)
}

impl Service for ConsumerService {
    const NAME: ServiceName = ServiceName::Inventory;
    type Message = Published;
    type Reply = ();
    type Fact = Recorded;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Entry>(), engine::table_of::<Balance>()]
    }

    fn key(&self, message: &Published) -> Key {
        Key::from(message.id)
    }

    fn needs(&self, message: &Published, needs: &mut Needs<'_>) {
        for part in 0..ROWS {
            needs.write::<Entry>(entry_id(message, part));
            needs.write::<Balance>(balance_id(message, part));
        }
    }

    fn handle(&self, message: &Published, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<(), Refusal> {
        self.stamps.handled(message.number);
        for part in 0..ROWS {
            let id = entry_id(message, part);
            rows.put(Entry {
                id,
                stream: message.stream,
                amount: message.amount,
                note: message.note.clone(),
            });
            let id = balance_id(message, part);
            let (entries, amount) =
                rows.get::<Balance>(id).map_or((0, 0), |balance| (balance.entries, balance.amount));
            rows.put(Balance { id, entries: entries + 1, amount: amount + message.amount });
        }
        for part in 0..2 {
            let id = entry_id(message, part);
            cx.publish::<Entry>(id, Recorded { id, amount: message.amount, part });
        }
        Ok(())
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[Subscription { source: ServiceName::Catalog, types: &[Published::TYPE] }]
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Published>, UnreadableEvent> {
        event.read().map(Some)
    }

    fn publish(&self, fact: Recorded) -> Publication {
        Publication::of(&fact)
    }

    fn effect_ended(&self, request: NoEffect, _response: NoEffect) -> Published {
        match request {}
    }
}
