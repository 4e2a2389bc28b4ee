//! The load on the two services, and what is counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use engine::{Engine, Ids, RandomIds, Service};
use tokio::time::{Instant, sleep_until};

use super::{
    Options, Pair,
    consumer::{ConsumerService, ROWS},
    producer::{ProducerService, Publish, Published, STREAMS},
    report::{Report, Window},
};
use crate::{clock::now_us, process::cpu_seconds};

/// Events in one commit of the producer while throughput is measured.
const EVENTS_AT_ONCE: usize = 64;

/// Feeders, so that the producer commits one batch while the next is made.
const FEEDERS: u32 = 4;

/// The producer stays about so many events ahead: enough that the consumer never waits, few enough to be read from
/// memory as in a live shop.
const AHEAD: u64 = 8_192;

const WARM_UP: Duration = Duration::from_secs(2);

/// How long the consumer may take for what is left at the end.
const DRAIN_PATIENCE: Duration = Duration::from_secs(60);

const NOTE: &str = "a note of sixty-four characters, as an order line's name would be";

/// What has been published, and whether to go on.
#[derive(Default)]
struct Progress {
    published: AtomicU64,
    number: AtomicU64,
    errors: AtomicU64,
    is_over: AtomicBool,
}

pub(super) async fn measure(options: &Options, pair: &Pair) -> anyhow::Result<Report> {
    let progress = Arc::new(Progress::default());
    let handled = measure_latency(options, pair, &progress).await?;
    let window = measure_throughput(options, pair, &progress).await?;

    let mut problems = Vec::new();
    drain(pair, &progress).await?;
    let published = progress.published.load(Ordering::Relaxed);
    for (what, expected, found) in [
        (
            "rows inserted",
            published * u64::from(ROWS),
            count(&pair.consumer, "SELECT COUNT(*) FROM entry").await?,
        ),
        (
            "rows updated",
            published * u64::from(ROWS),
            count(&pair.consumer, "SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) FROM balance").await?,
        ),
        ("events published", published * 2, count(&pair.consumer, "SELECT COUNT(*) FROM event_log").await?),
    ] {
        if expected != found {
            problems.push(format!("{what}: {expected} expected, {found} found"));
        }
    }
    let parked = pair.consumer.parked().await?.len() as u64;
    let store_errors = pair.consumer.stats().store_errors.load(Ordering::Relaxed)
        + pair.producer.stats().store_errors.load(Ordering::Relaxed);
    let errors = parked + store_errors + progress.errors.load(Ordering::Relaxed);
    if errors > 0 {
        problems
            .push(format!("{errors} errors: {parked} messages parked, {store_errors} failures of the store"));
    }
    let store = pair.consumer.store().clone();
    // Reading settings opens a session of its own, which blocks.
    let durability = tokio::task::spawn_blocking(move || store.durability()).await??;
    Ok(Report::new(options.store, &window, handled, errors, durability, problems))
}

/// Callers publish one event each, again and again; the events' way to the handler is stamped.
async fn measure_latency(
    options: &Options,
    pair: &Pair,
    progress: &Arc<Progress>,
) -> anyhow::Result<crate::latency::Latencies> {
    let callers: Vec<_> = (0..options.concurrency as u32)
        .map(|caller| {
            let (producer, progress) = (pair.producer.clone(), Arc::clone(progress));
            tokio::spawn(async move {
                let mut ids = RandomIds::new();
                while !progress.is_over.load(Ordering::Relaxed) {
                    let number = progress.number.load(Ordering::Relaxed);
                    let number =
                        if number == 0 { 0 } else { progress.number.fetch_add(1, Ordering::Relaxed) };
                    publish(&producer, &progress, &mut ids, caller % STREAMS, number, 1).await;
                }
            })
        })
        .collect();
    sleep_until(Instant::now() + WARM_UP).await;
    progress.number.store(1, Ordering::Relaxed);
    sleep_until(Instant::now() + Duration::from_secs((options.seconds / 3).max(2))).await;
    progress.is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await?;
    }
    drain(pair, progress).await?;
    progress.is_over.store(false, Ordering::Relaxed);
    Ok(pair.stamps.finish())
}

