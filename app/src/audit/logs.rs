//! Logs have no gaps, and no consumer stands past one or has left one behind.

use std::collections::HashMap;

use contracts::ServiceName;
use uuid::Uuid;

use super::{Look, books::Books, lag};

pub(super) async fn check(books: &Books, later: &Books, look: &mut Look) -> anyhow::Result<()> {
    let mut places = Vec::new();
    for service in ServiceName::ALL {
        places.extend(lag::places(books, service).await?);
    }
    let mut all_heads = HashMap::new();
    for service in ServiceName::ALL {
        check_positions(books, service, look).await?;
        check_sequences(books, service, look).await?;
        all_heads.insert(service.as_str(), (lag::heads(later, service).await?, epoch(later, service).await?));
    }
    for place in &places {
        let subject = format!("{} of {}/{}/{}", place.consumer, place.source, place.topic, place.partition);
        let Some((heads, epoch)) = all_heads.get(place.source.as_str()) else { continue };
        let head = heads.get(&(place.topic.clone(), place.partition)).copied().unwrap_or(0);
        if place.position > head {
            look.found(
                "cursor_past_the_end",
                &subject,
                format!("it stands at {}, and the log ends at {head}", place.position),
            );
        }
        if !place.above.is_empty() {
            look.found(
                "gap_behind_cursor",
                &subject,
                format!("handled past {} are {}", place.position, place.above),
            );
        }
        if epoch.is_some_and(|epoch| epoch != place.epoch) {
            look.found("another_epoch", &subject, "the log was restored or replaced");
        }
    }
    Ok(())
}

async fn check_positions(books: &Books, service: ServiceName, look: &mut Look) -> anyhow::Result<()> {
    let heads = lag::heads(books, service).await?;
    let sql = "SELECT topic, part, count(*), min(pos), max(pos) FROM event_log GROUP BY topic, part";
    let mut found = HashMap::new();
    for row in books.query(service, sql).await? {
        let place: (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (count, first, last): (i64, i64, i64) =
            (row.try_get_by_index(2)?, row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        look.counted.events += count.unsigned_abs();
        if first != 1 || count != last {
            look.found(
                "positions_gapless",
                format!("{service} {}/{}", place.0, place.1),
                format!("{count} events from {first} to {last}"),
            );
        }
        found.insert(place, last);
    }
    for (place, head) in heads {
        let last = found.get(&place).copied().unwrap_or(0);
        if last != head {
            look.found(
                "log_head",
                format!("{service} {}/{}", place.0, place.1),
                format!("the head is {head}, the last event {last}"),
            );
        }
    }
    Ok(())
}

async fn check_sequences(books: &Books, service: ServiceName, look: &mut Look) -> anyhow::Result<()> {
    let sql = "SELECT subject, count(*), min(sequence), max(sequence) FROM event_log GROUP BY subject \
               HAVING min(sequence) <> 1 OR max(sequence) <> count(*)";
    for row in books.query(service, sql).await? {
        let subject: String = row.try_get_by_index(0)?;
        let (count, first, last): (i64, i64, i64) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        look.found(
            "sequences_gapless",
            format!("{service} {subject}"),
            format!("{count} events from {first} to {last}"),
        );
    }
    Ok(())
}

async fn epoch(books: &Books, service: ServiceName) -> anyhow::Result<Option<Uuid>> {
    let rows = books.query(service, "SELECT value FROM about WHERE name = 'epoch'").await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let text: String = row.try_get_by_index(0)?;
    Ok(Some(text.parse()?))
}
