#![doc = include_str!("../README.md")]

mod api;
mod domain;
mod events;
mod store;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, EngineError, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};
use serde::{Deserialize, Serialize};

pub use domain::{Change, Fact, Message, Remark};

/// The service's settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

/// The service's rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdentityService;

impl Service for IdentityService {
    const NAME: ServiceName = ServiceName::Identity;

    type Message = Message;
    type Reply = Remark;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Remark>()]
    }

    fn key(&self, message: &Message) -> Key {
        Key::from(message.product_id)
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        needs.write::<Remark>(message.product_id);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, _: &mut Cx<'_, Self>) -> Result<Remark, Refusal> {
        domain::handle(message, rows)
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::SUBSCRIPTIONS
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        events::receive(event)
    }

    fn publish(&self, fact: Fact) -> Publication {
        match fact {}
    }

    fn effect_ended(&self, request: NoEffect, _: NoEffect) -> Message {
        match request {}
    }
}

/// Mounts the service.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(ctx: &host::Context, _config: &Config) -> Result<host::Mounted, EngineError> {
    let opened = ctx.open(IdentityService, None).await?;
    let routes = api::routes(api::Api { engine: opened.engine() });
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}
