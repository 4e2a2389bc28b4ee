//! `bench orders`: the order lifecycle over HTTP, as `BENCH` defines it, or the rush for one hot product.

mod catalogue;
mod hot;
mod journey;
mod report;
mod shopper;
mod tally;
mod window;

use std::process::ExitCode;

use anyhow::ensure;

use crate::server::{Server, ServerOptions};
use report::Report;

/// Whether adding to a cart holds stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Holds {
    /// A unit in a cart is held for it.
    On,
    /// Only an order takes units.
    Off,
}

impl Holds {
    fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// Measure the order lifecycle: N shoppers in a closed loop, from the list of products to a paid order with its shipment.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// All shoppers want one product, until each has been refused three times.
    #[arg(long)]
    hot: bool,
    /// Units of each product; without this 1,000,000, and 50 with --hot.
    #[arg(long)]
    stock: Option<u64>,
    /// Whether adding to a cart holds stock.
    #[arg(long, value_enum, default_value = "on")]
    holds: Holds,
    /// Order one product at once, without a cart.
    #[arg(long)]
    buy_now: bool,
    /// Shoppers are customers with an account, and ask with its access token; without this they are guests.
    #[arg(long)]
    logged_in: bool,
    /// Length of the window in which orders count.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Load before the window, in seconds.
    #[arg(long, default_value_t = 10)]
    warm_up: u64,
    /// Shoppers at once.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Products in the catalogue.
    #[arg(long, default_value_t = 1_000)]
    products: usize,
    /// One JSON object on one line instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the benchmark. Fails when an order was lost, stuck or oversold, or a request went wrong.
///
/// # Errors
/// The server does not start, stop or answer as it should.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    ensure!(options.concurrency > 0 && options.products > 3 && options.seconds > 0, "nothing to measure");
    let mut server =
        Server::start(&options.server, &["--grace-period", "0s", "--holds", options.holds.as_str()])?;
    // One thread: the driver leaves the rest of the machine to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let measured = local.block_on(&runtime, async {
        if options.hot {
            hot::measure(options, &server).await
        } else {
            window::measure(options, &server).await
        }
    });
    let report: Report = measured?;
    server.stop()?;

    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    for problem in &report.problems {
        eprintln!("{problem}");
    }
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
