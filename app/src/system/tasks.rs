//! Tasks: what services do once when a scheduler tells them to, and the record of what they did.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode, response::Response};
use contracts::{ServiceName, Timestamp};
use engine::{TaskResult, TaskRun, TaskRunFilter};
use garde::Validate;
use host::{ListAddress, Page, Params, Problem, Segment, Staff, Task};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{JobState, System};

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks))
        .routes(routes!(list_task_runs))
        .routes(routes!(show_task_run))
        .routes(routes!(run_task))
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskView {
    /// The service whose task it is.
    pub service: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub summary: String,
}

/// All tasks.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
struct TasksView {
    items: Vec<TaskView>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// At work.
    Running,
    /// All that it found is done.
    Succeeded,
    /// It ended with an error, or its process has gone.
    Failed,
}

impl From<TaskResult> for RunResult {
    fn from(result: TaskResult) -> Self {
        match result {
            TaskResult::Running => Self::Running,
            TaskResult::Succeeded => Self::Succeeded,
            TaskResult::Failed => Self::Failed,
        }
    }
}

impl From<RunResult> for TaskResult {
    fn from(result: RunResult) -> Self {
        match result {
            RunResult::Running => Self::Running,
            RunResult::Succeeded => Self::Succeeded,
            RunResult::Failed => Self::Failed,
        }
    }
}

/// A run of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskRunView {
    /// Its id.
    pub id: Uuid,
    /// The task.
    pub task: String,
    /// When it began.
    pub started_at: String,
    /// When it ended; of a run that was interrupted, when it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Where it stands.
    #[schema(inline)]
    pub result: RunResult,
    /// What there was to do.
    pub found: i64,
    /// What it has done.
    pub confirmed: i64,
    /// What somebody else had done before it.
    pub skipped: i64,
    /// Why it failed; `interrupted` where its process has gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<TaskRun> for TaskRunView {
    fn from(run: TaskRun) -> Self {
        Self {
            id: run.id,
            task: run.task,
            started_at: run.started.to_rfc3339(),
            ended_at: run.ended.map(Timestamp::to_rfc3339),
            result: run.result.into(),
            found: run.found,
            confirmed: run.confirmed,
            skipped: run.skipped,
            error: run.error,
        }
    }
}

impl System {
    fn tasks(&self) -> impl Iterator<Item = (ServiceName, &Arc<dyn Task>)> {
        self.services().iter().flat_map(|service| service.tasks().iter().map(|task| (service.name(), task)))
    }

    /// The time by which runs are judged: in a shop that is not at work, none can be.
    fn time_of_runs(&self) -> Timestamp {
        match self.services().is_empty() {
            true => Timestamp(i64::MAX),
            false => self.0.ctx.clock.now(),
        }
    }
}

/// What services do once when they are told to.
#[utoipa::path(get, path = "/admin/system/tasks", tag = "system",
    responses((status = 200, body = TasksView), ))]
async fn list_tasks(State(system): State<System>, _: Staff) -> Result<Json<TasksView>, Problem> {
    let view = |(service, task): (ServiceName, &Arc<dyn Task>)| TaskView {
        service: service.to_string(),
        name: task.name().to_owned(),
        summary: task.summary().to_owned(),
    };
    Ok(Json(TasksView { items: system.tasks().map(view).collect() }))
}

/// Which runs.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunsQuery {
    /// Of this task.
    #[garde(length(bytes, max = 100))]
    task: Option<String>,
    /// That stand so.
    #[garde(skip)]
    #[param(inline)]
    result: Option<RunResult>,
    /// How many, 1 to 100.
    #[serde(default = "host::default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[garde(skip)]
    cursor: Option<Uuid>,
}

/// Runs of tasks, latest first.
#[utoipa::path(get, path = "/admin/system/task-runs", tag = "system",
    params(RunsQuery),
    responses((status = 200, body = Page<TaskRunView>), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn list_task_runs(
    State(system): State<System>,
    _: Staff,
    address: ListAddress,
    Params(query): Params<RunsQuery>,
) -> Result<Response, Problem> {
    let filter = TaskRunFilter {
        task: query.task.clone(),
        result: query.result.map(TaskResult::from),
        before: query.cursor,
    };
    let mut runs = Vec::new();
    for reads in system.reads().values() {
        // One more than the page tells whether there is another.
        runs.extend(reads.task_runs(&filter, query.limit + 1, system.time_of_runs()).await?);
    }
    runs.sort_unstable_by_key(|run| std::cmp::Reverse(run.id));
    let page = Page::cut(runs, query.limit, |last| last.id.to_string(), TaskRunView::from);
    Ok(address.page(page, query.limit))
}

/// How to look at a run.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunQuery {
    /// Wait up to so many milliseconds for its end, 0 to 20000.
    #[serde(default)]
    #[garde(range(max = 20_000))]
    wait_ms: u64,
}

/// A run of a task.
#[utoipa::path(get, path = "/admin/system/task-runs/{id}", tag = "system",
    params(("id" = Uuid, Path, description = "The run."), RunQuery),
    responses((status = 200, body = TaskRunView), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn show_task_run(
    State(system): State<System>,
    _: Staff,
    Segment(id): Segment<Uuid>,
    Params(query): Params<RunQuery>,
) -> Result<Json<TaskRunView>, Problem> {
    let job = system.0.jobs.wait(id, Duration::from_millis(query.wait_ms)).await;
    for reads in system.reads().values() {
        let Some(run) = reads.task_run(id, system.time_of_runs()).await? else { continue };
        let mut view = TaskRunView::from(run);
        // A run whose end could not be noted is over all the same.
        if let Some(job) =
            job.filter(|job| job.state == JobState::Failed && view.result == RunResult::Running)
        {
            (view.result, view.error) = (RunResult::Failed, job.error);
        }
        return Ok(Json(view));
    }
    Err(Problem::not_found("task run"))
}

/// Starts a run of a task. `GET /admin/system/task-runs/{id}` says how it goes on.
#[utoipa::path(post, path = "/admin/system/tasks/{name}/runs", tag = "system",
    params(("name" = String, Path, description = "The task.")),
    responses((status = 202, body = TaskRunView), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`grace_period_managed_otherwise`."), (status = 503, body = Problem)))]
async fn run_task(
    State(system): State<System>,
    Staff(actor): Staff,
    Segment(name): Segment<String>,
) -> Result<(StatusCode, Json<TaskRunView>), Problem> {
    let found = system.tasks().find(|(_, task)| task.name() == name);
    let (service, task) = found.ok_or_else(|| Problem::not_found("task"))?;
    let task = task.clone();
    let service = system.service(service)?.clone();
    let run = task.begin().await?;
    let view = TaskRunView::from(run.clone());
    let kind = format!("task {name}");
    system.0.jobs.start_as(run.id, &kind.clone(), move |_| async move {
        service.record_action(actor, kind).await?;
        let run = task.run(run).await?;
        Ok(serde_json::to_value(TaskRunView::from(run))?)
    });
    Ok((StatusCode::ACCEPTED, Json(view)))
}
