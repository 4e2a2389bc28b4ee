//! The scheduled task: starts, ends every grace period whose time has come, notes what it did, and ends.

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::StatusCode;
use contracts::OrderId;
use engine::{Clock, CommandError, Engine, EngineError, TaskRun};
use host::{Problem, Task};

use super::DueOrders;
use crate::{GracePeriodManager, Message, Ordering, Status};

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
        let mut failures = Failures::default();
        loop {
            let chunk = match orders.next_chunk(self.engine.reads()).await {
                Ok(chunk) if chunk.is_empty() => break,
                Ok(chunk) => chunk,
                Err(error) => return failures.and(Some(error.to_string())),
            };
            run.found += chunk.len() as i64;
            let commands =
                chunk.iter().map(|order| self.engine.command(None, Message::ConfirmGracePeriod(*order)));
            let answers = futures_util::future::join_all(commands).await;
            let unavailable = failures.count(run, chunk.into_iter().zip(answers));
            if let Err(error) = self.engine.note_task_run(run).await {
                return failures.and(Some(error.to_string()));
            }
            if unavailable {
                return failures.and(Some(CommandError::Unavailable.to_string()));
            }
        }
        failures.and(None)
    }
}

/// The orders of a run that could not be confirmed for an error of the program.
#[derive(Default)]
struct Failures {
    count: u64,
    first: Option<OrderId>,
}

impl Failures {
    /// Counts what became of a chunk; says whether the service could not take some of it.
    fn count(
        &mut self,
        run: &mut TaskRun,
        answers: impl Iterator<Item = (OrderId, Result<Status, CommandError>)>,
    ) -> bool {
        let mut unavailable = false;
        for (order, answer) in answers {
            match answer {
                Ok(_) => run.confirmed += 1,
                // Cancelled, or confirmed by another run, since it was found.
                Err(CommandError::Refused(_)) => run.skipped += 1,
                Err(CommandError::Unavailable) => unavailable = true,
                Err(CommandError::Internal) => {
                    self.count += 1;
                    self.first.get_or_insert(order);
                }
            }
        }
        unavailable
    }

    /// Why a run could not do all of it: what has ended it, and what it could not confirm before.
    fn and(&self, ended_by: Option<String>) -> Option<String> {
        let failed = self
            .first
            .map(|order| format!("{} orders could not be confirmed, {order} first; see the log", self.count));
        match (ended_by, failed) {
            (Some(error), Some(failed)) => Some(format!("{error}; {failed}")),
            (error, failed) => error.or(failed),
        }
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

#[cfg(test)]
mod tests {
    use contracts::{OrderId, Refusal, Timestamp};
    use engine::{CommandError, TaskResult, TaskRun};
    use uuid::Uuid;

    use super::{Failures, NAME};
    use crate::Status;

    #[test]
    fn what_is_behind_an_order_that_could_not_be_taken_is_counted() {
        let mut run = TaskRun {
            id: Uuid::nil(),
            task: NAME.to_owned(),
            started: Timestamp(0),
            seen: Timestamp(0),
            ended: None,
            result: TaskResult::Running,
            found: 5,
            confirmed: 0,
            skipped: 0,
            error: None,
        };
        let refused = Refusal::conflict("grace_period_over", "It has ended already.");
        let answers = [
            Err(CommandError::Unavailable),
            Ok(Status::AwaitingValidation),
            Err(CommandError::Internal),
            Err(CommandError::Refused(refused)),
            Ok(Status::AwaitingValidation),
        ];
        let orders = (1..).map(|number| OrderId(Uuid::from_u128(number)));
        let mut failures = Failures::default();
        assert!(failures.count(&mut run, orders.zip(answers)), "one could not be taken");
        assert_eq!((run.confirmed, run.skipped, failures.count), (2, 1, 1));
        let error = failures.and(Some("the store is gone".to_owned())).expect("there is a reason");
        assert!(error.starts_with("the store is gone") && error.contains(&Uuid::from_u128(3).to_string()));
        assert_eq!(Failures::default().and(None), None);
    }
}
