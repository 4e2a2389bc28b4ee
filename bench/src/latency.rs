//! Latencies and their percentiles.

use std::time::Duration;

/// Measured times, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// Adds one time.
    pub fn add(&mut self, time: Duration) {
        self.add_micros(time.as_micros() as i64);
    }

    /// Adds one time in microseconds; below zero counts as none, past an hour as an hour.
    pub fn add_micros(&mut self, micros: i64) {
        self.micros.push(micros.clamp(0, 3_600_000_000) as u32);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// The times that 50, 90 and 99 of 100 do not exceed, in milliseconds; zeros when nothing was measured.
    pub fn percentiles(mut self) -> Percentiles {
        self.micros.sort_unstable();
        let at = |percent: usize| {
            // Nearest rank: the smallest time that at least so many of 100 do not exceed.
            let rank = (self.micros.len() * percent).div_ceil(100).max(1);
            self.micros.get(rank - 1).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
        };
        Percentiles { p50_ms: at(50), p90_ms: at(90), p99_ms: at(99) }
    }
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    /// Half are not slower.
    pub p50_ms: f64,
    /// Nine of ten are not slower.
    pub p90_ms: f64,
    /// 99 of 100 are not slower.
    pub p99_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::Latencies;

    #[test]
    fn percentiles_are_measured_times() {
        let mut latencies = Latencies::default();
        for micros in (1..=200).rev() {
            latencies.add_micros(micros * 1_000);
        }
        let percentiles = latencies.percentiles();
        assert_eq!((percentiles.p50_ms, percentiles.p90_ms, percentiles.p99_ms), (100.0, 180.0, 198.0));
        assert_eq!(Latencies::default().percentiles().p99_ms, 0.0);
    }
}
