//! Pages through logs: all partitions of some services in the order of time, with a cursor that names a place in each of them,
//! so that events that come meanwhile move nothing.

use std::{collections::BTreeMap, fmt, str::FromStr};

use contracts::{PARTITIONS, ServiceName, Timestamp, partition_of};
use engine::{EventFilter, Range, Reads, StoreError};
use serde::{Deserialize, Serialize};

use super::events::EventView;

/// How many positions of one partition a page looks at when it filters. A rare event may need several pages, some of them empty.
const SCAN_MAX: i64 = 4_096;

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The last event first.
    #[default]
    Newest,
    /// The first event first.
    Oldest,
}

/// A place in each partition of some services, in the services' order: the last position that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<i64>);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let positions: Vec<String> = self.0.iter().map(i64::to_string).collect();
        f.write_str(&positions.join("."))
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split('.').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Cursor {
    /// Whether it has a place for each partition of so many services.
    pub fn fits(&self, sources: usize) -> bool {
        self.0.len() == sources * usize::from(PARTITIONS) && self.0.iter().all(|position| *position >= 0)
    }
}

/// A page, and where it ends.
pub(super) struct Page {
    pub items: Vec<EventView>,
    /// The place after the page.
    pub cursor: Cursor,
    /// Whether there may be more.
    pub more: bool,
}

/// One partition's share of a page.
struct Share {
    source: ServiceName,
    partition: u8,
    events: std::iter::Peekable<std::vec::IntoIter<EventView>>,
    /// The last position shown, or where the page begins.
    place: i64,
    /// Where the place is once all events are shown; `None` where more wait behind them.
    end: Option<i64>,
    /// The time up to which (from which, newest first) the partition was looked at; `None` where it was to its end.
    horizon: Option<Timestamp>,
    /// Where the partition ends.
    last: i64,
}

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub sources: &'a [ServiceName],
    pub filter: &'a EventFilter,
    pub order: Order,
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// Reads a page.
pub(super) async fn page(
    reads: &BTreeMap<ServiceName, Reads>,
    wanted: &Wanted<'_>,
) -> Result<Page, StoreError> {
    let mut shares = Vec::new();
    for (number, source) in wanted.sources.iter().enumerate() {
        let Some(reads) = reads.get(source) else { continue };
        let heads = reads.log_heads(*source).await?;
        for partition in 0..PARTITIONS {
            let slot = number * usize::from(PARTITIONS) + usize::from(partition);
            let head = heads.get(&partition).copied().unwrap_or(0);
            let after = wanted.after.as_ref().and_then(|cursor| cursor.0.get(slot).copied());
            shares.push(share(reads, wanted, *source, partition, after, head).await?);
        }
    }
    Ok(merge(shares, wanted))
}

async fn share(
    reads: &Reads,
    wanted: &Wanted<'_>,
    source: ServiceName,
    partition: u8,
    after: Option<i64>,
    head: i64,
) -> Result<Share, StoreError> {
    let newest_first = wanted.order == Order::Newest;
    // Newest first, a place is the position before which the next page goes on.
    let place = after.unwrap_or(if newest_first { head + 1 } else { 0 });
    let last = if newest_first { 1 } else { head };
    let elsewhere = wanted.filter.subject.as_ref().is_some_and(|subject| partition_of(subject) != partition);
    let nothing = Share {
        source,
        partition,
        events: Vec::new().into_iter().peekable(),
        place,
        end: Some(if newest_first { last.min(place) } else { last.max(place) }),
        horizon: None,
        last,
    };
    let filtered = *wanted.filter != EventFilter::default();
    let (from, until) = match (newest_first, filtered) {
        (true, true) => ((place - 1 - SCAN_MAX).max(0), place - 1),
        (true, false) => (0, place - 1),
        (false, true) => (place, head.min(place + SCAN_MAX)),
        (false, false) => (place, head),
    };
    if elsewhere || from >= until {
        return Ok(nothing);
    }
    let range = Range { partition, after: from, until, newest_first, limit: wanted.limit };
    let found = reads.log_events(source, wanted.filter, range).await?;
    let whole = found.len() < wanted.limit;
    let end = if newest_first { from + 1 } else { until };
    let horizon = match whole && end != last {
        true => reads.log_time(source, partition, end).await?,
        false => None,
    };
    let events: Vec<EventView> = found.into_iter().map(EventView::from).collect();
    Ok(Share { events: events.into_iter().peekable(), end: whole.then_some(end), horizon, ..nothing })
}

fn merge(mut shares: Vec<Share>, wanted: &Wanted<'_>) -> Page {
    let newest_first = wanted.order == Order::Newest;
    let earlier = |a: Timestamp, b: Timestamp| if newest_first { a > b } else { a < b };
    // What lies past the horizon of one partition may have something before it there.
    let horizon =
        shares.iter().filter_map(|share| share.horizon).reduce(|a, b| if earlier(b, a) { b } else { a });
    let mut items = Vec::new();
    while items.len() < wanted.limit {
        let mut next: Option<(Timestamp, usize)> = None;
        for (number, share) in shares.iter_mut().enumerate() {
            let Some(event) = share.events.peek() else { continue };
            if next.is_none_or(|(time, _)| earlier(event.at, time)) {
                next = Some((event.at, number));
            }
        }
        let Some((time, number)) = next else { break };
        if horizon.is_some_and(|horizon| earlier(horizon, time)) {
            break;
        }
        let share = &mut shares[number];
        if let Some(event) = share.events.next() {
            share.place = event.position;
            items.push(event);
        }
    }
    let mut more = false;
    let mut positions = vec![0; wanted.sources.len() * usize::from(PARTITIONS)];
    for mut share in shares {
        if share.events.peek().is_none()
            && let Some(end) = share.end
        {
            share.place = end;
        }
        more |= share.place != share.last && !(newest_first && share.place < share.last);
        let number = wanted.sources.iter().position(|source| *source == share.source).unwrap_or(0);
        positions[number * usize::from(PARTITIONS) + usize::from(share.partition)] = share.place;
    }
    Page { items, cursor: Cursor(positions), more }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor((0..16).collect());
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert!(cursor.fits(2) && !cursor.fits(1));
        assert!("1.x".parse::<Cursor>().is_err());
    }
}
