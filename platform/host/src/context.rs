//! What a service gets when it is mounted, and what it gives back.

use std::{
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use async_trait::async_trait;
use axum::{Router, middleware::from_fn_with_state};
use bus::Embedded;
use contracts::{Envelope, ServiceName};
use engine::{
    Actor, Clock, Engine, EngineError, EngineOptions, ManualClock, Opened, Outside, Parked, Paused,
    PostgresAddress, Reads, Redelivered, Replayed, Service, Shadow, Stats, StoreAddress, Subscription,
};
use tokio::sync::Mutex;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    access_tokens::AccessTokens,
    metrics::Counter,
    order_gate::OrderGate,
    principal::{Authentication, authenticate},
    questions::Questions,
    shop::Shop,
    streams::Streams,
    tasks::Task,
    tokens::{Secrets, SecretsError},
};

/// Where the services' databases are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stores {
    /// A SQLite file per service, in this directory.
    Sqlite(PathBuf),
    /// A schema per service, in the database of this URL.
    Postgres(String),
}

impl Stores {
    /// A service's database.
    pub fn of(&self, service: ServiceName) -> StoreAddress {
        match self {
            Self::Sqlite(directory) => StoreAddress::Sqlite(directory.join(format!("{service}.db"))),
            Self::Postgres(url) => {
                StoreAddress::Postgres(PostgresAddress { url: url.clone(), schema: service.to_string() })
            }
        }
    }
}

/// What a service gets when it is mounted.
#[derive(Clone)]
pub struct Context {
    /// The data directory.
    pub data: PathBuf,
    /// Where the databases are.
    pub stores: Stores,
    /// How events travel.
    pub transport: Embedded,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The clock as well, where it is set by hand: a replay puts orders at their own time.
    pub virtual_clock: Option<Arc<ManualClock>>,
    /// What mail and pages say of the shop.
    pub shop: Shop,
    /// What only this installation knows.
    pub secrets: Secrets,
    /// Checks who is logged in.
    pub access: AccessTokens,
    /// Who answers the questions between services.
    pub questions: Arc<Questions>,
}

impl Context {
    /// For a data directory. Its secrets are read, or drawn where there are none yet.
    ///
    /// # Errors
    /// The secrets cannot be read or made.
    pub fn new(
        data: &Path,
        stores: Stores,
        transport: Embedded,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SecretsError> {
        Ok(Self {
            data: data.to_owned(),
            stores,
            transport,
            access: AccessTokens::new(clock.clone()),
            clock,
            virtual_clock: None,
            shop: Shop::default(),
            secrets: Secrets::load(data)?,
            questions: Arc::new(Questions::default()),
        })
    }

    /// What tells who sends a request.
    pub fn authentication(&self) -> Authentication {
        Authentication { tokens: self.access.clone(), admin: self.secrets.admin_token() }
    }

    /// Routes that find out who asks, without the table of who may: a service's routes alone.
    pub fn authenticated(&self, routes: OpenApiRouter) -> Router {
        let (routes, _) = routes.split_for_parts();
        routes.layer(from_fn_with_state(self.authentication(), authenticate))
    }

    /// What opens orders to those who may see them.
    pub fn order_gate(&self) -> OrderGate {
        OrderGate::new(self.secrets.order_tokens(), self.questions.clone())
    }

    /// Opens a service's engine. Its lanes work once the service is started, after all services are mounted.
    ///
    /// # Errors
    /// Its database cannot be opened.
    pub async fn open<S: Service>(
        &self,
        service: S,
        outside: Option<Arc<dyn Outside<S>>>,
    ) -> Result<Opened<S>, EngineError> {
        let options = EngineOptions {
            store: self.stores.of(S::NAME),
            transport: self.transport.clone(),
            clock: self.clock.clone(),
            outside,
        };
        Opened::open(service, options).await
    }
}

/// A service that is mounted: its routes, under `/api/v1`, and the service itself to be started and stopped.
pub struct Mounted {
    /// The routes, with what OpenAPI says of them.
    pub routes: OpenApiRouter,
    /// The service.
    pub service: Arc<dyn Running>,
}

/// A service of any kind, for those who run all of them.
#[async_trait]
pub trait Running: Send + Sync {
    /// Its name.
    fn name(&self) -> ServiceName;

    /// Sets it to work. All services that it listens to must be mounted.
    async fn start(&self) -> Result<(), EngineError>;

    /// Ends its streams, which have no end of their own and would keep the server from stopping.
    fn close_streams(&self) {}

    /// Stops it after what waits for it is done.
    async fn stop(&self);

    /// Its counters.
    fn stats(&self) -> &Stats;

    /// Counters of its own, besides those that every service has.
    fn counters(&self) -> &[Arc<Counter>] {
        &[]
    }

    /// What it does once when it is told to.
    fn tasks(&self) -> &[Arc<dyn Task>] {
        &[]
    }

    /// Its database.
    fn store(&self) -> &StoreAddress;

    /// Whose events its rules and its read models listen to. No types means all of the source.
    fn subscriptions(&self) -> Vec<Subscription>;

    /// What is parked in it.
    async fn parked(&self) -> Result<Vec<Parked>, EngineError>;

    /// Its read side.
    fn reads(&self) -> &Reads;

    /// Tries a dead letter again, perhaps with its data mended.
    async fn replay_dead_letter(
        &self,
        actor: Actor,
        id: uuid::Uuid,
        data: Option<serde_json::Value>,
    ) -> Result<Replayed, EngineError>;

    /// Hands an event to it once more; see [`Engine::redeliver`].
    async fn redeliver(&self, actor: Actor, event: Envelope) -> Result<Redelivered, EngineError>;

