//! Answers that were rendered before and are still true. Browsing asks for the same few pages over and over, and the
//! catalogue changes seldom. However many ask for what is not here yet, it is read once.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use contracts::Timestamp;
use host::Problem;
use parking_lot::RwLock;
use serde::Serialize;
use tokio::sync::OnceCell;

/// How many answers are kept. Whoever asks for all there is only empties it.
const ANSWERS_MAX: usize = 1_024;

/// Longest address whose answer is kept, in bytes.
const ADDRESS_LENGTH_MAX: usize = 512;

/// How long an answer may be given that another process may have made old; commits of this process end it at once.
const AGE_MICROS_MAX: i64 = 1_000_000;

/// A rendered answer. Clones share its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    body: Bytes,
    link: Option<HeaderValue>,
}

impl Rendered {
    /// The JSON of a value, and a `Link` header where there is one.
    #[allow(clippy::expect_used)] // A view has text keys and integers, so it always has a JSON form.
    pub fn of(value: &impl Serialize, link: Option<String>) -> Self {
        let body = serde_json::to_vec(value).expect("a view serializes");
        let link = link.and_then(|link| HeaderValue::from_maybe_shared(link.into_bytes()).ok());
        Self { body: body.into(), link }
    }
}

impl IntoResponse for Rendered {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(link) = self.link {
            headers.insert(header::LINK, link);
        }
        (headers, self.body).into_response()
    }
}

/// An answer, or the wait for one that somebody is reading. It holds for what was committed up to `revision`.
struct Entry {
    rendered: OnceCell<Rendered>,
    revision: u64,
    begun_at: Timestamp,
}

impl Entry {
    fn holds(&self, revision: u64, now: Timestamp) -> bool {
        self.revision == revision && now.micros_since(self.begun_at) <= AGE_MICROS_MAX
    }
}

/// The answers by address.
#[derive(Default)]
pub(super) struct Cache {
    entries: RwLock<HashMap<Box<str>, Arc<Entry>>>,
}

impl Cache {
    /// The answer of an address as of this revision: from memory, from whoever is reading it, or else read now.
    ///
    /// # Errors
    /// Those of `render`, which are not kept.
    pub async fn get(
        &self,
        address: &str,
        revision: u64,
        now: Timestamp,
        render: impl Future<Output = Result<Rendered, Problem>>,
    ) -> Result<Rendered, Problem> {
        let found = self.entries.read().get(address).filter(|entry| entry.holds(revision, now)).cloned();
        let entry = match found {
            Some(entry) => entry,
            None if address.len() > ADDRESS_LENGTH_MAX => return render.await,
            None => self.begin(address, revision, now),
        };
        if let Some(rendered) = entry.rendered.get() {
            return Ok(rendered.clone());
        }
        // Where the first reader fails or goes away, the next one that waits takes its place.
        let rendered = entry.rendered.get_or_try_init(|| render).await.cloned();
        if rendered.is_err() {
            self.forget(address, &entry);
        }
        rendered
    }

    /// The place of an answer that is not here, or that somebody has begun meanwhile.
    fn begin(&self, address: &str, revision: u64, now: Timestamp) -> Arc<Entry> {
        let mut entries = self.entries.write();
        if let Some(entry) = entries.get(address).filter(|entry| entry.holds(revision, now)) {
            return entry.clone();
        }
        if entries.len() >= ANSWERS_MAX && !entries.contains_key(address) {
            entries.clear();
        }
        let entry = Arc::new(Entry { rendered: OnceCell::new(), revision, begun_at: now });
        entries.insert(address.into(), entry.clone());
        entry
    }

    fn forget(&self, address: &str, failed: &Arc<Entry>) {
        let mut entries = self.entries.write();
        if entries
            .get(address)
            .is_some_and(|entry| Arc::ptr_eq(entry, failed) && !entry.rendered.initialized())
        {
            entries.remove(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use contracts::Timestamp;
    use host::Problem;
    use tokio::sync::Barrier;

    use super::{ADDRESS_LENGTH_MAX, AGE_MICROS_MAX, ANSWERS_MAX, Cache, Rendered};

    /// Asks, and tells what was answered; `value` is what a read would find.
    async fn ask(cache: &Cache, address: &str, revision: u64, now: i64, value: usize) -> Rendered {
        let render = async { Ok(Rendered::of(&value, None)) };
        cache.get(address, revision, Timestamp(now), render).await.expect("an answer")
    }

    fn rendered(value: usize) -> Rendered {
        Rendered::of(&value, None)
    }

    #[tokio::test]
    async fn a_commit_or_a_second_makes_an_answer_old() {
        let cache = Cache::default();
        assert_eq!(ask(&cache, "a", 7, 0, 1).await, rendered(1));
        assert_eq!(ask(&cache, "a", 7, AGE_MICROS_MAX, 2).await, rendered(1));
        assert_eq!(ask(&cache, "a", 8, 0, 3).await, rendered(3));
        assert_eq!(ask(&cache, "a", 8, AGE_MICROS_MAX + 1, 4).await, rendered(4));
        assert_eq!(ask(&cache, "b", 8, 0, 5).await, rendered(5));
    }

    #[tokio::test]
    async fn it_stays_bounded() {
        let cache = Cache::default();
        for number in 0..3 * ANSWERS_MAX {
            ask(&cache, &number.to_string(), 1, 0, number).await;
        }
        ask(&cache, &"x".repeat(ADDRESS_LENGTH_MAX + 1), 1, 0, 1).await;
        let entries = cache.entries.read();
        assert!(entries.len() <= ANSWERS_MAX && entries.keys().all(|key| key.len() <= ADDRESS_LENGTH_MAX));
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_one_read() {
        let (cache, reads, together) = (Cache::default(), AtomicUsize::new(0), Barrier::new(2));
        let first = cache.get("a", 1, Timestamp(0), async {
            reads.fetch_add(1, Ordering::Relaxed);
            together.wait().await;
            Ok(rendered(1))
        });
        let second = async {
            together.wait().await;
            ask(&cache, "a", 1, 0, 2).await
        };
        let later = ask(&cache, "a", 2, 0, 3);
        let (first, second, later) = tokio::join!(first, second, later);
        assert_eq!((first.expect("an answer"), second), (rendered(1), rendered(1)));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        // Whoever asks after a commit never gets what was read before it.
        assert_eq!(later, rendered(3));
    }

    #[tokio::test]
    async fn what_failed_is_not_kept() {
        let cache = Cache::default();
        let failed = cache.get("a", 1, Timestamp(0), async { Err(Problem::unavailable()) }).await;
        assert!(failed.is_err());
        assert!(cache.entries.read().is_empty());
        assert_eq!(ask(&cache, "a", 1, 0, 1).await, rendered(1));
    }
}
