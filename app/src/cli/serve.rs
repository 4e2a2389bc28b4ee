//! `isotope serve`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use ordering::GracePeriodManager;

use super::output;
use crate::{settings::Settings, shop::Shop};

/// The settings that have flags.
#[derive(Args, Default)]
pub struct Serve {
    /// A settings file (TOML). Flags win over it.
    #[arg(long, value_name = "FILE", env = "ISOTOPE_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory [default: data].
    #[arg(long, value_name = "DIR", env = "ISOTOPE_DATA")]
    data: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS", env = "ISOTOPE_LISTEN")]
    listen: Option<SocketAddr>,
    /// A PostgreSQL database for all services, a schema each. Without it each has a SQLite file in the data directory.
    #[arg(long, value_name = "URL", env = "ISOTOPE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// How long an order can be cancelled freely, such as 0s, 500ms, 15m [default: 2s].
    #[arg(long, value_name = "TIME", value_parser = time)]
    grace_period: Option<Duration>,
    /// Who ends it: a timer in the shop, a task that a scheduler runs (see `isotope task`), or a message per order [default: timer].
    #[arg(long, value_name = "timer|task|message", env = "ISOTOPE_GRACE_PERIOD_MANAGER", value_parser = str::parse::<GracePeriodManager>)]
    grace_period_manager: Option<GracePeriodManager>,
    /// Whether stock is held when a product is put into a cart [default: on].
    #[arg(long, value_enum)]
    holds: Option<Switch>,
    /// Who packs, ships and delivers: the demonstration by itself, or staff [default: demo].
    #[arg(long, value_enum)]
    parcels: Option<Parcels>,
    /// How many demo products a first start makes [default: 78].
    #[arg(long, value_name = "N")]
    seed_products: Option<u32>,
    /// Units of each demo product [default: 1000].
    #[arg(long, value_name = "N")]
    seed_stock: Option<u32>,
    /// Let time stand still until it is set through the admin API. For replays of real orders.
    #[arg(long)]
    virtual_clock: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, ValueEnum)]
enum Parcels {
    Demo,
    Staff,
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; say for example 0s, 500ms or 15m");
    let letters = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..letters].parse().map_err(|_| wrong())?;
    let millis = match &text[letters..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    millis.map(Duration::from_millis).ok_or_else(wrong)
}

impl Serve {
    /// The settings: defaults, then the file, then flags.
    ///
    /// # Errors
    /// The file cannot be read, or is not valid.
    pub fn settings(self) -> anyhow::Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => Settings::from_file(path)?,
            None => Settings::default(),
        };
        if let Some(data) = self.data {
            settings.data = data;
        }
        if let Some(listen) = self.listen {
            settings.listen = listen;
        }
        settings.database_url = self.database_url.or(settings.database_url);
        if let Some(grace_period) = self.grace_period {
            settings.ordering.grace_period_ms =
                grace_period.as_millis().try_into().context("a grace period that long")?;
        }
        if let Some(manager) = self.grace_period_manager {
            settings.ordering.grace_period_manager = manager;
        }
        if let Some(holds) = self.holds {
            settings.cart.holds = matches!(holds, Switch::On);
        }
        if let Some(parcels) = self.parcels {
            settings.fulfilment.parcels_move_by_themselves = matches!(parcels, Parcels::Demo);
        }
        settings.seed_products = self.seed_products.unwrap_or(settings.seed_products);
        settings.seed_stock = self.seed_stock.unwrap_or(settings.seed_stock);
        settings.virtual_clock |= self.virtual_clock;
        Ok(settings)
    }

    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.settings()?;
        let shop = Shop::start(&settings).await?;
        // Before it says that it is ready: who hears that may ask it to stop at once.
        let stop = stop_signal().context("requests to stop cannot be heard")?;
        // Nobody may listen: that is no reason to end.
        let _ = output::line(&format!("isotope is ready: http://{}/api/v1", shop.address()?));
        shop.serve(stop).await;
        let _ = output::line("isotope has stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Ctrl-C, or a service manager's request to end; heard from the moment that this returns.
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
