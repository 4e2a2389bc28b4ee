//! Keeps a projection up to date, and makes it anew beside the old one when asked.

use std::time::{Duration, Instant};

use bus::Subscription;
use contracts::{Envelope, ServiceName};
use tokio::sync::oneshot;

use crate::{
    inbox::Inbox,
    projection::Projection,
    session::{Filter, Lock, Select, Session, StoreError},
    system::{ABOUT, WATERMARK},
    table::Table,
};

/// How many events of one source a step takes.
const STEP_EVENTS: usize = 1_024;

/// How long events may wait for their step. A step is a transaction with a flush to disk of its own, and nobody waits for a
/// read model as one waits for a reply; so it takes what has come in this time together.
const STEP_EVERY: Duration = Duration::from_millis(40);

/// What a rebuild found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// Events read, from the first.
    pub events: u64,
    /// Rows that were in one of the two tables only. Anything but 0 says that the projection had gone wrong.
    pub differing_rows: u64,
}

/// A rebuild under way: a second set of rows and cursors, from the first event.
struct Rebuild {
    shadow: &'static Table,
    inbox: Inbox,
    events: u64,
    done: oneshot::Sender<Result<Rebuilt, StoreError>>,
}

/// A projection with its cursors.
pub(crate) struct Projector {
    projection: Box<dyn Projection>,
    consumer: String,
    inbox: Inbox,
    subscriptions: Vec<(ServiceName, Box<dyn Subscription>)>,
    /// The end of the pause after a step that found events.
    pause_end: Option<Instant>,
    shadow: &'static Table,
    rebuild: Option<Rebuild>,
}

impl Projector {
    /// Reads where the projection stands.
    pub fn load(
        session: &mut dyn Session,
        service: ServiceName,
        projection: Box<dyn Projection>,
        subscriptions: Vec<(ServiceName, Box<dyn Subscription>)>,
    ) -> Result<Self, StoreError> {
        let consumer = consumer_of(service, &*projection);
        let inbox = Inbox::load(session, &consumer)?;
        let shadow = shadow_of(projection.table());
        session.create(&[shadow])?;
        // Who looks at the database from outside of this program's services finds the read models by this.
        let about = vec![format!("projection:{}", projection.name()).into(), projection.table().name.into()];
        session.begin()?;
        session.upsert(&ABOUT, vec![about])?;
        session.commit()?;
        Ok(Self { projection, consumer, inbox, subscriptions, pause_end: None, shadow, rebuild: None })
    }

    pub fn name(&self) -> &'static str {
        self.projection.name()
    }

    /// Reads anew where the projection stands, after the store has failed. A rebuild under way is given up.
    pub fn reload(&mut self, session: &mut dyn Session) -> Result<(), StoreError> {
        self.rebuild = None;
        self.inbox = Inbox::load(session, &self.consumer)?;
        Ok(())
    }

    /// How long until events that wait have their step; `None` where the next event has it at once.
    pub fn pause(&self) -> Option<Duration> {
        self.pause_end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Takes the next events, unless it pauses; says whether there were any.
    pub fn step_when_due(&mut self, session: &mut dyn Session) -> Result<bool, StoreError> {
        if self.pause().is_some_and(|pause| !pause.is_zero()) {
            return Ok(false);
        }
        let stepped = self.step(session)?;
        // The machine's own time, whatever the shop's clock says: this paces work and decides nothing.
        self.pause_end = (stepped && self.rebuild.is_none()).then(|| Instant::now() + STEP_EVERY);
        Ok(stepped)
    }

    /// Takes the next events; says whether there were any.
    pub fn step(&mut self, session: &mut dyn Session) -> Result<bool, StoreError> {
        let mut inbox = self.inbox.clone();
        let live = self.projection.table();
        let events = apply(session, &*self.projection, &mut self.subscriptions, &mut inbox, live, None)?;
        self.inbox = inbox;
        Ok(events > 0 || self.step_rebuild(session)?)
    }

    /// Begins to make the projection anew. A rebuild that is under way is given up for the new one.
    pub fn start_rebuild(&mut self, done: oneshot::Sender<Result<Rebuilt, StoreError>>) {
        let inbox = Inbox::new(&format!("{}#rebuild", self.consumer));
        self.rebuild = Some(Rebuild { shadow: self.shadow, inbox, events: 0, done });
    }

    /// Takes the rebuild's next events; at the live cursors it compares, and takes the place of the old rows.
    fn step_rebuild(&mut self, session: &mut dyn Session) -> Result<bool, StoreError> {
        let Some(mut rebuild) = self.rebuild.take() else { return Ok(false) };
        let stepped = self.rebuild_step(session, &mut rebuild);
        match stepped {
            Ok(None) => {
                self.rebuild = Some(rebuild);
                Ok(true)
            }
            Ok(Some(rebuilt)) => {
                let _ = rebuild.done.send(Ok(rebuilt));
                Ok(true)
            }
            Err(error) => {
                session.rollback();
                let _ = rebuild.done.send(Err(error));
                Ok(true)
            }
        }
    }

    fn rebuild_step(
        &mut self,
        session: &mut dyn Session,
        rebuild: &mut Rebuild,
    ) -> Result<Option<Rebuilt>, StoreError> {
        if rebuild.events == 0 {
            // A rebuild that was broken off has left rows and cursors.
            session.begin()?;
            clear(session, rebuild.shadow, rebuild.inbox.consumer())?;
            session.commit()?;
        }
        let mut inbox = rebuild.inbox.clone();
        let bound = Some(&self.inbox);
        let events =
            apply(session, &*self.projection, &mut self.subscriptions, &mut inbox, rebuild.shadow, bound)?;
        rebuild.inbox = inbox;
        rebuild.events += events;
        if events > 0 {
            return Ok(None);
        }
        let live = self.projection.table();
        session.begin()?;
        let differing_rows = session.differing_rows(live, rebuild.shadow)?;
        session.replace_rows(live, rebuild.shadow)?;
        clear(session, rebuild.shadow, rebuild.inbox.consumer())?;
        session.commit()?;
        Ok(Some(Rebuilt { events: rebuild.events, differing_rows }))
    }
}

