//! What a command prints: lines for programs, tables for people, and nothing more once nobody reads.

use std::io::{IsTerminal, Write};

use comfy_table::{Table, presets};
use serde::Serialize;

/// Whether a stream shows colours: a terminal, whose owner has not said otherwise.
pub fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes a line.
///
/// # Errors
/// Nobody reads any more, or the disk is full.
pub fn line(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()?;
    Ok(())
}

/// Writes one JSON object as a line.
///
/// # Errors
/// As [`line`].
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Writes a table.
///
/// # Errors
/// As [`line`].
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let is_empty = rows.is_empty();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec());
    table.add_rows(rows);
    let bold = colours(&std::io::stdout());
    for (number, text) in table.lines().enumerate() {
        let text = text.trim_end();
        match bold && number == 0 {
            true => line(&format!("\u{1b}[1m{text}\u{1b}[0m"))?,
            false => line(text)?,
        }
    }
    if is_empty { line(" (none)") } else { Ok(()) }
}

/// Whether an error says that nobody reads the output any more.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    };
    error.chain().any(is)
}
