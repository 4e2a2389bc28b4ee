//! The command line of `isotope`.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use app::{audit, contract::Contract, settings::Settings, shop::Shop};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A whole shop in one process. Without a command it serves: on an empty directory that is a demo shop, ready to use.
#[derive(Parser)]
#[command(name = "isotope", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the shop until Ctrl-C.
    Serve(Serve),
    /// Check that money and stock add up, and that nothing is stuck or lost. On a live or a stopped data directory.
    Audit(Audit),
    /// Print the HTTP contract as OpenAPI.
    Openapi,
    /// Print the event contract as AsyncAPI.
    Asyncapi,
    /// Write the whole contract: OpenAPI, AsyncAPI, and a JSON Schema for each event.
    Contract {
        /// The folder.
        #[arg(long, value_name = "DIR", default_value = "contract")]
        to: PathBuf,
    },
}

#[derive(Args)]
struct Serve {
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
    /// Whether stock is held when a product is put into a cart [default: on].
    #[arg(long, value_enum)]
    holds: Option<Switch>,
    /// How many demo products a first start lists [default: 78].
    #[arg(long, value_name = "N")]
    seed_products: Option<u32>,
    /// Units of each demo product [default: 1000].
    #[arg(long, value_name = "N")]
    seed_stock: Option<u32>,
    /// Let time stand still until it is set through the admin API. For replays of real orders.
    #[arg(long)]
    virtual_clock: bool,
}

#[derive(Args)]
struct Audit {
    /// The data directory.
    #[arg(long, value_name = "DIR", env = "ISOTOPE_DATA", default_value = "data")]
    data: PathBuf,
    /// The PostgreSQL database, where the shop has one.
    #[arg(long, value_name = "URL", env = "ISOTOPE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    On,
    Off,
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
    fn settings(self) -> anyhow::Result<Settings> {
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
        if let Some(holds) = self.holds {
            settings.cart.holds = matches!(holds, Switch::On);
        }
        settings.seed_products = self.seed_products.unwrap_or(settings.seed_products);
        settings.seed_stock = self.seed_stock.unwrap_or(settings.seed_stock);
        settings.virtual_clock |= self.virtual_clock;
        Ok(settings)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("ISOTOPE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("isotope: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            None => serve(cli.serve).await,
            Some(Command::Serve(serve_options)) => serve(serve_options).await,
            Some(Command::Audit(options)) => run_audit(options).await,
            Some(Command::Openapi) => Contract::make().await.map(|contract| print(&contract.openapi)),
            Some(Command::Asyncapi) => Contract::make().await.map(|contract| print(&contract.asyncapi)),
            Some(Command::Contract { to }) => write_contract(&to).await,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("isotope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Serve) -> anyhow::Result<ExitCode> {
    let settings = options.settings()?;
    let shop = Shop::start(&settings).await?;
    say(&format!("isotope is ready: http://{}/api/v1", shop.address()?));
    shop.serve(stop_signal()).await?;
    say("isotope has stopped");
    Ok(ExitCode::SUCCESS)
}

/// Writes a line for whoever listens. Nobody may: that is no reason to end.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Ctrl-C, or a service manager's request to end.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

async fn run_audit(options: Audit) -> anyhow::Result<ExitCode> {
    let report = audit::run(&options.data, options.database_url).await?;
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    Ok(if report.clean() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Prints a document, if anybody reads it.
fn print(document: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(document.as_bytes());
    ExitCode::SUCCESS
}

async fn write_contract(folder: &Path) -> anyhow::Result<ExitCode> {
    Contract::make().await?.write(folder)?;
    Ok(ExitCode::SUCCESS)
}