/// Feeders keep the producer ahead of the consumer; the consumer's commits are counted.
async fn measure_throughput(
    options: &Options,
    pair: &Pair,
    progress: &Arc<Progress>,
) -> anyhow::Result<Window> {
    let feeders: Vec<_> = (0..FEEDERS)
        .map(|feeder| {
            let (producer, consumer) = (pair.producer.clone(), pair.consumer.clone());
            let progress = Arc::clone(progress);
            tokio::spawn(async move {
                let mut ids = RandomIds::new();
                let mut stream = feeder;
                while !progress.is_over.load(Ordering::Relaxed) {
                    let waiting =
                        progress.published.load(Ordering::Relaxed).saturating_sub(messages(&consumer));
                    if waiting > AHEAD {
                        sleep_until(Instant::now() + Duration::from_millis(2)).await;
                        continue;
                    }
                    publish(&producer, &progress, &mut ids, stream, 0, EVENTS_AT_ONCE).await;
                    stream = (stream + FEEDERS) % STREAMS;
                }
            })
        })
        .collect();
    sleep_until(Instant::now() + WARM_UP).await;
    let started = Instant::now();
    let (messages_before, commits_before) = (messages(&pair.consumer), commits(pair));
    let cpu_before = cpu_seconds(std::process::id())?;
    sleep_until(started + Duration::from_secs(options.seconds)).await;
    let seconds = started.elapsed().as_secs_f64();
    let window = Window {
        messages: messages(&pair.consumer) - messages_before,
        commits: commits(pair) - commits_before,
        cpu_seconds: cpu_seconds(std::process::id())? - cpu_before,
        seconds,
    };
    progress.is_over.store(true, Ordering::Relaxed);
    for feeder in feeders {
        feeder.await?;
    }
    Ok(window)
}

async fn publish(
    producer: &Engine<ProducerService>,
    progress: &Progress,
    ids: &mut RandomIds,
    stream: u32,
    number: u64,
    count: usize,
) {
    let now = contracts::Timestamp(now_us());
    let events = (0..count)
        .map(|index| Published {
            stream,
            number,
            id: ids.next(now),
            amount: index as i64 + 1,
            note: NOTE.to_owned(),
        })
        .collect();
    match producer.command(None, Publish { stream, events }).await {
        Ok(()) => progress.published.fetch_add(count as u64, Ordering::Relaxed),
        Err(_) => progress.errors.fetch_add(1, Ordering::Relaxed),
    };
}

/// Waits until the consumer has handled all that was published.
async fn drain(pair: &Pair, progress: &Progress) -> anyhow::Result<()> {
    let deadline = Instant::now() + DRAIN_PATIENCE;
    while messages(&pair.consumer) < progress.published.load(Ordering::Relaxed) {
        ensure!(
            Instant::now() < deadline,
            "{} of {} messages are handled after {} s",
            messages(&pair.consumer),
            progress.published.load(Ordering::Relaxed),
            DRAIN_PATIENCE.as_secs()
        );
        sleep_until(Instant::now() + Duration::from_millis(10)).await;
    }
    Ok(())
}

fn messages(consumer: &Engine<ConsumerService>) -> u64 {
    consumer.stats().messages.load(Ordering::Relaxed)
}

fn commits(pair: &Pair) -> u64 {
    let of = |stats: &engine::Stats| stats.commits.load(Ordering::Relaxed);
    of(pair.consumer.stats()) + of(pair.producer.stats())
}

async fn count<S: Service>(engine: &Engine<S>, sql: &str) -> anyhow::Result<u64> {
    let rows = engine.reads().query(sql.to_owned(), Vec::new()).await?;
    let count: i64 = rows.first().context("a count has a row")?.try_get_by_index(0)?;
    Ok(count as u64)
}
