//! A shop from start to stop: services mounted, started, served, drained.

use std::{future::Future, net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::Router;
use bus::Embedded;
use contracts::{ServiceName, Timestamp};
use engine::{Clock, ManualClock, SystemClock};
use host::{Context, Questions, Running, Secrets, ServerLimits, Stores};
use tokio::net::TcpListener;
use utoipa_axum::router::OpenApiRouter;

use crate::{directory::DataDirectory, seed, settings::Settings, system, wiring};

/// A shop that is started and not served yet.
pub struct Shop {
    listener: TcpListener,
    routes: Router,
    services: Vec<Arc<dyn Running>>,
    openapi: String,
    _directory: DataDirectory,
}

impl Shop {
    /// Takes the data directory, mounts and starts every service, and seeds what is empty.
    ///
    /// # Errors
    /// The directory is another process's, a database cannot be opened, or the port is taken.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let directory = DataDirectory::take(&settings.data)?;
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!("{} cannot be listened on; choose another address with --listen", settings.listen)
        })?;
        let ctx = context(&directory, settings)?;
        let mut routes = OpenApiRouter::new();
        let mut services = Vec::new();
        for name in ServiceName::ALL {
            let mounted = wiring::mount(name, &ctx, settings).await?;
            routes = routes.merge(mounted.routes);
            services.push(mounted.service);
        }
        if let Some(clock) = &ctx.virtual_clock {
            // Time goes on where it stood: what an earlier process has left is not done at the beginning of time.
            for service in &services {
                let latest = service.latest_event().await?;
                latest.into_iter().for_each(|time| clock.advance_to(time));
            }
        }
        for service in &services {
            service.start().await?;
        }
        let (routes, api) = system::nest(routes);
        let openapi = api.to_pretty_json()?;
        let routes = system::routes(routes, &openapi, services.clone(), &ctx)?;
        seed::first_start(&routes, &ctx, settings).await?;
        let routes = host::harden(routes, ServerLimits::default(), ctx.secrets.admin_token());
        Ok(Self { listener, routes, services, openapi, _directory: directory })
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
    /// The listener is closed.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until `stop` comes; then lets requests finish and lanes drain.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        host::serve(self.listener, self.routes, stop).await?;
        // Sources before their consumers, so that what a request began goes as far as it can.
        for service in &self.services {
            service.stop().await;
        }
        Ok(())
    }
}

fn context(directory: &DataDirectory, settings: &Settings) -> anyhow::Result<Context> {
    let virtual_clock = settings.virtual_clock.then(|| Arc::new(ManualClock::at(Timestamp(0))));
    let clock: Arc<dyn Clock> = match &virtual_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let stores = match &settings.database_url {
        Some(url) => Stores::Postgres(url.clone()),
        None => Stores::Sqlite(directory.path().to_owned()),
    };
    Ok(Context {
        data: directory.path().to_owned(),
        stores,
        transport: Embedded::new(),
        clock,
        virtual_clock,
        secrets: Secrets::load(directory.path())?,
        questions: Arc::new(Questions::default()),
    })
}
