//! `isotope projections`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use axum::http::Method;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use super::{
    api::{Api, Need},
    output,
    place::Place,
    progress,
};
use crate::system::{Job, JobState, ProjectionView, ShadowState, ShadowView};

/// What to do with read models.
#[derive(Subcommand)]
pub enum Projections {
    /// List read models, and how far they are.
    List(List),
    /// Make a read model anew from the first event, in a shadow beside the live one, and compare the two.
    Rebuild(Rebuild),
    /// Compare a read model with its shadow at equal cursors. Exit code 2 when they differ.
    Compare(Named),
    /// Put a read model's shadow in its place.
    Swap(Named),
    /// Give a read model's shadow up.
    Drop(Named),
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
#[command(after_help = "Example: isotope projections rebuild ordering/timeline --swap")]
pub struct Rebuild {
    #[command(flatten)]
    named: Named,
    /// Put the shadow in the place of the live one once they have been compared, equal or not.
    #[arg(long)]
    swap: bool,
}

/// A read model.
#[derive(Args)]
pub struct Named {
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

impl Projections {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await?,
            Self::Rebuild(Rebuild { named: Named { place, name, json }, swap }) => {
                rebuild(&place, &name, swap, json).await?;
            }
            Self::Compare(Named { place, name, json }) => return compare(&place, &name, json).await,
            Self::Swap(Named { place, name, json }) => swap(&place, &name, json).await?,
            Self::Drop(Named { place, name, json }) => drop_shadow(&place, &name, json).await?,
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
            let shadow = view.shadow.map_or_else(String::new, |shadow| state(&shadow));
            vec![name, view.position.to_string(), view.lag.to_string(), view.rows.to_string(), shadow]
        };
        output::table(&["NAME", "POSITION", "LAG", "ROWS", "SHADOW"], items.into_iter().map(row).collect())
    }
}

/// A shadow's state in words.
fn state(shadow: &ShadowView) -> String {
    match (shadow.state, shadow.differing_rows) {
        (ShadowState::Building, _) => format!("building, {} events so far", shadow.events),
        (ShadowState::Ready, _) => "ready".to_owned(),
        (ShadowState::Equal, _) => "compared: equal".to_owned(),
        (ShadowState::Differs, rows) => format!("compared: {} rows differ", rows.unwrap_or(0)),
        (ShadowState::Swapped, _) => "swapped".to_owned(),
    }
}

/// Says where a shadow stands, and which rows differ first.
fn tell(name: &str, shadow: &ShadowView, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(shadow);
    }
    let differ = match (shadow.state, shadow.differing_rows) {
        (ShadowState::Swapped, Some(rows)) => format!("; {rows} rows differed"),
        _ => String::new(),
    };
    output::line(&format!(
        "the shadow of {name}, made from {} events, is {}{differ}",
        shadow.events,
        state(shadow)
    ))?;
    shadow.differing_keys.iter().try_for_each(|key| output::line(&format!("  differs: {key}")))
}

async fn open(place: &Place, name: &str) -> anyhow::Result<Api> {
    if name.split('/').count() != 2 {
        bail!("`{name}` is no read model's name; say SERVICE/NAME, such as ordering/timeline");
    }
    Api::open(place, Need::Writing).await
}

/// Starts a job about a read model and waits for the shadow that is its result.
async fn job(
    api: &Api,
    what: &'static str,
    path: &str,
    body: serde_json::Value,
) -> anyhow::Result<ShadowView> {
    let bar = progress::spinner(what);
    let done = async {
        let job: Job = api.post(path, body).await?;
        wait_for(api, job, |_| bar.tick()).await
    };
    let done = done.await;
    bar.finish_and_clear();
    Ok(serde_json::from_value(done?)?)
}

/// Makes a read model anew, and says what came of it.
pub(super) async fn rebuild(place: &Place, name: &str, swap: bool, json: bool) -> anyhow::Result<()> {
    let api = open(place, name).await?;
    let path = format!("system/projections/{name}/rebuild");
    let rebuilt = job(&api, "rebuilding", &path, json!({ "swap": swap })).await;
    api.close().await;
    tell(name, &rebuilt?, json)
}

async fn compare(place: &Place, name: &str, json: bool) -> anyhow::Result<ExitCode> {
    let api = open(place, name).await?;
    let compared = job(&api, "comparing", &format!("system/projections/{name}/compare"), json!({})).await;
    api.close().await;
    let shadow = compared?;
    tell(name, &shadow, json)?;
    Ok(if shadow.state == ShadowState::Equal { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn swap(place: &Place, name: &str, json: bool) -> anyhow::Result<()> {
    let api = open(place, name).await?;
    let swapped = api.post(&format!("system/projections/{name}/swap"), json!({})).await;
    api.close().await;
    tell(name, &swapped?, json)
}

async fn drop_shadow(place: &Place, name: &str, json: bool) -> anyhow::Result<()> {
    let api = open(place, name).await?;
    let dropped = api.send(Method::DELETE, &format!("system/projections/{name}/shadow"), &[], None).await;
    api.close().await;
    dropped?;
    match json {
        true => output::json(&json!({ "dropped": name })),
        false => output::line(&format!("the shadow of {name} is dropped")),
    }
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
