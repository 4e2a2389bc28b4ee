//! How often something was how large: counted without a lock, read by whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};

/// The most buckets that a histogram has.
const BUCKETS_MAX: usize = 16;

/// Counts of values by size. Bounds are inclusive and ascending; what is past the last one is counted all the same.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    counts: [AtomicU64; BUCKETS_MAX],
    past: AtomicU64,
    sum: AtomicU64,
}

/// Messages of a batch.
pub const BATCH_MESSAGES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// Microseconds, from a tenth of a millisecond to ten seconds.
pub const MICROSECONDS: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

impl Histogram {
    /// Nothing counted yet. At most 16 bounds are looked at.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: Default::default(), past: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.iter().zip(&self.counts).find(|(bound, _)| value <= **bound);
        bucket.map_or(&self.past, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Each bound with how many values were not above it, the number of all values, and their sum.
    pub fn read(&self) -> (Vec<(u64, u64)>, u64, u64) {
        let mut counted = 0;
        let buckets = self.bounds.iter().zip(&self.counts).map(|(bound, count)| {
            counted += count.load(Ordering::Relaxed);
            (*bound, counted)
        });
        let buckets: Vec<(u64, u64)> = buckets.collect();
        let all = counted + self.past.load(Ordering::Relaxed);
        (buckets, all, self.sum.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH_MESSAGES, Histogram, MICROSECONDS};

    #[test]
    fn values_are_counted_up_to_their_bound() {
        let histogram = Histogram::new(BATCH_MESSAGES);
        for value in [1, 1, 3, 512, 513] {
            histogram.observe(value);
        }
        let (buckets, all, sum) = histogram.read();
        assert_eq!((all, sum), (5, 1_030));
        assert_eq!(buckets[..3], [(1, 2), (2, 2), (4, 3)]);
        assert_eq!(buckets[9], (512, 4));
    }

    #[test]
    fn no_bound_is_left_out() {
        assert!(BATCH_MESSAGES.len() <= super::BUCKETS_MAX && MICROSECONDS.len() <= super::BUCKETS_MAX);
    }
}
