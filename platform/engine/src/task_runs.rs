//! Runs of tasks: work that a service does once when it is told to, and what came of it. A row each, kept.

use contracts::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    clock::{Ids, RandomIds},
    engine::{Engine, EngineError},
    reads::Reads,
    service::Service,
    session::{Filter, Lock, Select, Session, StoreError},
    system::TASK_RUN,
    value::{Field, Row, UnreadableValue, Value},
};

/// How long a run may say nothing before its process is taken to be gone.
const LEASE_US: i64 = 60 * 1_000_000;

/// The error of a run whose process has gone.
const INTERRUPTED: &str = "interrupted";

/// Who was last heard of before this has been silent for too long.
fn silent_since(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_sub(LEASE_US))
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskResult {
    /// At work.
    Running,
    /// All that it found is done.
    Succeeded,
    /// It ended with an error, or its process has gone.
    Failed,
}

crate::text_field!(TaskResult);

/// A run of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRun {
    /// Its id; later runs have greater ones.
    pub id: Uuid,
    /// The task.
    pub task: String,
    /// When it began.
    pub started: Timestamp,
    /// When it last said how far it is.
    pub seen: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where it stands.
    pub result: TaskResult,
    /// What there was to do.
    pub found: i64,
    /// What it has done.
    pub confirmed: i64,
    /// What somebody else had done before it.
    pub skipped: i64,
    /// Why it failed.
    pub error: Option<String>,
}

impl TaskRun {
    fn begun(id: Uuid, task: &str, now: Timestamp) -> Self {
        Self {
            id,
            task: task.to_owned(),
            started: now,
            seen: now,
            ended: None,
            result: TaskResult::Running,
            found: 0,
            confirmed: 0,
            skipped: 0,
            error: None,
        }
    }

    fn to_row(&self) -> Row {
        vec![
            Value::Id(self.id),
            Value::Text(self.task.clone()),
            self.result.to_value(),
            self.started.to_value(),
            self.seen.to_value(),
            self.ended.to_value(),
            self.found.to_value(),
            self.confirmed.to_value(),
            self.skipped.to_value(),
            self.error.to_value(),
        ]
    }

    fn from_row(row: Row) -> Result<Self, UnreadableValue> {
        let columns = &mut row.into_iter();
        let id = crate::record::next(columns)?;
        let task = crate::record::next(columns)?;
        let result = crate::record::next(columns)?;
        let started = crate::record::next(columns)?;
        let seen = crate::record::next(columns)?;
        let ended = crate::record::next(columns)?;
        let found = crate::record::next(columns)?;
        let confirmed = crate::record::next(columns)?;
        let skipped = crate::record::next(columns)?;
        let error = crate::record::next(columns)?;
        Ok(Self { id, task, started, seen, ended, result, found, confirmed, skipped, error })
    }

    /// The run as it is known now: one that has said nothing for too long was interrupted.
    fn known_at(mut self, now: Timestamp) -> Self {
        if self.result == TaskResult::Running && silent_since(now) > self.seen {
            self.interrupt();
        }
        self
    }

    fn interrupt(&mut self) {
        self.result = TaskResult::Failed;
        self.ended = Some(self.seen);
        self.error = Some(INTERRUPTED.to_owned());
    }
}

/// Ends the runs that were last heard of before `until`: their process is gone.
pub(crate) fn interrupt(session: &mut dyn Session, until: Timestamp) -> Result<(), StoreError> {
    let equal = vec![("result", TaskResult::Running.to_value())];
    let filter = Filter::Until { equal, column: "seen_us", until: until.0, limit: 1_000 };
    session.begin()?;
    let mut rows = Vec::new();
    for row in session.select(&Select { table: &TASK_RUN, filter, lock: Lock::Update })? {
        let mut run = TaskRun::from_row(row)?;
        run.interrupt();
        rows.push(run.to_row());
    }
    if rows.is_empty() {
        session.rollback();
        return Ok(());
    }
    session.upsert(&TASK_RUN, rows)?;
    session.commit()
}

fn save(session: &mut dyn Session, row: Row) -> Result<(), StoreError> {
    session.begin()?;
    session.upsert(&TASK_RUN, vec![row])?;
    session.commit()
}

impl<S: Service> Engine<S> {
    /// Notes that a task begins to run.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn begin_task_run(&self, task: &str) -> Result<TaskRun, EngineError> {
        let now = self.shared.clock.now();
        let run = TaskRun::begun(RandomIds::new().next(now), task, now);
        let row = run.to_row();
        let begin = move |session: &mut dyn Session| {
            interrupt(session, silent_since(now))?;
            save(session, row)
        };
        self.errand(begin).await?;
        Ok(run)
    }

    /// Notes how far a run is.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn note_task_run(&self, run: &mut TaskRun) -> Result<(), EngineError> {
        run.seen = self.shared.clock.now();
        let row = run.to_row();
        self.errand(move |session| save(session, row)).await
    }

    /// Notes how a run has ended: well, or with an error.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn end_task_run(&self, run: &mut TaskRun, error: Option<String>) -> Result<(), EngineError> {
        run.result = if error.is_some() { TaskResult::Failed } else { TaskResult::Succeeded };
        run.error = error;
        run.ended = Some(self.shared.clock.now());
        self.note_task_run(run).await
    }
}

/// Which runs. An empty filter lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskRunFilter {
    /// Of this task.
    pub task: Option<String>,
    /// With this result.
    pub result: Option<TaskResult>,
    /// Begun before this run.
    pub before: Option<Uuid>,
}

impl Reads {
    /// Runs of tasks, latest first, as they are known at `now`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn task_runs(
        &self,
        filter: &TaskRunFilter,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<TaskRun>, StoreError> {
        // A run whose process has gone says that it runs until the next one begins.
        let result = format!(
            "CASE WHEN result = 'running' AND seen_us < {} THEN 'failed' ELSE result END",
            silent_since(now).0
        );
        let wanted = [
            ("task =", filter.task.clone().map(Value::Text)),
            ("id <", filter.before.map(Value::Id)),
            (&format!("{result} ="), filter.result.map(|result| result.to_value())),
        ];
        let (mut conditions, mut parameters) = (String::new(), Vec::new());
        for (condition, value) in wanted {
            let Some(value) = value else { continue };
            parameters.push(value);
            let link = if conditions.is_empty() { "WHERE" } else { " AND" };
            conditions.push_str(&format!("{link} {condition} {}", self.parameter(parameters.len())));
        }
        let condition = format!("{conditions} ORDER BY id DESC LIMIT {limit}");
        let rows = self.rows(&TASK_RUN, &condition, parameters).await?;
        rows.into_iter().map(|row| Ok(TaskRun::from_row(row)?.known_at(now))).collect()
    }

    /// A run of a task, as it is known at `now`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn task_run(&self, id: Uuid, now: Timestamp) -> Result<Option<TaskRun>, StoreError> {
        let condition = format!("WHERE id = {}", self.parameter(1));
        let rows = self.rows(&TASK_RUN, &condition, vec![Value::Id(id)]).await?;
        Ok(rows
            .into_iter()
            .next()
            .map(|row| TaskRun::from_row(row).map(|run| run.known_at(now)))
            .transpose()?)
    }
}
