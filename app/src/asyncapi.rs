//! The event contract as AsyncAPI, made from the events and from what the services listen to.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use contracts::{
    ServiceName,
    events::catalogue::{self, EventType},
};
use host::Running;
use serde_json::{Map, Value, json};

/// The whole document, as pretty JSON.
///
/// # Errors
/// A service cannot be asked what it listens to.
pub fn document(services: &[Arc<dyn Running>]) -> anyhow::Result<String> {
    let events = catalogue::all();
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Isotope",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the services tell one another. Each event is a CloudEvents 1.0 envelope; its data is the message's payload. \
                Events of one subject come in order; each comes at least once, under an id that never changes.",
            "license": { "name": "MIT" },
        },
        "defaultContentType": "application/json",
        "channels": channels(&events),
        "operations": operations(&events, services),
        "components": { "messages": messages(&events), "schemas": { "Envelope": envelope() } },
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// A channel per producing service.
fn channels(events: &[EventType]) -> Value {
    let mut channels = Map::new();
    for source in ServiceName::ALL {
        let own = events.iter().filter(|event| event.source == source);
        let messages: Map<String, Value> = own
            .map(|event| {
                (event.kind.to_owned(), json!({ "$ref": format!("#/components/messages/{}", event.kind) }))
            })
            .collect();
        let description =
            format!("All that the {source} service publishes, in 8 partitions by the hash of the subject.");
        let channel = json!({ "address": source.as_str(), "description": description, "messages": messages });
        channels.insert(source.as_str().to_owned(), channel);
    }
    Value::Object(channels)
}

/// What each service sends and receives.
fn operations(events: &[EventType], services: &[Arc<dyn Running>]) -> Value {
    let message = |event: &&EventType| json!({ "$ref": format!("#/channels/{}/messages/{}", event.source, event.kind) });
    let mut operations = Map::new();
    for service in services {
        let name = service.name();
        let sent = events.iter().filter(|event| event.source == name && !event.comes_from_outside());
        let sent: Vec<Value> = sent.map(|event| message(&event)).collect();
        let channel = json!({ "$ref": format!("#/channels/{name}") });
        operations.insert(
            format!("{name}.publishes"),
            json!({ "action": "send", "channel": channel, "messages": sent }),
        );
        for source in ServiceName::ALL {
            let heard: Vec<Value> = events
                .iter()
                .filter(|event| event.source == source && listens(service, event))
                .map(|event| message(&event))
                .collect();
            if heard.is_empty() {
                continue;
            }
            let channel = json!({ "$ref": format!("#/channels/{source}") });
            operations.insert(
                format!("{name}.listensTo.{source}"),
                json!({ "action": "receive", "channel": channel, "messages": heard }),
            );
        }
    }
    Value::Object(operations)
}

fn listens(service: &Arc<dyn Running>, event: &EventType) -> bool {
    if event.comes_from_outside() {
        return event.source == service.name();
    }
    let hears = |types: &[&str]| types.is_empty() || types.contains(&event.kind);
    service
        .subscriptions()
        .iter()
        .any(|subscription| subscription.source == event.source && hears(subscription.types))
}

fn messages(events: &[EventType]) -> Value {
    let message = |event: &EventType| {
        let example: Value = serde_json::from_str(event.fixture).unwrap_or_default();
        let mut message = json!({
            "name": event.kind,
            "summary": event.summary(),
            "headers": { "$ref": "#/components/schemas/Envelope" },
            "payload": { "schemaFormat": "application/schema+json;version=draft-2020-12", "schema": event.json_schema() },
            "examples": [{ "payload": example }],
        });
        if !event.aliases.is_empty() {
            message["x-aliases"] = json!(event.aliases);
        }
        (event.kind.to_owned(), message)
    };
    Value::Object(events.iter().map(message).collect())
}

/// The attributes of CloudEvents 1.0 and of its extensions that every event has.
fn envelope() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let id = |description: &str| json!({ "type": "string", "format": "uuid", "description": description });
    json!({
        "type": "object",
        "required": ["id", "source", "type", "time", "subject", "sequence", "correlationid", "causationid"],
        "properties": {
            "id": id("UUIDv7; the same wherever and however often the event is delivered."),
            "source": text("The service in which it happened."),
            "type": text("Name and version."),
            "time": json!({ "type": "integer", "description": "When it was decided, in microseconds since 1970, UTC." }),
            "subject": text("What it happened to. Events of one subject stay in order."),
            "sequence": json!({ "type": "integer", "minimum": 1, "description": "Counts without gaps, per source and subject." }),
            "correlationid": id("What it belongs to as a whole: the order, on an order's way."),
            "causationid": id("The event, command or timer that led to it."),
        },
    })
}

/// The events as a table for people, in Markdown: by what name, from whom, to whom.
pub fn table(services: &[Arc<dyn Running>]) -> String {
    let mut text = String::from(
        "# Events\n\nEvery event, by the service that publishes it. Generated with the schemas beside it: `isotope contract --to contract`.\n",
    );
    let mut by_source = BTreeMap::<ServiceName, Vec<EventType>>::new();
    for event in catalogue::all() {
        by_source.entry(event.source).or_default().push(event);
    }
    for (source, events) in by_source {
        let _ = write!(
            text,
            "\n## {source}\n\n| type | what happened | heard by | also known as |\n|---|---|---|---|\n"
        );
        for event in events {
            let heard_by: Vec<&str> = services
                .iter()
                .filter(|service| listens(service, &event))
                .map(|service| service.name().as_str())
                .collect();
            let aliases: Vec<String> = event.aliases.iter().map(|alias| format!("`{alias}`")).collect();
            let summary = event.summary().replace(char::is_whitespace, " ");
            let kind = event.kind;
            let (heard_by, aliases) = (heard_by.join(", "), aliases.join(", "));
            let _ = writeln!(text, "| [`{kind}`]({kind}.json) | {summary} | {heard_by} | {aliases} |");
        }
    }
    text
}
