//! Which faults have met orders in which states. A fault that never did would show as a row of zeros.

use comfy_table::{CellAlignment, Table, presets};
use ordering::Status;

use crate::faults::Fault;

/// The states, in the order of an order's way.
pub const STATES: [(Status, &str); 8] = [
    (Status::Submitted, "submitted"),
    (Status::AwaitingValidation, "validating"),
    (Status::StockConfirmed, "confirmed"),
    (Status::Paid, "paid"),
    (Status::Packed, "packed"),
    (Status::Shipped, "shipped"),
    (Status::Delivered, "delivered"),
    (Status::Cancelled, "cancelled"),
];

/// Counts of orders by fault and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage(Vec<[u64; STATES.len()]>);

impl Default for Coverage {
    fn default() -> Self {
        Self(vec![[0; STATES.len()]; Fault::ALL.len()])
    }
}

impl Coverage {
    /// A fault has met an order.
    pub fn count(&mut self, fault: Fault, status: Status) {
        if let Some(state) = STATES.iter().position(|(state, _)| *state == status) {
            self.0[fault as usize][state] += 1;
        }
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (row, other) in self.0.iter_mut().zip(&other.0) {
            for (count, other) in row.iter_mut().zip(other) {
                *count += other;
            }
        }
    }

    /// The counts of a fault, by state.
    pub fn of(&self, fault: Fault) -> &[u64; STATES.len()] {
        &self.0[fault as usize]
    }

    /// Faults that have met no order in some state, with that state's name.
    pub fn never(&self) -> Vec<(Fault, &'static str)> {
        let faults = Fault::ALL.iter();
        let cells =
            faults.flat_map(|fault| STATES.iter().zip(self.of(*fault)).map(move |cell| (*fault, cell)));
        cells.filter(|(_, (_, count))| **count == 0).map(|(fault, ((_, state), _))| (fault, *state)).collect()
    }

    /// A table for people.
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_header(std::iter::once("fault").chain(STATES.iter().map(|(_, name)| *name)));
        for fault in Fault::ALL {
            let counts = self.of(*fault).iter().map(u64::to_string);
            table.add_row(std::iter::once(fault.name().to_owned()).chain(counts));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
