//! Projections: read models made from events alone, and so made anew at any time.

use contracts::Envelope;

use crate::{
    service::Subscription,
    session::{Session, StoreError},
    table::Table,
};

/// A read model. It uses nothing but the events: no clock, no other table, so that a rebuild from the first event gives the same rows.
pub trait Projection: Send + Sync {
    /// A constant name; where the projection stands is kept under it.
    fn name(&self) -> &'static str;

    /// Its table.
    fn table(&self) -> &'static Table;

    /// Whose events it is made from; all types where none are named.
    fn subscriptions(&self) -> &'static [Subscription];

    /// Writes what the events say, set-based, into `target`: the projection's own table, or its shadow while it is rebuilt.
    ///
    /// # Errors
    /// The store's; an event that cannot be read is the projection's own to skip or to show.
    fn apply(
        &self,
        events: &[&Envelope],
        target: &'static Table,
        session: &mut dyn Session,
    ) -> Result<(), StoreError>;
}
