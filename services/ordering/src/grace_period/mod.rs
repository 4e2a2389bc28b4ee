//! The manager of grace periods, where that is not a timer: a task that a scheduler runs, or messages from outside, which the routes
//! take. Whose order is whose stands in the database; see [`GracePeriod`](crate::GracePeriod).

mod due;
mod task;

use std::sync::Arc;

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

/// Orders that were submitted under another manager get the timers that nobody else would be now.
async fn leave_all_to_timers(engine: Engine<Ordering>) {
    let mut orders = DueOrders::until(None);
    loop {
        let chunk = match orders.next_chunk(engine.reads()).await {
            Ok(chunk) if chunk.is_empty() => return,
            Ok(chunk) => chunk,
            Err(error) => {
                tracing::error!(%error, "grace periods of another manager cannot be read; a restart tries again");
                return;
            }
        };
        let left =
            chunk.into_iter().map(|order| engine.command(None, Message::LeaveGracePeriodToTimer(order)));
        for answer in futures_util::future::join_all(left).await {
            match answer {
                Ok(_) | Err(CommandError::Refused(_)) => {}
                // The shop stops before it has begun, and begins again with this.
                Err(CommandError::Unavailable) => return,
                Err(error @ CommandError::Internal) => {
                    tracing::error!(%error, "a grace period of another manager gets no timer");
                }
            }
        }
    }
}
