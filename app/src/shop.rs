//! A shop from start to stop: services mounted, started, served, drained.

use std::{future::Future, net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use bus::Embedded;
use contracts::{ServiceName, Timestamp};
use engine::{Clock, ManualClock, SystemClock};
use host::{AdminToken, ConnectionLimits, Context, Running, ServerLimits, Stores};
use ordering::GracePeriodManager;
use tokio::{net::TcpListener, sync::watch};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    database_claim::DatabaseClaim,
    directory::DataDirectory,
    seed,
    settings::Settings,
    system::{self, System},
    wiring,
};

/// A shop that is started and not served yet.
pub struct Shop {
    listener: Option<TcpListener>,
    routes: Router,
    services: Vec<Arc<dyn Running>>,
    openapi: String,
    connections: ConnectionLimits,
    stopping: watch::Sender<bool>,
    token: AdminToken,
    directory: DataDirectory,
    _claim: Option<DatabaseClaim>,
}

impl Shop {
    /// Takes the data directory, mounts and starts every service, and seeds what is empty.
    ///
    /// # Errors
    /// The directory is another process's, a database cannot be opened, or the port is taken.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        Self::start_by(settings, Arc::new(SystemClock)).await
    }

    /// The same by a clock of one's own; a virtual clock that the settings ask for goes before it.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub async fn start_by(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let directory = DataDirectory::take(&settings.data)?;
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!("{} cannot be listened on; choose another address with --listen", settings.listen)
        })?;
        directory.draft(listener.local_addr()?)?;
        let settings = settings.listening_on(listener.local_addr()?);
        Self::start_with(directory, Some(listener), &settings, clock).await
    }

    /// Starts a shop that listens nowhere, for a command that works on its data. Nothing is seeded.
    ///
    /// # Errors
    /// The directory is another process's, or a database cannot be opened.
    pub async fn start_quietly(settings: &Settings) -> anyhow::Result<Self> {
        let directory = DataDirectory::take(&settings.data)?;
        let mut quiet = Settings { seed_products: 0, ..settings.listening_on(settings.listen) };
        // A shop that is at work for a moment sets no timers that it will not be there for, and may run the task instead.
        if quiet.ordering.grace_period_manager == GracePeriodManager::Timer {
            quiet.ordering.grace_period_manager = GracePeriodManager::Task;
        }
        Self::start_with(directory, None, &quiet, Arc::new(SystemClock)).await
    }

    /// Makes or upgrades all databases, and lets go of them again.
    ///
    /// # Errors
    /// The directory is another process's, or a database cannot be opened or is of a newer program.
    pub async fn migrate(settings: &Settings) -> anyhow::Result<()> {
        let directory = DataDirectory::take(&settings.data)?;
        let _claim = claim(settings).await?;
        let ctx = context(directory.path(), settings)?;
        for name in ServiceName::ALL {
            let mounted = wiring::mount(name, &ctx, settings).await?;
            mounted.service.stop().await;
        }
        Ok(())
    }

    async fn start_with(
        directory: DataDirectory,
        listener: Option<TcpListener>,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let claim = claim(settings).await?;
        let ctx = context_by(directory.path(), settings, clock)?;
        let mut routes = OpenApiRouter::new();
        let mut services = Vec::new();
        for name in ServiceName::ALL {
            let mounted = wiring::mount(name, &ctx, settings).await?;
            routes = routes.merge(mounted.routes);
            services.push(mounted.service);
        }
        // Time goes on where it stood: what an earlier process has left is not done at the beginning of time, nor is it in the future.
        for service in &services {
            if let Some(latest) = service.reads().latest_event().await? {
                ctx.clock.go_on_from(latest);
            }
        }
        for service in &services {
            service.start().await?;
        }
        let (stopping, stops) = watch::channel(false);
        let system = System::of_running(&ctx, settings, services.clone(), stops);
        let (routes, api) = system::nest(routes.merge(system::staff_routes(&system)));
        let openapi = api.to_pretty_json()?;
        let asyncapi = crate::asyncapi::document(&services)?;
        let routes =
            routes.merge(system::health_routes(&system, &openapi, &asyncapi)).merge(crate::docs::routes());
        let routes = host::harden(
            routes,
            ServerLimits::default(),
            ctx.authentication(),
            system.request_counts().clone(),
        );
        seed::first_start(&routes, &ctx, settings).await?;
        if listener.is_some() {
            directory.announce()?;
        }
        let token = ctx.secrets.admin_token();
        let connections = ConnectionLimits { open_max: settings.connections_max, ..Default::default() };
        Ok(Self {
            listener,
            routes,
            services,
            openapi,
            connections,
            stopping,
            token,
            directory,
            _claim: claim,
        })
    }

    /// Its routes, for requests of this process itself.
    pub fn routes(&self) -> &Router {
        &self.routes
    }

    /// The token of staff's routes.
    pub fn token(&self) -> &AdminToken {
        &self.token
    }

    /// The HTTP contract.
    pub fn openapi(&self) -> &str {
        &self.openapi
    }

    /// Its services.
    pub fn services(&self) -> &[Arc<dyn Running>] {
        &self.services
    }

    /// Where it listens.
    ///
    /// # Errors
    /// It listens nowhere.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.as_ref().context("this shop does not listen")?.local_addr()?)
    }

    /// Serves until `stop` comes; then lets requests finish and lanes drain.
    pub async fn serve(mut self, stop: impl Future<Output = ()> + Send + 'static) {
        if let Some(listener) = self.listener.take() {
            let (stopping, services) = (self.stopping.clone(), self.services.clone());
            // Streams without an end of their own must end, or the server would wait for them.
            let stop = async move {
                stop.await;
                let _ = stopping.send(true);
                services.iter().for_each(|service| service.close_streams());
            };
            host::serve(listener, self.routes.clone(), self.connections, stop).await;
        }
        self.stop().await;
    }

    /// Lets the lanes drain.
    pub async fn stop(self) {
        self.directory.withdraw();
        let _ = self.stopping.send(true);
        // Sources before their consumers, so that what a request began goes as far as it can.
        for service in &self.services {
            service.stop().await;
        }
    }
}

/// Where the databases are.
pub fn stores(settings: &Settings) -> Stores {
    match &settings.database_url {
        Some(url) => Stores::Postgres(url.clone()),
        None => Stores::Sqlite(settings.data.clone()),
    }
}

async fn claim(settings: &Settings) -> anyhow::Result<Option<DatabaseClaim>> {
    match &settings.database_url {
        Some(url) => DatabaseClaim::take(url).await.map(Some),
        None => Ok(None),
    }
}

/// What services work with on a data directory.
///
/// # Errors
/// The secrets cannot be read or made.
pub fn context(directory: &Path, settings: &Settings) -> anyhow::Result<Context> {
    context_by(directory, settings, Arc::new(SystemClock))
}

fn context_by(directory: &Path, settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Context> {
    let virtual_clock = settings.virtual_clock.then(|| Arc::new(ManualClock::at(Timestamp(0))));
    let clock: Arc<dyn Clock> = match &virtual_clock {
        Some(clock) => clock.clone(),
        None => clock,
    };
    let context = Context::new(directory, stores(settings), Embedded::new(), clock)?;
    Ok(Context { virtual_clock, shop: settings.shop.clone(), ..context })
}
