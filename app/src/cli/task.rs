//! `isotope task`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use host::Page;
use serde_json::json;

use super::{
    api::{self, Api, Need},
    output,
    place::Place,
};
use crate::system::{RunResult, TaskRunView};

/// Work that a scheduler starts.
#[derive(Subcommand)]
pub enum Task {
    /// Confirm every order whose grace period has ended, once. For a shop with `grace_period_manager = "task"`.
    GracePeriod(Run),
    /// List the latest runs.
    Runs(Runs),
}

/// Where to run.
#[derive(Args)]
#[command(after_help = "Example, each minute: * * * * * isotope task grace-period --data /srv/shop\n\n\
    The run's row stays in ordering's database. Exit code 1 when it failed.")]
pub struct Run {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `task runs`.
#[derive(Args)]
pub struct Runs {
    #[command(flatten)]
    place: Place,
    /// How many, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

impl Task {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::GracePeriod(wanted) => run(&wanted, ordering::GRACE_PERIOD_TASK).await,
            Self::Runs(wanted) => runs(&wanted).await,
        }
    }
}

async fn run(wanted: &Run, task: &str) -> anyhow::Result<ExitCode> {
    let api = Api::open(&wanted.place, Need::Writing).await?;
    let ended = async {
        let mut run: TaskRunView = api.post(&format!("system/tasks/{task}/runs"), json!({})).await?;
        while run.result == RunResult::Running {
            run = api.get(&format!("system/task-runs/{}?wait_ms=5000", run.id)).await?;
        }
        anyhow::Ok(run)
    };
    let ended = ended.await;
    api.close().await;
    let run = ended?;
    if wanted.json {
        output::json(&run)?;
    } else {
        let counts = format!("{} found, {} confirmed, {} skipped", run.found, run.confirmed, run.skipped);
        match &run.error {
            None => output::line(&format!("{task}: {counts}"))?,
            Some(error) => output::line(&format!("{task} failed: {error}; {counts}"))?,
        }
    }
    Ok(if run.result == RunResult::Succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn runs(wanted: &Runs) -> anyhow::Result<ExitCode> {
    let api = Api::open(&wanted.place, Need::Reading).await?;
    let path = api::path("system/task-runs", &[("limit", Some(wanted.limit.to_string()))]);
    let page: Page<TaskRunView> = api.get(&path).await?;
    if wanted.json {
        page.items.iter().try_for_each(output::json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |run: TaskRunView| {
        let result = match (run.result, run.error) {
            (RunResult::Running, _) => "running".to_owned(),
            (RunResult::Succeeded, _) => "succeeded".to_owned(),
            (RunResult::Failed, error) => format!("failed: {}", error.unwrap_or_default()),
        };
        let counts = [run.found, run.confirmed, run.skipped].map(|count| count.to_string());
        [run.task, run.started_at].into_iter().chain(counts).chain([result]).collect()
    };
    output::table(
        &["TASK", "STARTED", "FOUND", "CONFIRMED", "SKIPPED", "RESULT"],
        page.items.into_iter().map(row).collect(),
    )?;
    Ok(ExitCode::SUCCESS)
}
