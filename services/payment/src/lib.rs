#![doc = include_str!("../README.md")]

mod api;
mod domain;
mod effects;
mod events;
mod message;
mod mock;
mod store;

use std::sync::{Arc, OnceLock};

use contracts::{Envelope, Money, Refusal, ServiceName, UnreadableEvent};
use engine::{
    Cx, Engine, EngineError, Key, Needs, Publication, RandomIds, Rows, Service, StoreError, Subscription,
    Table,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

pub use domain::{
    Account, AccountKind, Adjusted, Adjustment, Entry, EntryKind, Fact, Payment, Refund, RefundStatus,
    Request, Response, Status, TopUp, TopUpStatus, WALLET, Wallet, wallet_account,
};
pub use effects::{Gateway, GatewayCalls};
pub use message::{Message, Reply};
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
    type Reply = Reply;
    type Fact = Fact;
    type Request = Request;
    type Response = Response;

    fn tables(&self) -> Vec<&'static Table> {
        store::tables()
    }

    fn key(&self, message: &Message) -> Key {
        message::key(message)
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        message::needs(message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        match message {
            Message::Charge { order_id, customer_id, amount, currency, method } => {
                let amount = Money::new(*amount, *currency);
                domain::charge(*order_id, *customer_id, amount, method, rows, cx)?;
            }
            Message::OrderCancelled(order_id) => domain::cancel_order(*order_id, rows, cx)?,
            Message::Captured { order_id, reference } => domain::captured(*order_id, reference, rows, cx)?,
            Message::Declined { order_id, code } => domain::declined(*order_id, code, rows, cx)?,
            Message::Refund { refund_id, order_id, amount, reason } => {
                let refund = domain::refund(*refund_id, *order_id, *amount, reason, rows, cx)?;
                return Ok(Reply::Refund(refund));
            }
            Message::RefundAnswered { refund_id, order_id, paid_back } => {
                domain::refund_answered(*refund_id, *order_id, *paid_back, rows, cx)?;
            }
            Message::TopUp { top_up_id, customer_id, amount, method } => {
                let top_up = domain::top_up(*top_up_id, *customer_id, *amount, method, rows, cx)?;
                return Ok(Reply::TopUp(top_up));
            }
            Message::TopUpCaptured { top_up_id, reference } => {
                domain::top_up_captured(*top_up_id, reference, rows, cx)?;
            }
            Message::TopUpDeclined { top_up_id, code } => {
                domain::top_up_declined(*top_up_id, code, rows, cx)?;
            }
            Message::Adjust(adjustments) => {
                return domain::adjust(adjustments, rows, cx).map(Reply::Adjusted);
            }
        }
        Ok(Reply::Done)
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
        message::effect_ended(request, response)
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
    let ids = Arc::new(Mutex::new(RandomIds::new()));
    let routes = api::routes(api::Api { engine, gate: ctx.order_gate(), clock: ctx.clock.clone(), ids });
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}

/// The gateway's callbacks as commands. One that is lost does no harm: the call's own answer says the same.
fn to_engine(engine: Arc<OnceLock<Engine<Payments>>>) -> Callback {
    Box::new(move |request, response| {
        let Some(engine) = engine.get().cloned() else { return };
        tokio::spawn(async move {
            let message = message::effect_ended(request, response);
            if let Err(error) = engine.command(None, message.clone()).await {
                tracing::warn!(?message, %error, "a gateway's callback was not handled");
            }
        });
    })
}
