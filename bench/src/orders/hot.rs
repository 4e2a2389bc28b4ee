//! The rush: every shopper wants the same product, of which there are a few.

use std::{rc::Rc, time::Duration};

use tokio::{
    task::spawn_local,
    time::{Instant, sleep_until},
};

use super::{
    Options,
    catalogue::Catalogue,
    journey::{Accepted, Journey, NoOrder},
    report::Report,
    shopper::journeys,
    tally::{Phase, Tally},
    window::{Sample, wait_for_orders},
};
use crate::{admin::Admin, clock::now_us, database::Databases, latency::Latencies, server::Server};

/// A shopper goes home when the shop has said no so often, or when so much has gone wrong.
const ENOUGH: u32 = 3;

/// How long a customer watches an order.
const WATCH_PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at an order.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) async fn measure(options: &Options, server: &Server) -> anyhow::Result<Report> {
    let stock = options.stock.unwrap_or(50);
    let catalogue = Rc::new(Catalogue::make(options, server, Some(stock)).await?);
    let mut admin = Admin::connect(server).await?;
    let databases = Databases::open(server).await?;
    let tally = Rc::new(Tally::new(Phase::Window));

    let journeys = journeys(options, server, &catalogue, &tally).await?;
    let before = Sample::take(server, &mut admin, &databases).await?;
    let (start_us, started) = (now_us(), Instant::now());
    let mut shoppers = Vec::new();
    for journey in journeys {
        let (tally, catalogue, buys_now) = (Rc::clone(&tally), Rc::clone(&catalogue), options.buy_now);
        shoppers.push(spawn_local(async move { rush(journey, &catalogue, &tally, buys_now).await }));
    }
    for shopper in shoppers {
        shopper.await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let after = Sample::take(server, &mut admin, &databases).await?;

    let mut problems = Vec::new();
    let finished = wait_for_orders(&tally, &databases, &mut problems).await?;
    admin.settle().await?;
    let asked = tally.asked();
    let mut latencies = Latencies::default();
    for (id, order) in finished.iter().filter(|(_, order)| order.is_paid()) {
        let asked_us = asked.get(id).copied().unwrap_or(start_us);
        latencies.add_micros(order.paid_us.unwrap_or(asked_us) - asked_us);
    }
    let paid = latencies.count() as u64;
    if paid != stock {
        problems.push(format!("there were {stock} units and {paid} orders are paid"));
    }
    let shipments = databases.shipments().await?.len() as u64;
    if shipments != paid {
        problems.push(format!("{paid} orders are paid and there are {shipments} shipments"));
    }
    let usage = before.until(&after, seconds);
    Ok(Report::new(options, &tally, paid, seconds, latencies, usage, admin.system().await?, problems))
}

async fn rush(mut journey: Journey, catalogue: &Catalogue, tally: &Tally, buys_now: bool) {
    let (mut refusals, mut errors) = (0, 0);
    while refusals < ENOUGH && errors < ENOUGH {
        match buy(&mut journey, catalogue, buys_now).await {
            Ok(()) | Err(NoOrder::Over) => {}
            Err(NoOrder::Refused) => {
                refusals += 1;
                tally.refused();
            }
            Err(NoOrder::Error(what)) => {
                errors += 1;
                tally.error(what);
                if journey.reconnect().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Buys one unit and watches the order until it is paid. An order that is accepted first and cancelled for want of
/// stock is a refusal too: without holds the shop cannot know earlier.
async fn buy(journey: &mut Journey, catalogue: &Catalogue, buys_now: bool) -> Result<(), NoOrder> {
    let accepted = if buys_now {
        journey.buy_now(0).await?
    } else {
        journey.buy_in_cart(&catalogue.products[..1]).await?
    };
    watch(journey, &accepted).await
}

async fn watch(journey: &mut Journey, accepted: &Accepted) -> Result<(), NoOrder> {
    let deadline = Instant::now() + WATCH_PATIENCE;
    while Instant::now() < deadline {
        let order = journey.look_at(accepted).await?;
        match (order.status.as_str(), order.cancel_reason.as_deref()) {
            ("paid" | "packed" | "shipped" | "delivered", _) => return Ok(()),
            ("cancelled", Some("out_of_stock")) => return Err(NoOrder::Refused),
            ("cancelled", reason) => {
                return Err(NoOrder::Error(format!(
                    "the order was cancelled: {}",
                    reason.unwrap_or("for no reason")
                )));
            }
            _ => sleep_until(Instant::now() + LOOK_EVERY).await,
        }
    }
    Err(NoOrder::Error(format!("order {} did not end within {} s", accepted.order, WATCH_PATIENCE.as_secs())))
}
