//! Work that takes longer than a request may: started by one request, watched by others.

use std::{collections::BTreeMap, future::Future, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use contracts::Timestamp;
use engine::{Clock, Ids, RandomIds, SystemClock};
use garde::Validate;
use host::{Params, Problem, Segment, Staff};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::System;

/// How many jobs are remembered after their end.
const JOBS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(show_job))
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// At work.
    Running,
    /// Ended well.
    Done,
    /// Ended with an error.
    Failed,
}

/// Work in the background.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// What is done: `backup`, `rebuild ordering/timeline`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// How much is done.
    pub done: u64,
    /// Of how much; 0 where that is not known.
    pub total: u64,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A job's own end: it says how far it is.
#[derive(Clone)]
pub(super) struct Progress(watch::Sender<Job>);

impl Progress {
    pub fn at(&self, done: u64, total: u64) {
        self.0.send_modify(|job| (job.done, job.total) = (done, total));
    }
}

/// The jobs of this process.
#[derive(Default)]
pub(super) struct Jobs {
    jobs: Mutex<BTreeMap<Uuid, watch::Receiver<Job>>>,
}

impl Jobs {
    /// Starts a job, unless one of the same kind is at work.
    pub fn start<F>(&self, kind: &str, work: impl FnOnce(Progress) -> F) -> Result<Job, Problem>
    where
        F: Future<Output = anyhow::Result<serde_json::Value>> + Send + 'static,
    {
        let mut jobs = self.jobs.lock();
        let busy = jobs.values().any(|job| {
            let job = job.borrow();
            job.kind == kind && job.state == JobState::Running
        });
        if busy {
            let detail = format!("{kind} is at work already.");
            return Err(Problem::new(StatusCode::CONFLICT, "already_running", detail));
        }
        // Jobs are the machine's, whatever time the shop believes it is.
        let now: Timestamp = SystemClock.now();
        Ok(Self::spawn(&mut jobs, RandomIds::new().next(now), kind, work))
    }

    /// Starts a job that has an id already, whatever others are at work.
    pub fn start_as<F>(&self, id: Uuid, kind: &str, work: impl FnOnce(Progress) -> F) -> Job
    where
        F: Future<Output = anyhow::Result<serde_json::Value>> + Send + 'static,
    {
        Self::spawn(&mut self.jobs.lock(), id, kind, work)
    }

    fn spawn<F>(
        jobs: &mut BTreeMap<Uuid, watch::Receiver<Job>>,
        id: Uuid,
        kind: &str,
        work: impl FnOnce(Progress) -> F,
    ) -> Job
    where
        F: Future<Output = anyhow::Result<serde_json::Value>> + Send + 'static,
    {
        while jobs.len() >= JOBS_MAX {
            jobs.pop_first();
        }
        let (kind, state) = (kind.to_owned(), JobState::Running);
        let job = Job { id, kind, state, done: 0, total: 0, result: None, error: None };
        let (sender, receiver) = watch::channel(job.clone());
        jobs.insert(id, receiver);
        let work = work(Progress(sender.clone()));
        tokio::spawn(async move {
            let ended = work.await;
            sender.send_modify(|job| match ended {
                Ok(result) => (job.state, job.result) = (JobState::Done, Some(result)),
                Err(error) => {
                    tracing::error!(kind = job.kind, error = format!("{error:#}"), "a job has failed");
                    (job.state, job.error) = (JobState::Failed, Some(format!("{error:#}")));
                }
            });
        });
        job
    }

    /// Waits up to so long for a job's end; where it stands then. None where it is not of this process, or has been forgotten.
    pub async fn wait(&self, id: Uuid, patience: Duration) -> Option<Job> {
        let mut job = self.watch(id)?;
        let ended = job.wait_for(|job| job.state != JobState::Running);
        let _ = tokio::time::timeout(patience, ended).await;
        let job = job.borrow().clone();
        Some(job)
    }

    fn watch(&self, id: Uuid) -> Option<watch::Receiver<Job>> {
        self.jobs.lock().get(&id).cloned()
    }
}

/// How to look at a job.
#[derive(Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobQuery {
    /// Wait up to so many milliseconds for its end, 0 to 20000.
    #[serde(default)]
    #[garde(range(max = 20_000))]
    wait_ms: u64,
}

/// Where a job stands. Jobs are forgotten with the process.
#[utoipa::path(get, path = "/admin/system/jobs/{id}", tag = "system",
    params(("id" = Uuid, Path, description = "The job."), JobQuery),
    responses((status = 200, body = Job), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn show_job(
    State(system): State<System>,
    _: Staff,
    Segment(id): Segment<Uuid>,
    Params(query): Params<JobQuery>,
) -> Result<Json<Job>, Problem> {
    let job = system.0.jobs.wait(id, Duration::from_millis(query.wait_ms)).await;
    let job = job.ok_or_else(|| Problem::not_found("job"))?;
    Ok(Json(job))
}
