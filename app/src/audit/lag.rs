//! How far consumers are behind the logs they read.

use std::collections::{BTreeMap, HashMap, HashSet};

use contracts::ServiceName;
use host::Stores;

use super::books::Books;

/// A consumer's place in one partition, and that partition's head.
pub(crate) struct Place {
    pub service: ServiceName,
    pub consumer: String,
    pub source: String,
    pub topic: String,
    pub partition: i64,
    pub position: i64,
    pub above: String,
    pub epoch: uuid::Uuid,
}

/// The heads of a service's log.
pub(crate) async fn heads(
    books: &Books,
    service: ServiceName,
) -> anyhow::Result<HashMap<(String, i64), i64>> {
    let mut heads = HashMap::new();
    for row in books.query(service, "SELECT topic, part, pos FROM log_head").await? {
        heads.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), row.try_get_by_index(2)?);
    }
    Ok(heads)
}

/// Where a service's consumers stand.
pub(crate) async fn places(books: &Books, service: ServiceName) -> anyhow::Result<Vec<Place>> {
    let rows = books
        .query(service, "SELECT consumer, source, topic, part, pos, above, epoch FROM watermark")
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Place {
                service,
                consumer: row.try_get_by_index(0)?,
                source: row.try_get_by_index(1)?,
                topic: row.try_get_by_index(2)?,
                partition: row.try_get_by_index(3)?,
                position: row.try_get_by_index(4)?,
                above: row.try_get_by_index(5)?,
                epoch: row.try_get_by_index(6)?,
            })
        })
        .collect()
}

/// All logs' heads and all consumers' places, of one moment each.
pub(crate) struct Logs {
    /// Service, topic, partition and last position.
    pub heads: Vec<(ServiceName, String, i64, i64)>,
    /// Where consumers stand.
    pub places: Vec<Place>,
}

impl Logs {
    /// Reads them.
    pub async fn read(stores: &Stores) -> anyhow::Result<Self> {
        let books = Books::open(stores).await?;
        let mut logs = Self { heads: Vec::new(), places: Vec::new() };
        for service in ServiceName::ALL {
            let own = heads(&books, service).await?;
            logs.heads.extend(own.into_iter().map(|((topic, part), head)| (service, topic, part, head)));
            logs.places.extend(places(&books, service).await?);
        }
        Ok(logs)
    }
}

/// Events that each service has yet to handle, its projections included.
///
/// # Errors
/// The databases cannot be read.
pub async fn of_all(stores: &Stores) -> anyhow::Result<BTreeMap<ServiceName, u64>> {
    let books = Books::open(stores).await?;
    let mut all_heads = HashMap::new();
    let mut all_places = Vec::new();
    for service in ServiceName::ALL {
        all_heads.insert(service.as_str(), heads(&books, service).await?);
    }
    for service in ServiceName::ALL {
        all_places.extend(places(&books, service).await?);
    }
    let mut lags: BTreeMap<ServiceName, u64> = BTreeMap::new();
    let mut known: HashMap<(ServiceName, String, String), i64> = HashMap::new();
    for place in &all_places {
        *known.entry((place.service, place.consumer.clone(), place.source.clone())).or_default() +=
            place.position;
    }
    for ((service, _, source), handled) in known {
        let head: i64 = all_heads.get(source.as_str()).map_or(0, |heads| heads.values().sum());
        *lags.entry(service).or_default() += (head - handled).max(0).unsigned_abs();
    }
    Ok(lags)
}

/// The subjects of a source's events that a service has yet to handle: not read yet, or parked for another attempt.
pub(crate) async fn unread_subjects(
    books: &Books,
    service: ServiceName,
    source: ServiceName,
) -> anyhow::Result<HashSet<String>> {
    let places = places(books, service).await?;
    let own =
        places.iter().filter(|place| place.consumer == service.as_str() && place.source == source.as_str());
    let cursors: HashMap<(String, i64), i64> =
        own.map(|place| ((place.topic.clone(), place.partition), place.position)).collect();
    let mut subjects = HashSet::new();
    for ((topic, partition), _) in heads(books, source).await? {
        let after = cursors.get(&(topic.clone(), partition)).copied().unwrap_or(0);
        let sql = format!(
            "SELECT subject FROM event_log WHERE topic = '{topic}' AND part = {partition} AND pos > {after}"
        );
        for row in books.query(source, &sql).await? {
            subjects.insert(row.try_get_by_index(0)?);
        }
    }
    // An early message waits as a timer.
    let waiting = "SELECT subject FROM parked WHERE state <> 'dead' UNION SELECT subject FROM timer WHERE name LIKE 'early:%'";
    for row in books.query(service, waiting).await? {
        subjects.insert(row.try_get_by_index(0)?);
    }
    Ok(subjects)
}
