//! The manager of grace periods, where that is not a timer: a task that a scheduler runs, or messages from outside, which the routes
//! take. Whose order is whose stands in the database; see [`GracePeriod`](crate::GracePeriod).

mod due;
mod task;

use std::{sync::Arc, time::Duration};

use engine::{Clock, CommandError, Engine};
use host::Task;

use crate::{GracePeriodManager, Message, Ordering};

use due::DueOrders;
pub use task::{NAME as TASK, require};

/// Sets the manager to work; the tasks that it knows.
pub fn manage(engine: &Engine<Ordering>, clock: &Arc<dyn Clock>) -> Vec<Arc<dyn Task>> {
    if engine.service().manager == GracePeriodManager::Timer {
        tokio::spawn(leave_all_to_timers(engine.clone()));
    }
    vec![Arc::new(task::GracePeriodTask { engine: engine.clone(), clock: clock.clone() })]
}

/// How long the manager waits before it tries again what could not be done.
const PAUSE: Duration = Duration::from_secs(1);

/// Orders that were submitted under another manager get the timers that nobody else would be now.
async fn leave_all_to_timers(engine: Engine<Ordering>) {
    let mut tries = tokio::time::interval(PAUSE);
    tries.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tries.tick().await;
        // A shop that stops begins again with this.
        if leave_to_timers(&engine).await || engine.has_stopped() {
            return;
        }
        tracing::warn!("not all grace periods of another manager have timers yet; trying again");
    }
}

/// Goes through the orders once; says whether nothing is left for another time.
async fn leave_to_timers(engine: &Engine<Ordering>) -> bool {
    let (mut orders, mut is_done) = (DueOrders::until(None), true);
    loop {
        let chunk = match orders.next_chunk(engine.reads()).await {
            Ok(chunk) if chunk.is_empty() => return is_done,
            Ok(chunk) => chunk,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "grace periods of another manager cannot be read");
                return false;
            }
        };
        let left =
            chunk.into_iter().map(|order| engine.command(None, Message::LeaveGracePeriodToTimer(order)));
        for answer in futures_util::future::join_all(left).await {
            match answer {
                Ok(_) | Err(CommandError::Refused(_)) => {}
                // It stops, has more to do than it can take, or its store has failed once.
                Err(CommandError::Unavailable) => is_done = false,
                Err(error @ CommandError::Internal) => {
                    tracing::error!(%error, "a grace period of another manager gets no timer");
                }
            }
        }
        if !is_done {
            return false;
        }
    }
}
