//! `isotope projections`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use super::{
    api::{Api, Need},
    output,
    place::Place,
    progress,
};
use crate::system::{Job, JobState, ProjectionView};

/// What to do with read models.
#[derive(Subcommand)]
pub enum Projections {
    /// List read models, and how far they are.
    List(List),
    /// Make a read model anew from the first event, beside the old one, which it then replaces.
    Rebuild(Rebuild),
}

/// `projections list`.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

/// `projections rebuild`.
#[derive(Args)]
#[command(after_help = "Example: isotope projections rebuild ordering/timeline")]
pub struct Rebuild {
    #[command(flatten)]
    place: Place,
    /// The read model.
    #[arg(value_name = "SERVICE/NAME")]
    name: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Listed {
    items: Vec<ProjectionView>,
}

#[derive(Deserialize)]
struct RebuiltView {
    events: u64,
    differing_rows: u64,
}

impl Projections {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await?,
            Self::Rebuild(wanted) => rebuild(&wanted.place, &wanted.name, wanted.json).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Reading).await?;
        let Listed { items } = api.get("system/projections").await?;
        if self.json {
            return items.iter().try_for_each(output::json);
        }
        let row = |view: ProjectionView| {
            let name = format!("{}/{}", view.service, view.name);
            vec![name, view.position.to_string(), view.lag.to_string(), view.rows.to_string()]
        };
        output::table(&["NAME", "POSITION", "LAG", "ROWS"], items.into_iter().map(row).collect())
    }
}

/// Makes a read model anew, and says what came of it.
pub(super) async fn rebuild(place: &Place, name: &str, json: bool) -> anyhow::Result<()> {
    if name.split('/').count() != 2 {
        bail!("`{name}` is no read model's name; say SERVICE/NAME, such as ordering/timeline");
    }
    let api = Api::open(place, Need::Writing).await?;
    let bar = progress::spinner("rebuilding");
    let rebuilt = async {
        let job: Job = api.post(&format!("system/projections/{name}/rebuild"), json!({})).await?;
        wait_for(&api, job, |_| bar.tick()).await
    };
    let rebuilt = rebuilt.await;
    bar.finish_and_clear();
    api.close().await;
    let result = rebuilt?;
    if json {
        return output::json(&result);
    }
    let RebuiltView { events, differing_rows } = serde_json::from_value(result)?;
    output::line(&format!("{name} is made anew from {events} events; {differing_rows} rows differed"))
}

/// Waits for a job; its result.
pub(super) async fn wait_for(
    api: &Api,
    mut job: Job,
    progressed: impl Fn(&Job),
) -> anyhow::Result<serde_json::Value> {
    loop {
        progressed(&job);
        match job.state {
            JobState::Running => job = api.get(&format!("system/jobs/{}?wait_ms=250", job.id)).await?,
            JobState::Done => return job.result.context("the job has no result"),
            JobState::Failed => bail!("{}", job.error.unwrap_or_else(|| "it failed".to_owned())),
        }
    }
}
