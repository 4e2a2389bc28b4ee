//! The keys that sign access tokens, and when. The next key is there, and published, long before it signs; an old one stays until the last
//! token that it signed is over.

use std::time::Duration;

use contracts::Timestamp;
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Rules, Sealed};
use crate::service::Identity;

/// What the keys are for; one word for all of them, by which they are found.
const RING: &str = "access_tokens";

/// How many keys there are at most: after that many rotations in a row the oldest goes, whatever it has signed.
const KEYS_MAX: usize = 16;

/// The shortest time for which a key is published before it signs, unless it is needed at once.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(3_600);

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its id, which tokens name.
    pub key_id: Uuid,
    /// What it is for.
    pub ring: String,
    /// The pair, PKCS#8, sealed.
    pub sealed: Sealed,
    /// The public half: 32 bytes, base64url.
    pub public: String,
    /// From when it signs, until the next one does.
    pub signs_from_us: Timestamp,
}

/// A key that was just drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// Its id.
    pub key_id: Uuid,
    /// The pair, PKCS#8, sealed.
    pub sealed: Sealed,
    /// The public half: 32 bytes, base64url.
    pub public: String,
}

impl NewKey {
    fn signing_from(&self, signs_from_us: Timestamp) -> SigningKey {
        let NewKey { key_id, sealed, public } = self.clone();
        SigningKey { key_id, ring: RING.to_owned(), sealed, public, signs_from_us }
    }
}

/// Names all keys, and new ones.
pub fn name(new: &[NewKey], needs: &mut Needs<'_>) {
    needs.write_all::<SigningKey>("ring", RING, None, 4 * KEYS_MAX);
    for key in new {
        needs.write::<SigningKey>(key.key_id);
    }
}

fn all(rows: &Rows) -> Vec<SigningKey> {
    let mut keys: Vec<SigningKey> =
        rows.matching::<SigningKey>("ring", &Value::from(RING)).into_iter().cloned().collect();
    keys.sort_by_key(|key| (key.signs_from_us, key.key_id));
    keys
}

/// Adds a key after the newest one, unless there is a newer one by now.
pub fn add(new: &NewKey, after: Option<Uuid>, rules: &Rules, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    let (keys, now) = (all(rows), cx.now());
    let newest = keys.last();
    if newest.map(|key| key.key_id) != after {
        return;
    }
    let signs_from = match newest {
        None => now,
        Some(newest) => newest.signs_from_us.plus(rules.signing_key).max(now.plus(PUBLISHED_BEFORE)),
    };
    rows.put(new.signing_from(signs_from));
    forget_old(now, rules, rows);
}

/// Signs with the next key at once. With `revoke`, nothing that was signed before is good any more, and keys that were published are not
/// used: whoever has one of them may have all.
pub fn rotate(new: &[NewKey; 2], revoke: bool, rules: &Rules, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    let (keys, now) = (all(rows), cx.now());
    let next = keys.iter().find(|key| key.signs_from_us > now).cloned();
    let later = now.plus(rules.signing_key);
    if revoke {
        keys.into_iter().for_each(|key| rows.remove::<SigningKey>(key.key_id));
    }
    match next.filter(|_| !revoke) {
        Some(next) => {
            rows.put(SigningKey { signs_from_us: now, ..next });
            rows.put(new[0].signing_from(later));
        }
        None => {
            rows.put(new[0].signing_from(now));
            rows.put(new[1].signing_from(later));
        }
    }
    forget_old(now, rules, rows);
}

fn forget_old(now: Timestamp, rules: &Rules, rows: &mut Rows) {
    let keys = all(rows);
    let kept = keys.len() - KEYS_MAX.min(keys.len());
    let over = keys.windows(2).take_while(|pair| trusted_until(&pair[1], rules) < now).count();
    for key in keys.iter().take(over.max(kept)) {
        rows.remove::<SigningKey>(key.key_id);
    }
}

/// Until when the key before `next` may have signed something that still lasts.
fn trusted_until(next: &SigningKey, rules: &Rules) -> Timestamp {
    next.signs_from_us.plus(rules.longest_access())
}

/// What the keys are at, at a moment: of keys by the time from which they sign, which signs, which are trusted, and until when that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The place of the key that signs.
    pub signer: usize,
    /// The place of the oldest that is trusted; so are all after it.
    pub trusted_from: usize,
    /// When it changes; nothing where the newest key signs and stays.
    pub changes_us: Option<Timestamp>,
}

/// The plan of keys that sign from these times, ascending.
pub fn plan(signs_from: &[Timestamp], longest_access: Duration, now: Timestamp) -> Plan {
    // Before the first key's time, as after a clock was set back, the first one signs.
    let signer = signs_from.iter().rposition(|from| *from <= now).unwrap_or(0);
    let over = |next: &Timestamp| next.plus(longest_access);
    let trusted_from = signs_from.iter().skip(1).take_while(|next| over(next) <= now).count();
    let ends = signs_from.get(trusted_from + 1).map(over);
    let changes_us = signs_from.get(signer + 1).copied().into_iter().chain(ends).min();
    Plan { signer, trusted_from, changes_us }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contracts::Timestamp;

    use super::plan;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn keys_follow_one_another_and_old_ones_stay_until_their_tokens_are_over() {
        let (keys, access) = ([at(0), at(1_000), at(2_000)], Duration::from_secs(100));
        for (now, signer, trusted_from, changes) in [
            (-50, 0, 0, Some(at(1_000))),
            (0, 0, 0, Some(at(1_000))),
            (999, 0, 0, Some(at(1_000))),
            (1_000, 1, 0, Some(at(1_100))),
            (1_099, 1, 0, Some(at(1_100))),
            (1_100, 1, 1, Some(at(2_000))),
            (2_050, 2, 1, Some(at(2_100))),
            (2_100, 2, 2, None),
        ] {
            let plan = plan(&keys, access, at(now));
            assert_eq!(
                (plan.signer, plan.trusted_from, plan.changes_us),
                (signer, trusted_from, changes),
                "{now}"
            );
        }
    }
}
