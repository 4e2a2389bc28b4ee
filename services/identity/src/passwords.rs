//! Hashing of passwords: argon2id, on threads that may block, a few at once, and so many waiting that nobody waits for long.

use std::{sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use host::Problem;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::{config::HashCost, domain::PasswordHash};

/// Bytes of a hash, and of the salt.
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// How long one may wait for a turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// A password and what it was compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The same password, hashed as it is now to be, where that differs.
    pub rehashed: Option<PasswordHash>,
}

/// Hashes passwords. Clones share the turns.
#[derive(Clone)]
pub struct Passwords {
    cost: HashCost,
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// What is compared with where there is no account, so that it takes as long.
    nobodys: PasswordHash,
}

impl Passwords {
    /// With these costs, so many at once, and so many waiting. `at_once` 0 takes as many as there are cores.
    ///
    /// # Errors
    /// The machine gives no randomness.
    pub fn new(cost: HashCost, at_once: usize, waiting_max: usize) -> Result<Self, ring::error::Unspecified> {
        let at_once = match at_once {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get()),
            at_once => at_once,
        };
        let (mut salt, mut hash) = ([0; SALT_BYTES], [0; HASH_BYTES]);
        let random = SystemRandom::new();
        random.fill(&mut salt)?;
        random.fill(&mut hash)?;
        let nobodys = written(cost, &salt, &hash);
        let places = Arc::new(Semaphore::new(at_once + waiting_max));
        Ok(Self { cost, turns: Arc::new(Semaphore::new(at_once)), places, nobodys })
    }

    /// Hashes a password that was chosen.
    ///
    /// # Errors
    /// Too many wait.
    pub async fn hash(&self, password: String) -> Result<PasswordHash, Problem> {
        let cost = self.cost;
        self.in_turn(move || hash(cost, &password)).await
    }

    /// Compares a password with an account's hash; with nobody's, which takes as long, where there is no account.
    ///
    /// # Errors
    /// Too many wait.
    pub async fn verify(
        &self,
        password: String,
        known: Option<PasswordHash>,
    ) -> Result<Option<Verified>, Problem> {
        let (cost, is_known) = (self.cost, known.is_some());
        let hash_of = known.unwrap_or_else(|| self.nobodys.clone());
        self.in_turn(move || {
            let Some(of_cost) = matches(&hash_of, &password)?.filter(|_| is_known) else { return Some(None) };
            let rehashed = if of_cost == cost { None } else { Some(hash(cost, &password)?) };
            Some(Some(Verified { rehashed }))
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Problem::unavailable())?;
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Problem::unavailable())?.map_err(|_| Problem::unavailable())?;
        let done = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also when nobody waits for it any more.
            let _kept = (place, turn);
            work()
        });
        done.await.ok().flatten().ok_or_else(|| {
            tracing::error!("a password could not be hashed");
            Problem::internal()
        })
    }
}

fn argon2(cost: HashCost) -> Option<Argon2<'static>> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(HASH_BYTES)).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(cost: HashCost, password: &str) -> Option<PasswordHash> {
    let (mut salt, mut hash) = ([0; SALT_BYTES], [0; HASH_BYTES]);
    SystemRandom::new().fill(&mut salt).ok()?;
    argon2(cost)?.hash_password_into(password.as_bytes(), &salt, &mut hash).ok()?;
    Some(written(cost, &salt, &hash))
}

/// As a PHC string, which keeps the parameters.
fn written(cost: HashCost, salt: &[u8], hash: &[u8]) -> PasswordHash {
    let HashCost { memory_kib, passes, lanes } = cost;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    PasswordHash(format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"))
}

fn read(hash: &PasswordHash) -> Option<(HashCost, Vec<u8>, Vec<u8>)> {
    let mut parts = hash.0.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut numbers = parts.next()?.split(',').zip(["m=", "t=", "p="]);
    let mut number = || {
        let (text, name) = numbers.next()?;
        text.strip_prefix(name)?.parse::<u32>().ok()
    };
    let cost = HashCost { memory_kib: number()?, passes: number()?, lanes: number()? };
    let mut bytes = || STANDARD_NO_PAD.decode(parts.next()?).ok();
    Some((cost, bytes()?, bytes()?))
}

/// Compares; the inner answer is what the hash cost, where the password is right. Nothing where the hash cannot be read.
fn matches(known: &PasswordHash, password: &str) -> Option<Option<HashCost>> {
    let (cost, salt, hash) = read(known)?;
    let mut given = [0; HASH_BYTES];
    argon2(cost)?.hash_password_into(password.as_bytes(), &salt, &mut given).ok()?;
    Some(bool::from(given[..].ct_eq(&hash)).then_some(cost))
}

#[cfg(test)]
mod tests {
    use super::{HashCost, PasswordHash, Passwords, matches, read};

    const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };

    fn passwords(cost: HashCost, waiting_max: usize) -> Passwords {
        Passwords::new(cost, 1, waiting_max).expect("randomness")
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_no_other_is() {
        let passwords = passwords(CHEAP, 4);
        let hash = passwords.hash("correct horse".to_owned()).await.expect("hashed");
        assert_eq!(read(&hash).expect("it reads").0, CHEAP);
        let again = passwords.hash("correct horse".to_owned()).await.expect("hashed");
        assert_ne!(hash, again, "each has a salt of its own");
        let right = passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.expect("compared");
        assert_eq!(right.expect("right").rehashed, None);
        for wrong in ["Correct horse", "", "correct horse "] {
            assert_eq!(passwords.verify(wrong.to_owned(), Some(hash.clone())).await.expect("compared"), None);
        }
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let passwords = passwords(CHEAP, 4);
        assert_eq!(passwords.verify("anything".to_owned(), None).await.expect("compared"), None);
        assert!(matches(&passwords.nobodys, "anything").is_some(), "it is compared with something");
    }

    #[tokio::test]
    async fn a_hash_that_has_become_cheap_is_made_anew() {
        let hash = passwords(CHEAP, 4).hash("correct horse".to_owned()).await.expect("hashed");
        let dearer = HashCost { passes: 2, ..CHEAP };
        let verified = passwords(dearer, 4).verify("correct horse".to_owned(), Some(hash)).await;
        let rehashed = verified.expect("compared").expect("right").rehashed.expect("made anew");
        assert_eq!(read(&rehashed).expect("it reads").0, dearer);
        assert_eq!(matches(&rehashed, "correct horse"), Some(Some(dearer)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn when_too_many_wait_the_next_is_told_to_come_again() {
        let passwords = passwords(CHEAP, 0);
        let turn = passwords.turns.clone().acquire_owned().await.expect("a turn");
        let waiting = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.hash("one".to_owned()).await }
        });
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.hash("two".to_owned()).await.expect_err("no place");
        assert_eq!(refused.status, 503);
        drop(turn);
        assert!(waiting.await.expect("no panic").is_ok());
        assert!(passwords.hash("three".to_owned()).await.is_ok());
    }

    #[test]
    fn what_is_no_hash_is_not_read() {
        for text in [
            "",
            "$argon2id$v=19$m=8,t=1,p=1$",
            "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA",
            "$argon2id$v=19$m=8$AAAA$AAAA",
        ] {
            assert_eq!(read(&PasswordHash(text.to_owned())), None, "{text}");
        }
    }
}
