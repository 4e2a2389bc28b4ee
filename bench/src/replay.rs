//! `bench replay`: real orders of a file, through the running services, compared with the file afterwards.

mod compare;
mod countries;
mod driver;
mod expected;
mod file;
mod invoices;
mod money;
mod progress;
mod report;
mod rows;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, anyhow, ensure};

use crate::{
    database::Databases,
    server::{Place, Server, ServerOptions, Store},
};
use report::Report;

/// Put a file of real orders through the services and compare revenue by day, month and country with the file's own sums.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// A file in the Online Retail format: .csv, .csv.gz or .csv.xz.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// Keep the shop in this folder, and go on where an earlier run into it was broken off. On SQLite.
    #[arg(long, value_name = "FOLDER", conflicts_with = "directory")]
    keep: Option<PathBuf>,
    /// Kill the server so many times on the way, each time in the middle of a request, and start it again.
    #[arg(long, value_name = "N", default_value_t = 0)]
    kills: usize,
    /// One JSON object on one line instead of a table; no progress bar.
    #[arg(long)]
    json: bool,
}

/// Runs the replay. Fails when a sum differs, an order did not end as paid or is there twice, a wallet is not empty, or the audit finds
/// something.
///
/// # Errors
/// The file cannot be read, or the server does not do what it should.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let rows = rows::read(file::open(&options.data)?).with_context(|| options.data.display().to_string())?;
    let sales = invoices::group(&rows)?;
    ensure!(!sales.invoices.is_empty(), "{} has no sale", options.data.display());
    drop(rows);
    let expected = expected::revenue(file::open(&options.data)?).map_err(|error| anyhow!(error))?;

    let place = match &options.keep {
        Some(folder) => {
            ensure!(options.server.store == Store::Sqlite, "only a shop on SQLite can be kept");
            Place::keep(folder)?
        }
        None => Place::make(options.server.store, options.server.directory.as_deref())?,
    };
    let mut server = Server::start_on(&options.server, place, &["--grace-period", "0s", "--virtual-clock"])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (placed, mut problems) = runtime.block_on(async {
        let placed = driver::place(&sales, &mut server, options.kills, !options.json).await?;
        let databases = Databases::open(&server).await?;
        anyhow::Ok((placed, compare::problems(&databases, &sales, &expected).await?))
    })?;
    server.stop()?;
    let audit = server.command("audit").output().context("cannot run the audit")?;
    if !audit.status.success() {
        let text = [audit.stdout, audit.stderr].concat();
        problems.push(format!("the audit is not clean:\n{}", String::from_utf8_lossy(&text)));
    }

    let report = Report::new(&sales, &placed, &expected, problems);
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
