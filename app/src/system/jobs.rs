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
        forget_the_oldest(jobs);
        let (kind, state) = (kind.to_owned(), JobState::Running);
        let job = Job { id, kind, state, done: 0, total: 0, result: None, error: None };
        let (sender, receiver) = watch::channel(job.clone());
        jobs.insert(id, receiver);
        let work = tokio::spawn(work(Progress(sender.clone())));
        tokio::spawn(async move {
            // A panic is an end too, or nobody could start such a job again.
            let ended = work.await.map_err(anyhow::Error::from).flatten();
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

/// Makes room for one more: of those that have ended, the oldest go. One at work is never forgotten.
fn forget_the_oldest(jobs: &mut BTreeMap<Uuid, watch::Receiver<Job>>) {
    let ended = jobs.iter().filter(|(_, job)| job.borrow().state != JobState::Running);
    let too_many = (ended.clone().count() + 1).saturating_sub(JOBS_MAX);
    let oldest: Vec<Uuid> = ended.map(|(id, _)| *id).take(too_many).collect();
    for id in oldest {
        jobs.remove(&id);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::{Ids, RandomIds};
    use serde_json::json;
    use tokio::sync::oneshot;

    use super::{JOBS_MAX, Job, JobState, Jobs};

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn ended(jobs: &Jobs, job: &Job) -> Job {
        jobs.wait(job.id, PATIENCE).await.expect("it is remembered")
    }

    #[tokio::test]
    async fn a_job_at_work_is_remembered_however_many_come_after_it() {
        let (jobs, mut ids) = (Jobs::default(), RandomIds::new());
        let (end, ends) = oneshot::channel::<()>();
        let long = jobs.start("backup", |_| async move {
            ends.await?;
            Ok(json!("kept"))
        });
        let long = long.expect("none is at work");
        let mut last = None;
        for n in 0..JOBS_MAX + 5 {
            let id = ids.next(contracts::Timestamp(n as i64 * 1_000_000));
            let job = jobs.start_as(id, "task", |_| async { Ok(json!(null)) });
            assert_eq!(ended(&jobs, &job).await.state, JobState::Done);
            last = Some(job);
        }
        assert!(jobs.jobs.lock().len() <= JOBS_MAX + 1);
        let twice = jobs.start("backup", |_| async { Ok(json!(null)) });
        assert_eq!(twice.expect_err("it is at work").code, "already_running");
        end.send(()).expect("it waits");
        assert_eq!(ended(&jobs, &long).await.result, Some(json!("kept")));
        assert_eq!(ended(&jobs, &last.expect("the last")).await.state, JobState::Done);
    }

    #[tokio::test]
    async fn a_job_that_panics_has_failed_and_can_be_started_again() {
        let jobs = Jobs::default();
        let broken = jobs.start("rebuild", |_| async { panic!("on purpose") }).expect("none is at work");
        let job = ended(&jobs, &broken).await;
        assert_eq!((job.state, job.error.is_some()), (JobState::Failed, true));
        jobs.start("rebuild", |_| async { Ok(json!(null)) }).expect("none is at work any more");
    }
}
