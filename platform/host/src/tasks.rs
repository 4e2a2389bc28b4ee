//! Tasks: what a service does once when it is told to, such as by a scheduler, and keeps a record of.

use async_trait::async_trait;
use engine::{EngineError, TaskRun};

use crate::problem::Problem;

/// Work that begins, does what there is to do, and ends. Runs may overlap: what one has done, another leaves alone.
#[async_trait]
pub trait Task: Send + Sync {
    /// Its name; part of a path and of a command line.
    fn name(&self) -> &'static str;

    /// What it does, in a sentence.
    fn summary(&self) -> &'static str;

    /// Notes that a run begins.
    ///
    /// # Errors
    /// The task is not to run in this shop, or the store does not work.
    async fn begin(&self) -> Result<TaskRun, Problem>;

    /// Does the run's work and notes how it has ended; the run at its end.
    ///
    /// # Errors
    /// The store does not work, so that the end cannot be noted.
    async fn run(&self, run: TaskRun) -> Result<TaskRun, EngineError>;
}
