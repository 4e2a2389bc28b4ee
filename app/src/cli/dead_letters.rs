//! `isotope dead-letters`.

use std::{io::Read, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand, ValueEnum};
use host::Page;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    api::{self, Api, Need},
    output,
    place::Place,
};
use crate::system::{DeadLetter, DeadLetterGroup};

/// What to do with dead letters.
#[derive(Subcommand)]
pub enum DeadLetters {
    /// List dead letters, or their causes.
    List(List),
    /// Show one, with its body.
    Show(One),
    /// Try one again, perhaps with its body mended, or all of them.
    Replay(Replay),
    /// Give one up for good. What waits behind it has its turn.
    Discard(Discard),
}

/// `dead-letters list`.
#[derive(Args)]
#[command(after_help = "Example: isotope dead-letters list --group error")]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// The services, such as ordering,payment [default: all].
    #[arg(long, value_name = "LIST")]
    service: Option<String>,
    /// Which messages that wait.
    #[arg(long, value_enum, default_value_t = State::Dead)]
    state: State,
    /// One line per cause of dead letters.
    #[arg(long, value_enum, value_name = "BY")]
    group: Option<Group>,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print one JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    Dead,
    Retry,
    Blocked,
    All,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Retry => "retry",
            Self::Blocked => "blocked",
            Self::All => "all",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Group {
    Error,
}

/// One of them.
#[derive(Args)]
pub struct One {
    #[command(flatten)]
    place: Place,
    /// The dead letter.
    id: Uuid,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `dead-letters replay`.
#[derive(Args)]
#[command(
    after_help = "Example: isotope dead-letters show ID --json | jq .body > body.json, mend it, isotope dead-letters replay ID --body body.json"
)]
pub struct Replay {
    #[command(flatten)]
    place: Place,
    /// The dead letter.
    #[arg(required_unless_present = "all")]
    id: Option<Uuid>,
    /// Try all dead letters again.
    #[arg(long, conflicts_with_all = ["id", "body"])]
    all: bool,
    /// A file with another body, as JSON; - reads it from standard input. It must be one that the service can read.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
}

/// `dead-letters discard`.
#[derive(Args)]
pub struct Discard {
    #[command(flatten)]
    place: Place,
    /// The dead letter.
    id: Uuid,
    /// Do it.
    #[arg(long)]
    yes: bool,
}

impl DeadLetters {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await?,
            Self::Show(one) => one.show().await?,
            Self::Replay(replay) => replay.run().await?,
            Self::Discard(discard) => discard.run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The items of all pages, up to a number.
async fn items<T: DeserializeOwned>(
    api: &Api,
    parameters: &[(&'static str, Option<String>)],
    limit: usize,
) -> anyhow::Result<Vec<T>> {
    let (mut items, mut cursor) = (Vec::new(), None);
    while items.len() < limit {
        let mut parameters = parameters.to_vec();
        parameters.push(("cursor", cursor));
        parameters.push(("limit", Some((limit - items.len()).min(100).to_string())));
        let page: Page<T> = api.get(&api::path("system/dead-letters", &parameters)).await?;
        items.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(items)
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Reading).await?;
        let service = ("service", self.service.clone());
        if let Some(Group::Error) = self.group {
            let parameters = [service, ("group", Some("error".to_owned()))];
            let groups: Vec<DeadLetterGroup> = items(&api, &parameters, self.limit).await?;
            if self.json {
                return groups.iter().try_for_each(output::json);
            }
            let rows = groups.into_iter().map(|group| {
                vec![group.count.to_string(), group.service, group.kind, group.last_failure, group.error]
            });
            return output::table(&["COUNT", "SERVICE", "KIND", "LAST FAILURE", "ERROR"], rows.collect());
        }
        let parameters = [service, ("state", Some(self.state.word().to_owned()))];
        let letters: Vec<DeadLetter> = items(&api, &parameters, self.limit).await?;
        if self.json {
            return letters.iter().try_for_each(output::json);
        }
        let rows = letters.into_iter().map(|letter| {
            vec![
                letter.id.to_string(),
                letter.service,
                letter.kind,
                letter.subject,
                letter.state,
                letter.attempts.to_string(),
                letter.last_failure.unwrap_or_default(),
                letter.error.unwrap_or_default(),
            ]
        });
        output::table(
            &["ID", "SERVICE", "KIND", "SUBJECT", "STATE", "ATTEMPTS", "LAST FAILURE", "ERROR"],
            rows.collect(),
        )
    }
}

impl One {
    async fn show(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Reading).await?;
        let letter: DeadLetter = api.get(&format!("system/dead-letters/{}", self.id)).await?;
        match self.json {
            true => output::json(&letter),
            false => output::line(&serde_json::to_string_pretty(&letter)?),
        }
    }
}

impl Replay {
    async fn run(self) -> anyhow::Result<()> {
        let body = self.body.as_deref().map(read_body).transpose()?;
        let api = Api::open(&self.place, Need::Writing).await?;
        let replayed = self.replay(&api, body).await;
        api.close().await;
        output::line(&format!("{} tried again", replayed?))
    }

    async fn replay(&self, api: &Api, body: Option<Value>) -> anyhow::Result<usize> {
        let ids = match self.id {
            Some(id) => vec![id],
            None => {
                let letters: Vec<DeadLetter> = items(api, &[], usize::MAX).await?;
                letters.into_iter().map(|letter| letter.id).collect()
            }
        };
        for id in &ids {
            let request = match &body {
                Some(body) => json!({ "body": body }),
                None => json!({}),
            };
            let _: Value = api.post(&format!("system/dead-letters/{id}/replay"), request).await?;
        }
        Ok(ids.len())
    }
}

fn read_body(path: &std::path::Path) -> anyhow::Result<Value> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(|_| ())?,
        false => {
            text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
        }
    }
    serde_json::from_str(&text).context("the body is not JSON")
}

impl Discard {
    async fn run(self) -> anyhow::Result<()> {
        ensure!(self.yes, "the message will never be handled; say --yes to give it up");
        let api = Api::open(&self.place, Need::Writing).await?;
        let discarded: anyhow::Result<Value> =
            api.post(&format!("system/dead-letters/{}/discard", self.id), json!({})).await;
        api.close().await;
        discarded?;
        output::line("given up")
    }
}
