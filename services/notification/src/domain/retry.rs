//! How long a notification waits for its next attempt.

use std::time::Duration;

/// The waits after each attempt that came to nothing; the last one from then on.
const WAITS: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
];

/// How long after the attempt of a number, from 1 on.
pub fn after_attempt(attempt: i64) -> Duration {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(WAITS.len() - 1);
    WAITS[place]
}

/// How long where the channel had no room: it soon has, unless many wait.
pub fn while_busy(tries: i64) -> Duration {
    Duration::from_secs(tries.clamp(1, 30).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{after_attempt, while_busy};

    #[test]
    fn waits_grow_up_to_an_hour() {
        assert_eq!(after_attempt(1), Duration::from_secs(1));
        assert!((1..10).all(|attempt| after_attempt(attempt) <= after_attempt(attempt + 1)));
        assert_eq!(after_attempt(i64::MAX), Duration::from_secs(3_600));
        assert_eq!(while_busy(i64::MAX), Duration::from_secs(30));
    }
}
