//! How far a replay has come, in a file beside the shop's data. A hint: what it does not know of is sent again, and the shop knows it.

use std::{fs, path::PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::invoices::{Invoice, Sales};
use crate::server::Server;

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    /// Which replay it is: orders and pennies of its file.
    orders: usize,
    revenue: i64,
    /// Orders that the shop has acknowledged, the oldest first.
    placed: usize,
}

/// The progress of a replay into a shop's data.
pub(super) struct Progress {
    file: PathBuf,
    written: Written,
}

impl Progress {
    /// What an earlier run has written; nothing placed where there was none.
    ///
    /// # Errors
    /// The data is that of another file's replay.
    pub fn of(server: &Server, sales: &Sales) -> anyhow::Result<Self> {
        let file = server.data().with_file_name("replay.json");
        let revenue = sales.invoices.iter().map(Invoice::total).sum();
        let orders = sales.invoices.len();
        let written = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .with_context(|| format!("{} is not the progress of a replay", file.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Written { orders, revenue, placed: 0 }
            }
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", file.display()));
            }
        };
        ensure!(
            (written.orders, written.revenue) == (orders, revenue),
            "{} is of a replay of another file",
            file.display()
        );
        Ok(Self { file, written })
    }

    /// Orders that were placed.
    pub fn placed(&self) -> usize {
        self.written.placed
    }

    /// The oldest so many are placed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn reach(&mut self, placed: usize) -> anyhow::Result<()> {
        self.written.placed = placed;
        let new = self.file.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.written)?)
            .and_then(|()| fs::rename(&new, &self.file))
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }
}
