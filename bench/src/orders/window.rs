//! The steady load: a warm-up, then a window in which orders count.

use std::{rc::Rc, time::Duration};

use tokio::{
    task::spawn_local,
    time::{Instant, sleep_until},
};

use super::{
    Options,
    catalogue::Catalogue,
    report::{Report, Usage},
    shopper::{journeys, shop},
    tally::{Phase, Tally},
};
use crate::{
    admin::Admin,
    clock::now_us,
    database::{Databases, StoredOrder},
    latency::Latencies,
    process::{cpu_seconds, cpu_seconds_of_family, resident_mib},
    server::Server,
};

/// How long accepted orders may take to end once nobody buys any more.
const END_PATIENCE: Duration = Duration::from_secs(60);

const ASK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn measure(options: &Options, server: &Server) -> anyhow::Result<Report> {
    let catalogue = Rc::new(Catalogue::make(options, server, None).await?);
    let mut admin = Admin::connect(server).await?;
    let databases = Databases::open(server).await?;
    let tally = Rc::new(Tally::new(Phase::WarmUp));

    let mut shoppers = Vec::new();
    for journey in journeys(options, server, &catalogue, &tally).await? {
        let (tally, buys_now) = (Rc::clone(&tally), options.buy_now);
        shoppers.push(spawn_local(async move { shop(journey, &tally, buys_now).await }));
    }

    sleep_until(Instant::now() + Duration::from_secs(options.warm_up)).await;
    let before = Sample::take(server, &mut admin, &databases).await?;
    tally.enter(Phase::Window);
    let (start_us, started) = (now_us(), Instant::now());
    sleep_until(started + Duration::from_secs(options.seconds)).await;
    tally.enter(Phase::Over);
    let (end_us, seconds) = (now_us(), started.elapsed().as_secs_f64());
    let after = Sample::take(server, &mut admin, &databases).await?;
    for shopper in shoppers {
        shopper.await?;
    }

    let mut problems = Vec::new();
    let finished = wait_for_orders(&tally, &databases, &mut problems).await?;
    let shipments = databases.shipments().await?;
    let asked = tally.asked();
    let mut paid = 0;
    let mut paid_latencies = Latencies::default();
    for (id, order) in &finished {
        let is_shipped_in_window = shipments.get(id).is_some_and(|at_us| (start_us..end_us).contains(at_us));
        if !order.is_paid() || !is_shipped_in_window {
            continue;
        }
        paid += 1;
        if let (Some(paid_us), Some(asked_us)) = (order.paid_us, asked.get(id)) {
            paid_latencies.add_micros(paid_us - asked_us);
        }
    }

    let usage = before.until(&after, seconds);
    Ok(Report::new(options, &tally, paid, seconds, paid_latencies, usage, admin.system().await?, problems))
}

/// Waits until every accepted order has ended, and says which were lost or got stuck.
pub(super) async fn wait_for_orders(
    tally: &Tally,
    databases: &Databases,
    problems: &mut Vec<String>,
) -> anyhow::Result<Vec<(uuid::Uuid, StoredOrder)>> {
    let asked = tally.asked();
    let deadline = Instant::now() + END_PATIENCE;
    while databases.count_of_ended_orders().await? < asked.len() as u64 && Instant::now() < deadline {
        sleep_until(Instant::now() + ASK_EVERY).await;
    }

    let orders = databases.orders().await?;
    let lost = asked.keys().filter(|id| !orders.contains_key(id)).count();
    if lost > 0 {
        problems.push(format!("{lost} accepted orders are not in the database"));
    }
    let stuck = orders.values().filter(|order| !order.has_ended()).count();
    if stuck > 0 {
        problems.push(format!("{stuck} orders have not ended after {} s", END_PATIENCE.as_secs()));
    }
    Ok(orders.into_iter().collect())
}

/// Counters at one moment.
pub(super) struct Sample {
    server_cpu: f64,
    driver_cpu: f64,
    database_cpu: Option<f64>,
    resident_mib: f64,
    commits: u64,
    wal_syncs: Option<u64>,
}

impl Sample {
    pub async fn take(server: &Server, admin: &mut Admin, databases: &Databases) -> anyhow::Result<Self> {
        Ok(Self {
            server_cpu: cpu_seconds(server.process_id())?,
            driver_cpu: cpu_seconds(std::process::id())?,
            database_cpu: server.database_process_id().map(cpu_seconds_of_family).transpose()?,
            resident_mib: resident_mib(server.process_id())?,
            commits: admin.commits().await?,
            wal_syncs: databases.wal_syncs().await?,
        })
    }

    pub fn until(&self, later: &Self, seconds: f64) -> Usage {
        let commits_per_s = (later.commits - self.commits) as f64 / seconds;
        let wal_syncs_per_s = match (self.wal_syncs, later.wal_syncs) {
            (Some(before), Some(after)) => Some((after - before) as f64 / seconds),
            _ => None,
        };
        let database_cpu = match (self.database_cpu, later.database_cpu) {
            (Some(before), Some(after)) => Some((after - before) / seconds),
            _ => None,
        };
        Usage {
            cpu_cores: (later.server_cpu - self.server_cpu) / seconds,
            driver_cpu_cores: (later.driver_cpu - self.driver_cpu) / seconds,
            database_cpu_cores: database_cpu,
            rss_mb: later.resident_mib,
            commits_per_s,
            wal_syncs_per_s,
        }
    }
}
