//! `bench engine`: messages through a log and a consumer to committed changes, and from a commit to the handler.
//!
//! Two services of this benchmark's own run in this process on a real store. The producer publishes events, 64 with a
//! commit, always some thousands ahead; for each, the consumer's change is 4 rows inserted, 4 rows updated, 2 events
//! published and its cursor, committed durably. What the producer costs is part of it. Afterwards the database must
//! hold exactly what was published, once.

mod consumer;
mod load;
mod producer;
mod report;
mod stamps;

use std::{process::ExitCode, sync::Arc};

use ::engine::{Engine, EngineOptions, Opened, PostgresAddress, StoreAddress, SystemClock};
use anyhow::ensure;
use bus::Embedded;

use crate::server::{Place, Store};
use consumer::ConsumerService;
use producer::ProducerService;
use stamps::Stamps;

/// Measure the engine: durable messages per second through a consumer, and how long an event takes from its commit to
/// its handler.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The database.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Store,
    /// Where the temporary data directory is made; it must be on a disk. Without this the system's place for
    /// temporary files.
    #[arg(long, value_name = "FOLDER")]
    directory: Option<std::path::PathBuf>,
    /// Length of the window in which messages count.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Callers that publish one event after another while the way from commit to handler is measured.
    #[arg(long, default_value_t = 4)]
    concurrency: usize,
    /// One JSON object on one line instead of a table.
    #[arg(long)]
    json: bool,
}

/// The two services, at work.
struct Pair {
    producer: Engine<ProducerService>,
    consumer: Engine<ConsumerService>,
    stamps: Arc<Stamps>,
}

/// Runs the benchmark. Fails when a message was lost, doubled or parked.
///
/// # Errors
/// The store does not work.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    ensure!(options.concurrency > 0 && options.seconds > 0, "nothing to measure");
    let place = Place::make(options.store, options.directory.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // The engines are dropped outside of the runtime, because a session on PostgreSQL has one of its own, which
    // cannot end inside another.
    let pair = runtime.block_on(start(&place))?;
    let measured = runtime.block_on(load::measure(options, &pair));
    runtime.block_on(async {
        pair.producer.stop().await;
        pair.consumer.stop().await;
    });
    let report = measured?;
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    for problem in &report.problems {
        eprintln!("{problem}");
    }
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn start(place: &Place) -> anyhow::Result<Pair> {
    let transport = Embedded::new();
    let stamps = Arc::new(Stamps::new());

    let producer = Opened::open(ProducerService, options(place, &transport, "producer")).await?;
    // Before the consumer subscribes: a commit is stamped before the consumer hears of it.
    stamps.listen(&transport)?;
    let consumer = ConsumerService { stamps: Arc::clone(&stamps) };
    let consumer = Opened::open(consumer, options(place, &transport, "consumer")).await?;

    let engines = (producer.engine(), consumer.engine());
    producer.start(&engines.0).await?;
    consumer.start(&engines.1).await?;
    Ok(Pair { producer: engines.0, consumer: engines.1, stamps })
}

fn options<S: ::engine::Service>(place: &Place, transport: &Embedded, name: &str) -> EngineOptions<S> {
    let store = match place.database_url() {
        Some(url) => StoreAddress::Postgres(PostgresAddress { url: url.to_owned(), schema: name.to_owned() }),
        None => StoreAddress::Sqlite(place.path().join(format!("{name}.db"))),
    };
    EngineOptions { store, transport: transport.clone(), clock: Arc::new(SystemClock), outside: None }
}
