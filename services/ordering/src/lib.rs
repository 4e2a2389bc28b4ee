#![doc = include_str!("../README.md")]

mod api;
mod domain;
mod events;
mod grace_period;
mod live;
mod store;
mod timeline;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use contracts::{
    CustomerId, Envelope, OrderId, Refusal, ServiceName, UnreadableEvent,
    questions::{OrderArrival, OrderOwners, QuestionError},
};
use engine::{
    Cx, Engine, EngineError, Key, Needs, NoEffect, Projection, Publication, Rows, Service, StoreAddress,
    Subscription, Table,
};
use serde::{Deserialize, Serialize};

pub use domain::{
    CustomerHeard, Fact, GRACE_PERIOD_TIMER, GracePeriod, GracePeriodManager, Line, Message, Order, Purchase,
    Reason, Status, Submission, VerifiedEmail,
};
pub use grace_period::TASK as GRACE_PERIOD_TASK;

/// The service's settings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long an order can be cancelled freely before its stock is asked for, in milliseconds. With 0 it is asked for at once.
    pub grace_period_ms: u64,
    /// Who ends it.
    pub grace_period_manager: GracePeriodManager,
    /// How many customers may follow their orders at once.
    pub streams_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { grace_period_ms: 2_000, grace_period_manager: GracePeriodManager::Timer, streams_max: 1_000 }
    }
}

/// The service's rules.
#[derive(Clone, Debug)]
pub struct Ordering {
    pub(crate) grace_period: Duration,
    pub(crate) manager: GracePeriodManager,
}

impl Ordering {
    /// Rules with these settings.
    pub fn new(config: &Config) -> Self {
        let grace_period = Duration::from_millis(config.grace_period_ms);
        Self { grace_period, manager: config.grace_period_manager }
    }
}

impl Service for Ordering {
    const NAME: ServiceName = ServiceName::Ordering;

    type Message = Message;
    type Reply = Status;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        vec![
            engine::table_of::<Order>(),
            engine::table_of::<Purchase>(),
            engine::table_of::<VerifiedEmail>(),
            engine::table_of::<CustomerHeard>(),
            engine::table_of::<GracePeriod>(),
            &store::TIMELINE,
        ]
    }

    fn key(&self, message: &Message) -> Key {
        domain::key(message)
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        domain::needs(self, message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Status, Refusal> {
        domain::handle(self, message, rows, cx)
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

    fn effect_ended(&self, request: NoEffect, _: NoEffect) -> Message {
        match request {}
    }

    fn projections(&self) -> Vec<Box<dyn Projection>> {
        vec![Box::new(timeline::Timeline)]
    }
}

/// Mounts the service.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let opened = ctx.open(Ordering::new(config), None).await?;
    let engine = opened.engine();
    let _ = ctx.questions.order_arrival.set(Arc::new(Arrival(engine.clone())));
    let _ = ctx.questions.order_owners.set(Arc::new(Owners(engine.clone())));
    let tasks = grace_period::manage(&engine, &ctx.clock);
    let shared = matches!(engine.store(), StoreAddress::Postgres(_));
    let watchers = live::Watchers::start(&ctx.transport, shared)
        .map_err(|source| EngineError::Transport { service: ServiceName::Ordering, source })?;
    let streams = host::Streams::new(config.streams_max);
    let routes = api::routes(api::Api {
        engine,
        gate: ctx.order_gate(),
        streams: streams.clone(),
        bounds: api::StreamBounds::default(),
        watchers,
    });
    Ok(host::Mounted { routes, service: host::hosted_with_tasks(opened, tasks, streams) })
}

/// How long an order that is on its way gets before the table is looked at: an order that came in an earlier process stands only there.
const BEFORE_READING: Duration = Duration::from_millis(100);

/// Answers whether an order has come.
pub(crate) struct Arrival(pub(crate) Engine<Ordering>);

impl Arrival {
    async fn has(&self, order: OrderId) -> bool {
        matches!(self.0.reads().get::<Order>(order).await, Ok(Some(_)))
    }
}

#[async_trait]
impl OrderArrival for Arrival {
    async fn wait_for_order(&self, order: OrderId, patience: Duration) -> bool {
        let id = order.to_string();
        let first = patience.min(BEFORE_READING);
        if self.0.wait_for_arrival(&id, first).await || self.has(order).await {
            return true;
        }
        self.0.wait_for_arrival(&id, patience - first).await || self.has(order).await
    }
}

/// Answers whose an order is.
struct Owners(Engine<Ordering>);

#[async_trait]
impl OrderOwners for Owners {
    async fn owner_of(&self, order: OrderId) -> Result<Option<CustomerId>, QuestionError> {
        match self.0.reads().get::<Order>(order).await {
            Ok(found) => Ok(found.and_then(|order| order.customer_id)),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an order's customer cannot be read"
                );
                Err(QuestionError::Unavailable(ServiceName::Ordering))
            }
        }
    }
}
