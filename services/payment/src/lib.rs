#![doc = include_str!("../README.md")]

mod api;
mod domain;
mod effects;
mod events;
mod mock;
mod store;

use std::sync::{Arc, OnceLock};

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{
    Cx, Engine, EngineError, Key, Needs, Publication, Rows, Service, StoreError, Subscription, Table,
};
use serde::{Deserialize, Serialize};

pub use domain::{Fact, Message, Payment, Request, Response, Status};
pub use effects::{Gateway, GatewayCalls};
pub use mock::{Callback, MockGateway};

/// The service's settings.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}

/// The service's rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct Payments;

impl Service for Payments {
    const NAME: ServiceName = ServiceName::Payment;

    type Message = Message;
    type Reply = ();
    type Fact = Fact;
    type Request = Request;
    type Response = Response;

    fn tables(&self) -> Vec<&'static Table> {
        vec![engine::table_of::<Payment>()]
    }

    fn key(&self, message: &Message) -> Key {
        domain::key(message)
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        domain::needs(message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<(), Refusal> {
        domain::handle(message, rows, cx)
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::SUBSCRIPTIONS
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        events::receive(event)
    }

    fn publish(&self, fact: Fact) -> Publication {
        events::publish(fact)
    }

    fn effect_ended(&self, request: Request, response: Response) -> Message {
        domain::effect_ended(request, response)
    }
}

/// Mounts the service with the mock gateway, whose ledger is `mock-gateway.ledger` in the data directory.
///
/// # Errors
/// Its database or the gateway's ledger cannot be opened.
pub async fn mount(ctx: &host::Context, _config: &Config) -> Result<host::Mounted, EngineError> {
    let callbacks: Arc<OnceLock<Engine<Payments>>> = Arc::default();
    let gateway = MockGateway::open(&ctx.data.join("mock-gateway.ledger"), to_engine(callbacks.clone()));
    let gateway = gateway.map_err(|error| EngineError::Store {
        service: ServiceName::Payment,
        source: StoreError::Unavailable(error.to_string()),
    })?;
    let opened = ctx.open(Payments, Some(Arc::new(GatewayCalls(Arc::new(gateway))))).await?;
    let engine = opened.engine();
    let _ = callbacks.set(engine.clone());
    let routes = api::routes(api::Api { engine, tokens: ctx.secrets.order_tokens() });
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}

/// The gateway's callbacks as commands. One that is lost does no harm: the call's own answer says the same.
fn to_engine(engine: Arc<OnceLock<Engine<Payments>>>) -> Callback {
    Box::new(move |order_id, reference| {
        let Some(engine) = engine.get().cloned() else { return };
        tokio::spawn(async move {
            if let Err(error) = engine.command(None, Message::Captured { order_id, reference }).await {
                tracing::warn!(%order_id, %error, "a gateway's callback was not handled");
            }
        });
    })
}