    /// Lets it stand still between two batches; see [`Engine::pause`].
    async fn pause(&self) -> Result<Paused, EngineError>;

    /// Gives a dead letter up; says whether there was one.
    async fn discard_dead_letter(&self, actor: Actor, id: uuid::Uuid) -> Result<bool, EngineError>;

    /// Puts an action that is no command into the audit log; see [`Engine::record_action`].
    async fn record_action(&self, actor: Actor, subject: String) -> Result<(), EngineError>;

    /// Makes a projection anew beside its live rows; see [`Engine::rebuild_projection`].
    async fn rebuild_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError>;

    /// Compares a projection with its shadow; see [`Engine::compare_projection`].
    async fn compare_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError>;

    /// Puts a projection's shadow in the place of its live rows; see [`Engine::swap_projection`].
    async fn swap_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError>;

    /// Gives a projection's shadow up; see [`Engine::drop_shadow`].
    async fn drop_shadow(&self, name: &str) -> Result<Option<Shadow>, EngineError>;
}

/// What a service does once its lanes work, and before it counts as started.
pub type AfterStart = Pin<Box<dyn Future<Output = Result<(), EngineError>> + Send>>;

struct Hosted<S: Service> {
    engine: Engine<S>,
    opened: Mutex<Option<Opened<S>>>,
    counters: Vec<Arc<Counter>>,
    tasks: Vec<Arc<dyn Task>>,
    after_start: Mutex<Option<AfterStart>>,
    streams: Option<Streams>,
}

/// A service that was opened, ready to be started.
pub fn hosted<S: Service>(opened: Opened<S>) -> Arc<dyn Running> {
    Arc::new(Hosted::of(opened))
}

/// A service that was opened, ready to be started, with tasks that a scheduler runs, and streams that end with it.
pub fn hosted_with_tasks<S: Service>(
    opened: Opened<S>,
    tasks: Vec<Arc<dyn Task>>,
    streams: Streams,
) -> Arc<dyn Running> {
    Arc::new(Hosted { tasks, streams: Some(streams), ..Hosted::of(opened) })
}

/// A service that was opened, ready to be started, with counters of its own.
pub fn hosted_with<S: Service>(opened: Opened<S>, counters: Vec<Arc<Counter>>) -> Arc<dyn Running> {
    Arc::new(Hosted { counters, ..Hosted::of(opened) })
}

/// A service that was opened, ready to be started, with something to do once its lanes work.
pub fn hosted_then<S: Service>(opened: Opened<S>, after_start: AfterStart) -> Arc<dyn Running> {
    Arc::new(Hosted { after_start: Mutex::new(Some(after_start)), ..Hosted::of(opened) })
}

impl<S: Service> Hosted<S> {
    fn of(opened: Opened<S>) -> Self {
        Self {
            engine: opened.engine(),
            opened: Mutex::new(Some(opened)),
            counters: Vec::new(),
            tasks: Vec::new(),
            after_start: Mutex::default(),
            streams: None,
        }
    }
}

#[async_trait]
impl<S: Service> Running for Hosted<S> {
    fn name(&self) -> ServiceName {
        S::NAME
    }

    async fn start(&self) -> Result<(), EngineError> {
        match self.opened.lock().await.take() {
            Some(opened) => opened.start(&self.engine).await?,
            None => return Ok(()),
        }
        match self.after_start.lock().await.take() {
            Some(after_start) => after_start.await,
            None => Ok(()),
        }
    }

    fn close_streams(&self) {
        if let Some(streams) = &self.streams {
            streams.close();
        }
    }

    async fn stop(&self) {
        self.close_streams();
        self.engine.stop().await;
    }

    fn stats(&self) -> &Stats {
        self.engine.stats()
    }

    fn counters(&self) -> &[Arc<Counter>] {
        &self.counters
    }

    fn tasks(&self) -> &[Arc<dyn Task>] {
        &self.tasks
    }

    fn store(&self) -> &StoreAddress {
        self.engine.store()
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        let service = self.engine.service();
        let projections = service.projections();
        let of_projections = projections.iter().flat_map(|projection| projection.subscriptions());
        service.subscriptions().iter().chain(of_projections).copied().collect()
    }

    async fn parked(&self) -> Result<Vec<Parked>, EngineError> {
        self.engine.parked().await
    }

    fn reads(&self) -> &Reads {
        self.engine.reads()
    }

    async fn replay_dead_letter(
        &self,
        actor: Actor,
        id: uuid::Uuid,
        data: Option<serde_json::Value>,
    ) -> Result<Replayed, EngineError> {
        self.engine.replay_dead_letter(actor, id, data).await
    }

    async fn redeliver(&self, actor: Actor, event: Envelope) -> Result<Redelivered, EngineError> {
        self.engine.redeliver(actor, event).await
    }

    async fn pause(&self) -> Result<Paused, EngineError> {
        self.engine.pause().await
    }

    async fn discard_dead_letter(&self, actor: Actor, id: uuid::Uuid) -> Result<bool, EngineError> {
        self.engine.discard_dead_letter(actor, id).await
    }

    async fn record_action(&self, actor: Actor, subject: String) -> Result<(), EngineError> {
        self.engine.record_action(actor, subject).await
    }

    async fn rebuild_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.engine.rebuild_projection(name).await
    }

    async fn compare_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.engine.compare_projection(name).await
    }

    async fn swap_projection(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.engine.swap_projection(name).await
    }

    async fn drop_shadow(&self, name: &str) -> Result<Option<Shadow>, EngineError> {
        self.engine.drop_shadow(name).await
    }
}
