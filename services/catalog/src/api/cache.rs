//! Answers that were rendered before and are still true. Browsing asks for the same few pages over and over,
//! and the catalogue changes seldom.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use contracts::{ProductId, Timestamp};
use parking_lot::RwLock;
use serde::Serialize;

/// How many answers are kept. Whoever asks for all there is only empties it.
const ANSWERS_MAX: usize = 1_024;

/// How long an answer may be given that another process may have made old; commits of this process end it at once.
const AGE_MICROS_MAX: i64 = 1_000_000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// A page of the list.
    List { limit: u32, after: Option<ProductId> },
    /// A product, by id or slug.
    Product(String),
}

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

struct Entry {
    rendered: Rendered,
    revision: u64,
    rendered_at: Timestamp,
}

/// The answers by what was asked for.
#[derive(Default)]
pub(super) struct Cache {
    entries: RwLock<HashMap<Wanted, Entry>>,
}

impl Cache {
    /// The answer as of this revision, if it is here and young.
    pub fn get(&self, wanted: &Wanted, revision: u64, now: Timestamp) -> Option<Rendered> {
        let entries = self.entries.read();
        let entry = entries.get(wanted)?;
        let is_young = now.micros_since(entry.rendered_at) <= AGE_MICROS_MAX;
        (entry.revision == revision && is_young).then(|| entry.rendered.clone())
    }

    /// Keeps an answer that was rendered from what was read at or after `revision`.
    pub fn put(&self, wanted: Wanted, rendered: Rendered, revision: u64, now: Timestamp) {
        let mut entries = self.entries.write();
        if entries.len() >= ANSWERS_MAX && !entries.contains_key(&wanted) {
            entries.clear();
        }
        entries.insert(wanted, Entry { rendered, revision, rendered_at: now });
    }
}

#[cfg(test)]
mod tests {
    use contracts::Timestamp;

    use super::{AGE_MICROS_MAX, ANSWERS_MAX, Cache, Rendered, Wanted};

    fn wanted(name: usize) -> Wanted {
        Wanted::Product(name.to_string())
    }

    fn rendered(value: usize) -> Rendered {
        Rendered::of(&value, None)
    }

    #[test]
    fn a_commit_or_a_second_makes_an_answer_old() {
        let cache = Cache::default();
        cache.put(wanted(1), rendered(1), 7, Timestamp(0));
        assert_eq!(cache.get(&wanted(1), 7, Timestamp(AGE_MICROS_MAX)), Some(rendered(1)));
        assert_eq!(cache.get(&wanted(1), 8, Timestamp(0)), None);
        assert_eq!(cache.get(&wanted(1), 7, Timestamp(AGE_MICROS_MAX + 1)), None);
        assert_eq!(cache.get(&wanted(2), 7, Timestamp(0)), None);
    }

    #[test]
    fn it_stays_bounded() {
        let cache = Cache::default();
        for number in 0..3 * ANSWERS_MAX {
            cache.put(wanted(number), rendered(number), 1, Timestamp(0));
        }
        assert!(cache.entries.read().len() <= ANSWERS_MAX);
    }
}
