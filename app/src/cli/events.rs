//! `isotope events`.

mod tail;

use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use uuid::Uuid;

use super::{
    api::{self, Api, Need},
    output,
    place::Place,
    projections,
};
use crate::system::{EventDetail, EventPage, EventView};

/// A page is never longer.
const PAGE_MAX: usize = 500;

/// What to do with events.
#[derive(Subcommand)]
pub enum Events {
    /// List events, newest first.
    List(List),
    /// Show an event, what led to it, and what came of it.
    Show(Show),
    /// Follow events as they commit. Needs a running server.
    Tail(tail::Tail),
    /// Make a read model anew from the first event, or hand one event to a service again.
    #[command(long_about = REPLAY_HELP)]
    Replay(Replay),
}

const REPLAY_HELP: &str = "\
Make a read model anew from the first event, or hand one event to a service again.

With --projection SERVICE/NAME the read model is made anew from event 1, beside the old one, which it then replaces; reads go on meanwhile.

With --service NAME --event ID the event's message is handed to the service once more, after what waits of the same subject. For a message that \
was lost to an error in the service's rules. A service recognises events that were delivered before and ignores them, so that replaying a whole \
log to it would change nothing; this one delivery goes past that check. The rules decide themselves what to do with what they may have seen, so \
it needs --yes.";

/// Which events.
#[derive(Args)]
pub struct Wanted {
    /// The services, such as ordering,payment [default: all].
    #[arg(long, value_name = "LIST")]
    source: Option<String>,
    /// The type, such as order.paid.v1.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// What they happened to: a product's, a cart's, an order's id.
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// What they belong to: an order's id.
    #[arg(long, value_name = "ID")]
    correlation: Option<Uuid>,
    /// Go on after this place: a cursor that the server has named.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Wanted {
    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("source", self.source.clone()),
            ("type", self.kind.clone()),
            ("subject", self.subject.clone()),
            ("correlation", self.correlation.map(|id| id.to_string())),
        ]
    }
}

/// `events list`.
#[derive(Args)]
#[command(after_help = "Example: isotope events list --type order.paid.v1 --limit 5\n\
    Events are found without an index: with a filter, the logs are looked through until there are enough.")]
pub struct List {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    wanted: Wanted,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Which come first.
    #[arg(long, value_enum, default_value_t = Order::Newest)]
    order: Order,
    /// Print one JSON object per event.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Order {
    Newest,
    Oldest,
}

/// `events show`.
#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    place: Place,
    /// The event.
    id: Uuid,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// `events replay`.
#[derive(Args)]
pub struct Replay {
    #[command(flatten)]
    place: Place,
    /// A read model to make anew, such as ordering/timeline.
    #[arg(long, value_name = "SERVICE/NAME", conflicts_with_all = ["service", "event"])]
    projection: Option<String>,
    /// The service that is to handle the event again.
    #[arg(long, value_name = "NAME", requires = "event")]
    service: Option<String>,
    /// The event.
    #[arg(long, value_name = "ID", requires = "service")]
    event: Option<Uuid>,
    /// Do it.
    #[arg(long)]
    yes: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run().await?,
            Self::Show(show) => show.run().await?,
            Self::Tail(tail) => tail.run().await?,
            Self::Replay(replay) => replay.run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An event as a row for people.
fn row(event: &EventView) -> Vec<String> {
    vec![
        event.time.clone(),
        event.source.clone(),
        event.kind.clone(),
        event.subject.clone(),
        event.sequence.to_string(),
        event.id.to_string(),
    ]
}

const HEAD: [&str; 6] = ["TIME", "SOURCE", "TYPE", "SUBJECT", "SEQUENCE", "ID"];

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Reading).await?;
        let order = match self.order {
            Order::Newest => "newest",
            Order::Oldest => "oldest",
        };
        let (mut after, mut rows, mut left) = (self.wanted.after.clone(), Vec::new(), self.limit);
        while left > 0 {
            let mut parameters = self.wanted.parameters();
            parameters.push(("order", Some(order.to_owned())));
            parameters.push(("limit", Some(left.min(PAGE_MAX).to_string())));
            parameters.push(("after", after.take()));
            let page: EventPage = api.get(&api::path("system/events", &parameters)).await?;
            left -= page.items.len().min(left);
            for event in &page.items {
                match self.json {
                    true => output::json(event)?,
                    false => rows.push(row(event)),
                }
            }
            match page.next_cursor {
                Some(cursor) => after = Some(cursor),
                None => break,
            }
        }
        if !self.json {
            output::table(&HEAD, rows)?;
        }
        api.close().await;
        Ok(())
    }
}

impl Show {
    async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Reading).await?;
        let detail: EventDetail = api.get(&format!("system/events/{}", self.id)).await?;
        api.close().await;
        if self.json {
            return output::json(&detail);
        }
        let EventDetail { event, causes, origin, effects, effects_complete } = detail;
        output::line(&format!("{} {}", event.kind, event.id))?;
        output::line(&format!("  of {} {}, its event {}", event.source, event.subject, event.sequence))?;
        output::line(&format!("  at {}, place {}/{}", event.time, event.partition, event.position))?;
        output::line(&format!("  belongs to {}", event.correlation_id))?;
        output::line(&serde_json::to_string_pretty(&event.data)?)?;
        output::line("\nCaused by:")?;
        output::table(&HEAD, causes.iter().map(row).collect())?;
        if let Some(origin) = origin {
            output::line(&format!("and first by {origin}: a command or an answer, which is in no log"))?;
        }
        output::line("\nLed to:")?;
        output::table(&HEAD, effects.iter().map(row).collect())?;
        if !effects_complete {
            output::line("There may be more: what came long after was not looked for.")?;
        }
        Ok(())
    }
}

impl Replay {
    async fn run(self) -> anyhow::Result<()> {
        if let Some(projection) = self.projection {
            return projections::rebuild(&self.place, &projection, true, self.json).await;
        }
        let (Some(service), Some(event)) = (self.service, self.event) else {
            bail!("say what to replay: --projection SERVICE/NAME, or --service NAME --event ID; see --help");
        };
        ensure!(
            self.yes,
            "the {service} service will handle event {event} again, past its check for duplicates; say --yes to do it"
        );
        let api = Api::open(&self.place, Need::Writing).await?;
        let answer: anyhow::Result<serde_json::Value> =
            api.post("system/events/replay", json!({ "service": service, "event": event })).await;
        api.close().await;
        let answer = answer?;
        match self.json {
            true => output::json(&answer),
            false => output::line(&format!(
                "the {service} service has the event again; if it fails, it will be a dead letter"
            )),
        }
    }
}
