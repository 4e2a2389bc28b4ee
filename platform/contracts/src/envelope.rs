//! The envelope every event travels in: CloudEvents 1.0 attributes and extensions.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{ServiceName, Timestamp};

/// Partitions of every topic. Fixed for ever: a subject's events stay in one partition, in order.
pub const PARTITIONS: u8 = 8;

/// The partition of a subject: FNV-1a of its text, its bits mixed well (the finalizer of MurmurHash3), modulo [`PARTITIONS`].
///
/// Written out here because it must give the same answer on every machine and in every version.
pub fn partition_of(subject: &str) -> u8 {
    let hash = subject.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((mixed ^ (mixed >> 33)) % u64::from(PARTITIONS)) as u8
}

/// An event: what happened, to what, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// UUIDv7; the same event has the same id wherever it is delivered.
    pub id: Uuid,
    /// The service in which it happened.
    pub source: ServiceName,
    /// Name and version, such as `order.paid.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was decided.
    pub time: Timestamp,
    /// The key of the aggregate it happened to. Events of one subject stay in order.
    pub subject: String,
    /// Counts from 1 without gaps, per source and subject.
    pub sequence: i64,
    /// What it belongs to as a whole: the order's id, for all that happens on an order's way.
    #[serde(rename = "correlationid")]
    pub correlation_id: Uuid,
    /// The event, command or timer that led to it.
    #[serde(rename = "causationid")]
    pub causation_id: Uuid,
    /// The fact itself, as JSON.
    pub data: Box<str>,
}

impl Envelope {
    /// Reads the fact as `E`.
    ///
    /// # Errors
    /// The data is not an `E`: a producer and a consumer disagree about the contract.
    pub fn read<E: DeserializeOwned>(&self) -> Result<E, UnreadableEvent> {
        serde_json::from_str(&self.data).map_err(|source| UnreadableEvent {
            kind: self.kind.clone(),
            id: self.id,
            source,
        })
    }
}

/// An event's data does not have the shape that its type says.
#[derive(Debug, thiserror::Error)]
#[error("event {id} is not a readable {kind}")]
pub struct UnreadableEvent {
    kind: String,
    id: Uuid,
    source: serde_json::Error,
}

/// A fact that services publish. One struct per type and version.
pub trait Event: Serialize + DeserializeOwned {
    /// Name and version, such as `order.paid.v1`.
    const TYPE: &'static str;
    /// What other systems and requirement documents call it.
    const ALIASES: &'static [&'static str] = &[];
}

#[cfg(test)]
mod tests {
    use super::partition_of;

    /// A change here would tear the order of every existing subject.
    #[test]
    fn the_partition_of_a_subject_never_changes() {
        assert_eq!(partition_of(""), 6);
        assert_eq!(partition_of("order-1"), 5);
        assert_eq!(partition_of("0193f5c2-7c1e-7d3a-9b51-5f1d3f6f0a11"), 5);
        let spread: std::collections::BTreeSet<u8> =
            (0..100).map(|n| partition_of(&format!("order-{n}"))).collect();
        assert_eq!(spread.len(), 8);
    }
}
