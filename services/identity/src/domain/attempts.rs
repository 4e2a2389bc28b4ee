//! How often a secret may be guessed. An attempt is counted before the secret is looked at, so that many at once gain nothing;
//! who succeeds takes it back.

use std::time::Duration;

use contracts::Timestamp;
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AccountKind, claim_key};
use crate::{message::Message, service::Identity};

/// The longest that anybody must wait.
pub const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// How long it takes until a failure on an account is forgiven, and one from an address: people who share one fail now and then.
const FORGIVEN_AFTER: Duration = WAIT_MAX;
const FORGIVEN_AFTER_OF_ADDRESS: Duration = Duration::from_secs(60);

/// How many failures past the free ones count: more would not wait for longer, and would be forgiven for ever after.
const COUNTED_OVER: u32 = 10;

/// How long after the last one failures are kept: by then all of an account are forgiven.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Of attempts that need not wait: before any time that a clock may be set back to.
const NOT_BLOCKED: Timestamp = Timestamp(0);

/// The hours that attempts are swept by, in microseconds.
const HOUR_US: i64 = 3_600 * 1_000_000;

/// How many rows are swept in one decision.
const SWEPT_AT_ONCE: usize = 500;

/// Failures on one thing: an account, an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// What is tried; see [`AttemptKey`].
    pub key: String,
    /// How many have failed, or are under way, since the last success.
    pub failures: u32,
    /// Until when it has been looked at which of them are forgiven.
    pub forgiven_us: Timestamp,
    /// When the next one may be.
    pub blocked_until_us: Timestamp,
    /// The hour of the last one, by which rows are swept.
    pub hour: i64,
}

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptKey(pub String);

impl AttemptKey {
    /// Logging in to an account, by its address, whether there is such an account or not.
    pub fn log_in(kind: AccountKind, email: &str) -> Self {
        Self(format!("log-in {}", claim_key(kind, email)))
    }

    /// Asking for mail to an address.
    pub fn mail(email: &str) -> Self {
        Self(format!("mail {email}"))
    }

    /// All that asking for mail to an address counts on: the address, and the client that asks.
    pub fn mail_for(email: &str, client: Option<&Self>) -> Vec<Self> {
        [Self::mail(email)].into_iter().chain(client.cloned()).collect()
    }

    /// Confirming who one is within a session.
    pub fn confirmation(account_id: Uuid) -> Self {
        Self(format!("confirm {account_id}"))
    }

    /// Anything, from a client's address or its network.
    pub fn address(network: &str) -> Self {
        Self(format!("address {network}"))
    }

    fn is_of_an_address(&self) -> bool {
        self.0.starts_with("address ")
    }
}

impl Attempts {
    fn new(key: &AttemptKey) -> Self {
        let (forgiven_us, blocked_until_us) = (Timestamp(0), NOT_BLOCKED);
        Self { key: key.0.clone(), failures: 0, forgiven_us, blocked_until_us, hour: 0 }
    }

    /// How long one must wait. Never longer than the longest wait, also after the clock was set back.
    fn wait(&self, now: Timestamp) -> Duration {
        let micros = u64::try_from(self.blocked_until_us.micros_since(now)).unwrap_or(0);
        Duration::from_micros(micros).min(WAIT_MAX)
    }

    fn count(&mut self, now: Timestamp, free: u32, forgiven_after: Duration) {
        self.forgive(now, forgiven_after);
        self.failures = self.failures.saturating_add(1).min(free + COUNTED_OVER);
        self.hour = now.0.div_euclid(HOUR_US);
        self.blocked_until_us = match self.failures.checked_sub(free) {
            Some(over) => now.plus(Duration::from_secs(1 << over.min(20)).min(WAIT_MAX)),
            None => NOT_BLOCKED,
        };
    }

    fn forgive(&mut self, now: Timestamp, after: Duration) {
        let after_us = after.as_micros() as i64;
        let forgiven = now.micros_since(self.forgiven_us).div_euclid(after_us).clamp(0, i64::from(u32::MAX));
        self.failures = self.failures.saturating_sub(forgiven as u32);
        self.forgiven_us = match self.failures {
            0 => now,
            // The rest of the time goes on counting; a clock that was set back begins anew.
            _ => Timestamp(self.forgiven_us.0 + forgiven * after_us).min(now),
        };
    }
}

/// Names the rows of attempts.
pub fn name(keys: &[AttemptKey], needs: &mut Needs<'_>) {
    for key in keys {
        needs.write::<Attempts>(key.0.as_str());
    }
}

