//! Points in time.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Microseconds since 1970-01-01T00:00:00Z. An integer sorts alike on every database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `millis` milliseconds later.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0 + millis * 1_000)
    }

    /// The moment `duration` later; the end of time when that is past it.
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The moment that an RFC 3339 text names; none where it names none.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment = chrono::DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(moment.timestamp_micros()))
    }

    /// An id that sorts before all UUIDv7 that are made at this moment, and after all that were made before its millisecond.
    pub fn first_id(self) -> Uuid {
        let millis = u128::try_from(self.0.div_euclid(1_000)).unwrap_or(0) & ((1 << 48) - 1);
        Uuid::from_u128((millis << 80) | (7 << 76) | (2 << 62))
    }

    /// RFC 3339 in UTC with microseconds, as the HTTP contract shows times.
    pub fn to_rfc3339(self) -> String {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(moment) => moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            // Past the calendar's 262,000 years: the number itself is the clearest answer.
            None => self.0.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn rfc3339_of_known_moments() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_291_192_000_000_001, "2010-12-01T08:26:40.000001Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp(micros).to_rfc3339(), text);
            assert_eq!(Timestamp::from_rfc3339(text), Some(Timestamp(micros)));
        }
    }
}
