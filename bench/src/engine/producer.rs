//! The service that publishes.

use contracts::{Envelope, Event, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Aggregates that publish. Their events spread over all partitions.
pub(super) const STREAMS: u32 = 64;

/// What is published: about as much as an order's event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Published {
    /// Which aggregate published it.
    pub stream: u32,
    /// Its place among the measured messages; 0 when it is not measured.
    pub number: u64,
    /// The id of what the consumer is to make.
    pub id: Uuid,
    pub amount: i64,
    pub note: String,
}

impl Event for Published {
    const TYPE: &'static str = "bench.published.v1";
}

/// Publish these, all in one commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Publish {
    pub stream: u32,
    pub events: Vec<Published>,
}

/// An aggregate: how much it has published.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    name: String,
    published: i64,
}

engine::record! {
    Stream => "stream" {
        key name: String,
        field published: i64,
    }
}

pub(super) struct ProducerService;

fn name_of(stream: u32) -> String {
    format!("stream-{stream}")
}

impl Service for ProducerService {
    const NAME: ServiceName = ServiceName::Catalog;
    type Message = Publish;
    type Reply = ();
    type Fact = Published;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Stream>()]
    }

    fn key(&self, message: &Publish) -> Key {
        Key::from(name_of(message.stream))
    }

    fn needs(&self, message: &Publish, needs: &mut Needs<'_>) {
        needs.write::<Stream>(name_of(message.stream));
    }

    fn handle(&self, message: &Publish, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<(), Refusal> {
        let name = name_of(message.stream);
        let published = rows.get::<Stream>(name.clone()).map_or(0, |stream| stream.published);
        rows.put(Stream { name: name.clone(), published: published + message.events.len() as i64 });
        for event in &message.events {
            cx.publish::<Stream>(name.clone(), event.clone());
        }
        Ok(())
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[]
    }

    fn receive(&self, _event: &Envelope) -> Result<Option<Publish>, UnreadableEvent> {
        Ok(None)
    }

    fn publish(&self, fact: Published) -> Publication {
        Publication::of(&fact)
    }

    fn effect_ended(&self, request: NoEffect, _response: NoEffect) -> Publish {
        match request {}
    }
}
