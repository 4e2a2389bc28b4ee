//! The scheduled task: starts, ends every grace period whose time has come, notes what it did, and ends.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::StatusCode;
use engine::{Clock, CommandError, Engine, EngineError, TaskRun};
use host::{Problem, Task};

use super::DueOrders;
use crate::{GracePeriodManager, Message, Ordering};

/// The task's name.
pub const NAME: &str = "grace-period";

/// Ends grace periods.
pub struct GracePeriodTask {
    pub engine: Engine<Ordering>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Task for GracePeriodTask {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Confirms every order whose grace period has ended."
    }

    async fn begin(&self) -> Result<TaskRun, Problem> {
        require(&self.engine, GracePeriodManager::Task)?;
        Ok(self.engine.begin_task_run(NAME).await?)
    }

    async fn run(&self, mut run: TaskRun) -> Result<TaskRun, EngineError> {
        let error = self.confirm_all(&mut run).await;
        self.engine.end_task_run(&mut run, error).await?;
        Ok(run)
    }
}

impl GracePeriodTask {
    /// Confirms what is due; why not all of it could be. An order that cannot be confirmed does not keep the others waiting.
    async fn confirm_all(&self, run: &mut TaskRun) -> Option<String> {
        let mut orders = DueOrders::until(Some(self.clock.now()));
        let (mut failed, mut first_failed) = (0, None);
        loop {
            let chunk = match orders.next_chunk(self.engine.reads()).await {
                Ok(chunk) if chunk.is_empty() => break,
                Ok(chunk) => chunk,
                Err(error) => return Some(error.to_string()),
            };
            run.found += chunk.len() as i64;
            let commands =
                chunk.iter().map(|order| self.engine.command(None, Message::ConfirmGracePeriod(*order)));
            let answers = futures_util::future::join_all(commands).await;
            for (order, answer) in chunk.iter().zip(answers) {
                match answer {
                    Ok(_) => run.confirmed += 1,
                    // Cancelled, or confirmed by another run, since it was found.
                    Err(CommandError::Refused(_)) => run.skipped += 1,
                    Err(error @ CommandError::Unavailable) => return Some(error.to_string()),
                    Err(CommandError::Internal) => {
                        failed += 1;
                        first_failed.get_or_insert(*order);
                    }
                }
            }
            if let Err(error) = self.engine.note_task_run(run).await {
                return Some(error.to_string());
            }
        }
        first_failed
            .map(|order| format!("{failed} orders could not be confirmed, {order} first; see the log"))
    }
}

/// Refuses the word of a manager that is not this shop's.
///
/// # Errors
/// 409 with code `grace_period_managed_otherwise`.
pub fn require(engine: &Engine<Ordering>, wanted: GracePeriodManager) -> Result<(), Problem> {
    let manager = engine.service().manager;
    if manager == wanted {
        return Ok(());
    }
    let detail =
        format!("In this shop grace periods are ended by the manager `{manager}`, not by `{wanted}`.");
    Err(Problem::new(StatusCode::CONFLICT, "grace_period_managed_otherwise", detail))
}