/// Counts an attempt on each key, before the secret is looked at. Answers how long to wait where one of them must: then nothing is counted.
pub fn claim(
    keys: &[AttemptKey],
    (per_account, per_address): (u32, u32),
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Duration {
    let now = cx.now();
    let known = |key: &AttemptKey, rows: &Rows| {
        rows.get::<Attempts>(key.0.as_str()).cloned().unwrap_or_else(|| Attempts::new(key))
    };
    let wait = keys.iter().map(|key| known(key, rows).wait(now)).max().unwrap_or_default();
    if !wait.is_zero() {
        return wait;
    }
    for key in keys {
        let mut attempts = known(key, rows);
        match key.is_of_an_address() {
            true => attempts.count(now, per_address, FORGIVEN_AFTER_OF_ADDRESS),
            false => attempts.count(now, per_account, FORGIVEN_AFTER),
        }
        schedule_sweep(attempts.hour, cx);
        rows.put(attempts);
    }
    Duration::ZERO
}

/// Takes the attempts back that have succeeded. Failures on the account are forgotten: whoever succeeds knows its secret. Of those from an
/// address only this one is: who has one account there may still guess at others.
pub fn succeed(keys: &[AttemptKey], rows: &mut Rows) {
    for key in keys {
        if key.is_of_an_address() {
            refund(std::slice::from_ref(key), rows);
        } else {
            rows.remove::<Attempts>(key.0.as_str());
        }
    }
}

/// Takes attempts back that were none: nothing was guessed, and what was counted before them stays.
pub fn refund(keys: &[AttemptKey], rows: &mut Rows) {
    for key in keys {
        if let Some(attempts) = rows.get_mut::<Attempts>(key.0.as_str()) {
            attempts.failures = attempts.failures.saturating_sub(1);
            attempts.blocked_until_us = NOT_BLOCKED;
        }
    }
}

fn schedule_sweep(hour: i64, cx: &mut Cx<'_, Identity>) {
    let due = Timestamp((hour + 1) * HOUR_US).plus(KEPT);
    cx.schedule("attempts", format!("sweep {hour}"), due, Message::SweepAttempts { hour });
}

/// Names the rows of an hour.
pub fn name_hour(hour: i64, needs: &mut Needs<'_>) {
    needs.write_all::<Attempts>("hour", Value::Integer(hour), None, SWEPT_AT_ONCE);
}

/// Forgets the failures that have not been added to since an hour.
pub fn sweep(hour: i64, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    let old: Vec<String> = rows
        .matching::<Attempts>("hour", &Value::Integer(hour))
        .into_iter()
        .map(|row| row.key.clone())
        .collect();
    let is_full = old.len() >= SWEPT_AT_ONCE;
    old.into_iter().for_each(|key| rows.remove::<Attempts>(key));
    if is_full {
        cx.schedule("attempts", format!("sweep {hour}"), cx.now(), Message::SweepAttempts { hour });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contracts::Timestamp;

    use super::{AttemptKey, Attempts, FORGIVEN_AFTER, FORGIVEN_AFTER_OF_ADDRESS, WAIT_MAX};

    fn attempts() -> Attempts {
        Attempts::new(&AttemptKey::mail("ada@example.com"))
    }

    #[test]
    fn five_are_free_and_then_waits_double_up_to_a_bound() {
        let (mut attempts, mut now) = (attempts(), Timestamp(1_000_000));
        let mut waits = Vec::new();
        for _ in 0..18 {
            attempts.count(now, 5, FORGIVEN_AFTER);
            let wait = attempts.wait(now);
            waits.push(wait.as_secs());
            now = now.plus(wait);
        }
        assert_eq!(waits[..9], [0, 0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(waits[17], WAIT_MAX.as_secs());
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let (mut attempts, later) = (attempts(), Timestamp(1_000_000_000_000));
        (0..30).for_each(|_| attempts.count(later, 5, FORGIVEN_AFTER));
        assert_eq!(attempts.wait(Timestamp(0)), WAIT_MAX);
        assert_eq!(attempts.wait(later.plus(WAIT_MAX)), Duration::ZERO);
    }

    #[test]
    fn failures_are_forgiven_one_by_one_however_often_it_is_tried() {
        let (mut attempts, mut now) = (attempts(), Timestamp(1_000_000));
        (0..30).for_each(|_| attempts.count(now, 5, FORGIVEN_AFTER));
        assert_eq!(attempts.failures, 15, "more would not wait for longer");
        attempts.count(now.plus(FORGIVEN_AFTER * 12), 5, FORGIVEN_AFTER);
        assert_eq!(attempts.failures, 4);
        // Those who share an address fail once in a minute, and nobody ever waits.
        let mut shared = Attempts::new(&AttemptKey::address("198.51.100.7"));
        for second in 0..100_000 {
            now = now.plus(Duration::from_secs(1));
            if second % 61 == 0 {
                shared.count(now, 100, FORGIVEN_AFTER_OF_ADDRESS);
            }
            assert_eq!(shared.wait(now), Duration::ZERO);
        }
    }
}