/// Empties a shadow table and forgets its cursors.
fn clear(session: &mut dyn Session, shadow: &'static Table, consumer: &str) -> Result<(), StoreError> {
    for (table, filter) in [
        (shadow, Filter::All),
        (&WATERMARK, Filter::In { column: "consumer", values: vec![consumer.into()] }),
    ] {
        let rows = session.select(&Select { table, filter, lock: Lock::Update })?;
        let keys: Vec<_> = rows.into_iter().map(|row| row[..table.key_columns].to_vec()).collect();
        if !keys.is_empty() {
            session.delete(table, keys)?;
        }
    }
    Ok(())
}

/// Applies the next events of all sources in one transaction; answers how many there were.
fn apply(
    session: &mut dyn Session,
    projection: &dyn Projection,
    subscriptions: &mut [(ServiceName, Box<dyn Subscription>)],
    inbox: &mut Inbox,
    target: &'static Table,
    not_past: Option<&Inbox>,
) -> Result<u64, StoreError> {
    let mut taken = Vec::new();
    for (source, subscription) in subscriptions.iter_mut() {
        let deliveries = subscription
            .poll(&inbox.cursors(*source), STEP_EVENTS)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let bound = not_past.map(|inbox| inbox.cursors(*source));
        for delivery in deliveries {
            let logged = &delivery.logged;
            let past =
                |bound: &bus::Cursors| logged.position > bound.position(&logged.topic, logged.partition);
            if !bound.as_ref().is_some_and(past) && inbox.admit(&delivery) {
                taken.push(delivery);
            }
        }
    }
    if taken.is_empty() {
        return Ok(0);
    }
    let wanted = |event: &Envelope| {
        projection.subscriptions().iter().any(|subscription| {
            subscription.source == event.source
                && (subscription.types.is_empty() || subscription.types.contains(&event.kind.as_str()))
        })
    };
    let events: Vec<&Envelope> =
        taken.iter().map(|delivery| &delivery.logged.event).filter(|event| wanted(event)).collect();
    session.begin()?;
    projection.apply(&events, target, session)?;
    session.upsert(&WATERMARK, inbox.take_moved())?;
    session.commit()?;
    Ok(taken.len() as u64)
}

/// The name under which a projection's cursors are kept.
pub(crate) fn consumer_of(service: ServiceName, projection: &dyn Projection) -> String {
    format!("{service}.{}", projection.name())
}

/// The table that a rebuild fills: the same columns under another name. Made once per projection, for the process's life.
fn shadow_of(table: &'static Table) -> &'static Table {
    Box::leak(Box::new(Table {
        name: Box::leak(format!("{}_rebuild", table.name).into_boxed_str()),
        columns: table.columns,
        key_columns: table.key_columns,
        indexes: &[],
        layout: table.layout,
    }))
}
