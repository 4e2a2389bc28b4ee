//! Slots of time: parcels that move in the same slot share a timer and are found by one look at an index.
//!
//! A slot belongs to a shard of the orders. On PostgreSQL each lane handles the messages of its own partitions; an order's slot, and that
//! slot's timer, are of a partition that the same lane has, so lanes do not wait for one another's timers and parcels.

use std::time::Duration;

use contracts::{OrderId, Timestamp, partition_of};

/// How long a slot is: a step comes up to this late.
const LENGTH: Duration = Duration::from_millis(250);

/// As many as a service has lanes.
const SHARDS: i64 = 2;

fn shard_of(subject: &str) -> i64 {
    i64::from(partition_of(subject)) % SHARDS
}

/// The order's first slot that is over once `due` is.
pub fn slot_of(order_id: OrderId, due: Timestamp) -> i64 {
    let length = LENGTH.as_micros() as i64;
    let number = due.0.div_euclid(length) + i64::from(due.0.rem_euclid(length) > 0);
    number * SHARDS + shard_of(&order_id.to_string())
}

/// When a slot is over.
pub fn end_of(slot: i64) -> Timestamp {
    Timestamp(slot.div_euclid(SHARDS).saturating_mul(LENGTH.as_micros() as i64))
}

/// The subject of a slot's timer: the first name that is of the slot's shard itself.
pub fn timer_subject(slot: i64) -> String {
    let (number, shard) = (slot.div_euclid(SHARDS), slot.rem_euclid(SHARDS));
    let mut names = (0_u32..).map(|suffix| format!("parcels-at-{number}-{suffix}"));
    names.find(|name| shard_of(name) == shard).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use contracts::{OrderId, Timestamp};
    use uuid::Uuid;

    use super::{end_of, shard_of, slot_of, timer_subject};

    #[test]
    fn a_slot_is_over_when_or_after_its_steps_are_due() {
        for micros in [0, 1, 249_999, 250_000, 250_001, 1_767_225_600_123_456] {
            for order in 0..4 {
                let end = end_of(slot_of(OrderId(Uuid::from_u128(order)), Timestamp(micros)));
                assert!(end >= Timestamp(micros), "{micros}");
                assert!(end.micros_since(Timestamp(micros)) < 250_000, "{micros}");
            }
        }
    }

    #[test]
    fn an_order_and_the_timer_of_its_slot_are_of_one_shard() {
        for number in 0..100 {
            let order = OrderId(Uuid::from_u128(number));
            let slot = slot_of(order, Timestamp(1_767_225_600_123_456 + number as i64 * 1_000_000));
            assert_eq!(shard_of(&timer_subject(slot)), shard_of(&order.to_string()));
        }
        let subjects: std::collections::BTreeSet<String> = (0..100).map(timer_subject).collect();
        assert_eq!(subjects.len(), 100, "each slot has a timer of its own");
    }
}
