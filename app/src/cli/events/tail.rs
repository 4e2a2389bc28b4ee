//! `isotope events tail`.

use anyhow::{Context as _, bail};
use axum::http::Method;
use clap::Args;
use http_body_util::BodyExt;

use super::Wanted;
use crate::{
    cli::{
        api::{self, Api, Need},
        output,
        place::Place,
    },
    system::EventView,
};

/// `events tail`.
#[derive(Args)]
#[command(after_help = "Example: isotope events tail --type order.paid.v1 --json | head -1")]
pub struct Tail {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    wanted: Wanted,
    /// End after so many events.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print one JSON object per event.
    #[arg(long)]
    json: bool,
}

/// One message of a stream of server-sent events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    event: String,
    data: String,
}

impl Tail {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let api = Api::open(&self.place, Need::Live).await?;
        let mut parameters = self.wanted.parameters();
        parameters.push(("after", self.wanted.after.clone()));
        let path = api::path("system/events/tail", &parameters);
        let mut body = api.send(Method::GET, &path, &[], None).await?.into_body();
        let (mut lines, mut message, mut shown) = (Vec::new(), Message::default(), 0);
        while self.count.is_none_or(|count| shown < count) {
            let Some(frame) = body.frame().await else { bail!("the server has ended the stream") };
            let Ok(data) = frame.context("the server is gone")?.into_data() else { continue };
            lines.extend_from_slice(&data);
            while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = lines.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                let Some(whole) = take_line(&mut message, line.trim_end()) else { continue };
                match whole.event.as_str() {
                    "event" if self.count.is_none_or(|count| shown < count) => {
                        self.show(&whole.data)?;
                        shown += 1;
                    }
                    "event" => {}
                    "stopped" => return Ok(()),
                    _ => bail!("the server has ended the stream: {}", whole.data),
                }
            }
        }
        Ok(())
    }

    fn show(&self, data: &str) -> anyhow::Result<()> {
        if self.json {
            return output::line(data);
        }
        let event: EventView = serde_json::from_str(data)?;
        output::line(&format!("{} {:<10} {:<32} {}", event.time, event.source, event.kind, event.subject))
    }
}

/// Takes a line into the message under way; the message, once it is whole.
fn take_line(message: &mut Message, line: &str) -> Option<Message> {
    if line.is_empty() {
        let whole = std::mem::take(message);
        return (!whole.event.is_empty()).then_some(whole);
    }
    let (field, value) = line.split_once(':')?;
    let value = value.strip_prefix(' ').unwrap_or(value);
    match field {
        "event" => message.event = value.to_owned(),
        "data" => message.data.push_str(value),
        // The place is in the event itself, and a comment only keeps the connection.
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Message, take_line};

    #[test]
    fn a_message_ends_with_an_empty_line_and_comments_are_none() {
        let mut message = Message::default();
        let lines = [":", "", "id: 1.2", "event: event", "data: {}", ""];
        let whole: Vec<Message> = lines.iter().filter_map(|line| take_line(&mut message, line)).collect();
        assert_eq!(whole, [Message { event: "event".into(), data: "{}".into() }]);
    }
}
