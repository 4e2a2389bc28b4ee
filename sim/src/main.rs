//! The command line of `sim`.

use std::process::ExitCode;

use clap::Parser;
use comfy_table::{Table, presets};
use sim::{
    planted::Planted,
    report::{self, Seeds, Summary, caught_within, run_many},
    run::{Outcome, run},
};

/// Runs the real services under seeded schedules of faults, and checks that nothing is lost, oversold or charged twice.
#[derive(Parser)]
#[command(name = "sim", bin_name = "cargo xtask sim")]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Run one seed, and say what its world is like.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// With one seed: print all that happens.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Plant a bug: one of its names, or `all` for a table of how soon each is caught.
    #[arg(long, value_name = "BUG", num_args = 0..=1, default_missing_value = "all")]
    planted: Option<String>,
    /// Go on after a seed has failed.
    #[arg(long)]
    keep_going: bool,
    /// Threads; as many as there are processors, where nothing is said.
    #[arg(long)]
    threads: Option<usize>,
    /// One object for programs, on one line.
    #[arg(long)]
    json: bool,
}

/// A planted bug must be caught within so many seeds.
const PLANTED_SEEDS_MAX: u64 = 2_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    sim::run::keep_quiet_about_caught_panics();
    let planted = match arguments.planted.as_deref() {
        None => None,
        Some("all") => return planted_table(arguments.json),
        Some(name) => match Planted::ALL.iter().find(|bug| bug.name() == name) {
            Some(bug) => Some(*bug),
            None => {
                let names: Vec<&str> = Planted::ALL.iter().map(|bug| bug.name()).collect();
                eprintln!("there is no bug `{name}`; the bugs are {}", names.join(", "));
                return ExitCode::from(2);
            }
        },
    };
    match arguments.seed {
        Some(seed) => one(seed, planted, &arguments),
        None => many(planted, &arguments),
    }
}

fn one(seed: u64, planted: Option<Planted>, arguments: &Arguments) -> ExitCode {
    let outcome = run(seed, planted, true);
    if arguments.json {
        let mut summary = Summary::default();
        summary.add(&outcome);
        println!("{}", summary.json());
    } else {
        show_one(&outcome, arguments.trace);
    }
    if outcome.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn show_one(outcome: &Outcome, trace: bool) {
    let Outcome { seed, plan, faults, hash, orders, events, passed_us, .. } = outcome;
    if trace {
        outcome.trace.iter().for_each(|line| println!("{line}"));
    }
    println!("seed {seed}: {plan:?}");
    let faults: Vec<String> = faults
        .iter()
        .map(|(fault, rate)| format!("{} {}.{:02} %", fault.name(), rate / 100, rate % 100))
        .collect();
    println!("faults: {}", if faults.is_empty() { "none".to_owned() } else { faults.join(", ") });
    println!("{orders} orders, {events} events, {} s of its time; trace {hash:016x}", passed_us / 1_000_000);
    match &outcome.violation {
        None => println!("all invariants hold"),
        Some(violation) => {
            println!("\nthe last that happened to what is at fault ({}):", violation.subjects.join(", "));
            outcome.about.iter().for_each(|line| println!("  {line}"));
            println!("\n{} is broken: {}", violation.invariant, violation.message);
        }
    }
}

fn many(planted: Option<Planted>, arguments: &Arguments) -> ExitCode {
    let threads =
        arguments.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let with_bug = planted.map_or(String::new(), |bug| format!(" --planted {}", bug.name()));
    let on_failure = |report::Failure { seed, invariant, message }: &report::Failure| {
        eprintln!("seed {seed}: {invariant} is broken: {message}");
        eprintln!("again, with what led to it: cargo run -p sim -- --seed {seed}{with_bug}\n");
    };
    let seeds =
        Seeds { first: arguments.from, count: arguments.seeds, threads, goes_on: arguments.keep_going };
    let summary = run_many(seeds, planted, &on_failure);
    if arguments.json {
        println!("{}", summary.json());
    } else {
        println!("How many orders in each state each fault has met:\n\n{}\n", summary.coverage.table());
        let never = summary.coverage.never();
        if !never.is_empty() && summary.seeds > 100 {
            let cells: Vec<String> =
                never.iter().map(|(fault, state)| format!("{} x {state}", fault.name())).collect();
            println!("never met: {}", cells.join(", "));
        }
        let Summary { seeds, orders, events, hash, .. } = &summary;
        println!("{seeds} seeds, {orders} orders, {events} events; traces {hash:016x}");
    }
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn planted_table(json: bool) -> ExitCode {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["planted bug", "what is done wrong", "caught by", "within seeds"]);
    let mut rows = Vec::new();
    let mut all_caught = true;
    for bug in Planted::ALL {
        let (invariant, seeds) = match caught_within(*bug, PLANTED_SEEDS_MAX) {
            Some((seeds, failure)) => {
                all_caught &= bug.breaks().contains(&failure.invariant);
                (failure.invariant, seeds.to_string())
            }
            None => {
                all_caught = false;
                ("nothing", format!("not in {PLANTED_SEEDS_MAX}"))
            }
        };
        let name = format!("`{}`", bug.name());
        table.add_row([name.as_str(), bug.says(), &format!("`{invariant}`"), &seeds]);
        rows.push(serde_json::json!({ "bug": bug.name(), "caught_by": invariant, "within_seeds": seeds }));
    }
    match json {
        true => println!("{}", serde_json::Value::Array(rows)),
        false => println!("{table}"),
    }
    if all_caught { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
