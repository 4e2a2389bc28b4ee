//! Keeps a projection up to date, and makes it anew beside the old one when asked.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bus::{Delivery, Subscription};
use contracts::{Envelope, ServiceName};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    inbox::Inbox,
    projection::Projection,
    session::{Filter, Lock, Select, Session, StoreError},
    shadow::{self, Differences, Shadow, ShadowState},
    system::{ABOUT, WATERMARK},
    table::Table,
    value::Row,
};

/// How many events of one source a step takes.
const STEP_EVENTS: usize = 1_024;

/// How long events may wait for their step. A step is a transaction with a flush to disk of its own, and nobody waits for a
/// read model as one waits for a reply; so it takes what has come in this time together.
const STEP_EVERY: Duration = Duration::from_millis(40);

/// What is asked of a projection's shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// To be made, from the first event; one that is there is given up. Answered when it has caught up.
    Build(Uuid),
    /// Where it stands.
    Look,
    /// To take the place of the live rows.
    Swap,
    /// To go.
    Drop,
}

/// Who asked, and waits for what is then known of the shadow: nothing where there is none.
pub(crate) type Answer = oneshot::Sender<Result<Option<Shadow>, StoreError>>;

/// A shadow with its cursors.
struct Rebuild {
    about: Shadow,
    inbox: Inbox,
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
    /// Who waits until the rebuild has caught up.
    waiting: Vec<Answer>,
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
        let waiting = Vec::new();
        let mut projector = Self {
            projection,
            consumer,
            inbox,
            subscriptions,
            pause_end: None,
            shadow,
            rebuild: None,
            waiting,
        };
        projector.resume(session)?;
        Ok(projector)
    }

    /// Goes on with a rebuild that the database knows of.
    fn resume(&mut self, session: &mut dyn Session) -> Result<(), StoreError> {
        let about = shadow::read(session, self.name(), Lock::None)?;
        self.rebuild = match about.filter(|about| about.state != ShadowState::Swapped) {
            Some(about) => {
                let inbox = Inbox::load(session, &shadow::consumer_of(&self.consumer))?;
                Some(Rebuild { about, inbox })
            }
            None => None,
        };
        Ok(())
    }

    pub fn name(&self) -> &'static str {
        self.projection.name()
    }

    /// Reads anew where the projection and its shadow stand, after the store has failed.
    pub fn reload(&mut self, session: &mut dyn Session) -> Result<(), StoreError> {
        self.inbox = Inbox::load(session, &self.consumer)?;
        self.resume(session)
    }

    /// The sources of its events.
    pub fn sources(&self) -> impl Iterator<Item = ServiceName> {
        self.subscriptions.iter().map(|(source, _)| *source)
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
        self.pause_end = (stepped && self.in_step()).then(|| Instant::now() + STEP_EVERY);
        Ok(stepped)
    }

    /// Takes the next events; says whether there were any.
    pub fn step(&mut self, session: &mut dyn Session) -> Result<bool, StoreError> {
        let mut inbox = self.inbox.clone();
        let taken = take(&mut self.subscriptions, &mut inbox, None)?;
        if taken.is_empty() {
            self.inbox = inbox;
            return self.step_rebuild(session);
        }
        let events = self.wanted(&taken);
        session.begin()?;
        self.projection.apply(&events, self.projection.table(), session)?;
        session.upsert(&WATERMARK, inbox.take_moved())?;
        // A shadow that has caught up takes in the same events in the same transaction, and so stays comparable.
        let mut shadow_inbox = None;
        if let Some(rebuild) = self.rebuild.as_ref().filter(|_| self.in_step())
            && self.is_current(session, rebuild)?
        {
            let mut inbox = rebuild.inbox.clone();
            taken.iter().for_each(|delivery| {
                inbox.admit(delivery);
            });
            self.projection.apply(&events, self.shadow, session)?;
            session.upsert(&WATERMARK, inbox.take_moved())?;
            shadow_inbox = Some(inbox);
        }
        session.commit()?;
        if let (Some(rebuild), Some(inbox)) = (&mut self.rebuild, shadow_inbox) {
            rebuild.inbox = inbox;
        }
        self.inbox = inbox;
        self.step_rebuild(session)?;
        Ok(true)
    }

    /// Those of the events that the projection is made from.
    fn wanted<'a>(&self, taken: &'a [Delivery]) -> Vec<&'a Envelope> {
        let wanted = |event: &&Envelope| {
            self.projection.subscriptions().iter().any(|subscription| {
                subscription.source == event.source
                    && (subscription.types.is_empty() || subscription.types.contains(&event.kind.as_str()))
            })
        };
        taken.iter().map(|delivery| &delivery.logged.event).filter(wanted).collect()
    }

    /// Whether nothing is to be caught up with: there is no shadow, or it stands where the live rows do.
    fn in_step(&self) -> bool {
        self.rebuild.as_ref().is_none_or(|rebuild| {
            rebuild.about.state != ShadowState::Building
                && self.sources().all(|source| {
                    rebuild.inbox.cursors(source).positions == self.inbox.cursors(source).positions
                })
        })
    }

    /// Whether the rebuild is still the one that the database knows of, and not another process's later one.
    fn is_current(&self, session: &mut dyn Session, rebuild: &Rebuild) -> Result<bool, StoreError> {
        let known = shadow::read(session, self.name(), Lock::Update)?;
        Ok(known.is_some_and(|known| known.id == rebuild.about.id && known.state != ShadowState::Swapped))
    }

    /// Takes the shadow's next events, up to where the live rows stand; says whether there may be more.
    fn step_rebuild(&mut self, session: &mut dyn Session) -> Result<bool, StoreError> {
        if self.in_step() {
            return Ok(false);
        }
        let Some(mut rebuild) = self.rebuild.take() else { return Ok(false) };
        match self.catch_up(session, &mut rebuild) {
            Ok(Caught::Some) => {
                self.rebuild = Some(rebuild);
                Ok(true)
            }
            Ok(Caught::All) => {
                self.answer_waiting(|| Ok(Some(rebuild.about.clone())));
                self.rebuild = Some(rebuild);
                Ok(false)
            }
            Ok(Caught::Replaced) => {
                session.rollback();
                self.answer_waiting(|| Ok(None));
                Ok(false)
            }
            // Where it stands is in the database, and is read anew with the rest. Whoever waits goes on waiting.
            Err(error) => Err(error),
        }
    }

    fn answer_waiting(&mut self, answer: impl Fn() -> Result<Option<Shadow>, StoreError>) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(answer());
        }
    }

    fn catch_up(&mut self, session: &mut dyn Session, rebuild: &mut Rebuild) -> Result<Caught, StoreError> {
        let mut inbox = rebuild.inbox.clone();
        let taken = take(&mut self.subscriptions, &mut inbox, Some(&self.inbox))?;
        let mut about = rebuild.about.clone();
        about.events += taken.len() as u64;
        if taken.is_empty() && about.state == ShadowState::Building {
            about.state = ShadowState::Ready;
        }
        session.begin()?;
        if !self.is_current(session, rebuild)? {
            return Ok(Caught::Replaced);
        }
        if !taken.is_empty() {
            self.projection.apply(&self.wanted(&taken), self.shadow, session)?;
            session.upsert(&WATERMARK, inbox.take_moved())?;
        }
        shadow::write(session, self.name(), &about)?;
        session.commit()?;
        rebuild.inbox = inbox;
        rebuild.about = about;
        Ok(if taken.is_empty() { Caught::All } else { Caught::Some })
    }

    /// Does what is asked of the shadow.
    pub fn ask(&mut self, session: &mut dyn Session, ask: Ask, answer: Answer) {
        let done = match ask {
            Ask::Build(id) => match self.build(session, id) {
                Ok(()) => {
                    self.waiting.push(answer);
                    return;
                }
                Err(error) => Err(error),
            },
            Ask::Look => shadow::read(session, self.name(), Lock::None),
            Ask::Swap => self.swap(session),
            Ask::Drop => self.drop_shadow(session),
        };
        if done.is_err() {
            session.rollback();
        }
        let _ = answer.send(done);
    }

    /// In how many rows the live rows and the shadow's differ, where nothing else is at work on either.
    pub fn differing_rows(&self, session: &mut dyn Session) -> Result<u64, StoreError> {
        let mut all = |table| session.select(&Select { table, filter: Filter::All, lock: Lock::None });
        let live: BTreeSet<Row> = all(self.projection.table())?.into_iter().collect();
        let shadow: BTreeSet<Row> = all(self.shadow)?.into_iter().collect();
        Ok(live.symmetric_difference(&shadow).count() as u64)
    }

    /// Notes what a comparison has found, where the shadow is still the one that was compared.
    pub fn note(
        &mut self,
        session: &mut dyn Session,
        id: Uuid,
        found: Differences,
    ) -> Result<Option<Shadow>, StoreError> {
        session.begin()?;
        let known = shadow::read(session, self.name(), Lock::Update)?;
        let Some(mut about) = known.filter(|about| about.id == id && about.state != ShadowState::Swapped)
        else {
            session.rollback();
            return Ok(None);
        };
        about.compared(found);
        shadow::write(session, self.name(), &about)?;
        session.commit()?;
        if let Some(rebuild) = self.rebuild.as_mut().filter(|rebuild| rebuild.about.id == id) {
            rebuild.about = about.clone();
        }
        Ok(Some(about))
    }

    fn build(&mut self, session: &mut dyn Session, id: Uuid) -> Result<(), StoreError> {
        self.answer_waiting(|| Ok(None));
        self.rebuild = None;
        let consumer = shadow::consumer_of(&self.consumer);
        let about = Shadow::begun(id);
        session.begin()?;
        // Only one process at a time begins or ends a rebuild.
        shadow::read(session, self.name(), Lock::Update)?;
        shadow::forget(session, self.name(), self.shadow, &consumer)?;
        shadow::write(session, self.name(), &about)?;
        session.commit()?;
        self.rebuild = Some(Rebuild { about, inbox: Inbox::new(&consumer) });
        Ok(())
    }

    /// Puts the shadow in the place of the live rows, where it stands at the same cursors: all of it in one transaction, or none.
    fn swap(&mut self, session: &mut dyn Session) -> Result<Option<Shadow>, StoreError> {
        let Some(rebuild) = &self.rebuild else { return shadow::read(session, self.name(), Lock::None) };
        if !self.in_step() {
            return Ok(Some(rebuild.about.clone()));
        }
        session.begin()?;
        if !self.is_current(session, rebuild)? || self.is_behind(session)? {
            session.rollback();
            return shadow::read(session, self.name(), Lock::None);
        }
        let about = Shadow { state: ShadowState::Swapped, ..rebuild.about.clone() };
        session.replace_rows(self.projection.table(), self.shadow)?;
        shadow::forget_cursors(session, rebuild.inbox.consumer())?;
        shadow::write(session, self.name(), &about)?;
        session.commit()?;
        self.rebuild = None;
        Ok(Some(about))
    }

    /// Whether another process has taken the live rows further than this one knows, which is kept from going on meanwhile.
    fn is_behind(&self, session: &mut dyn Session) -> Result<bool, StoreError> {
        let stored = Inbox::load_locked(session, &self.consumer)?;
        Ok(self.sources().any(|source| {
            let (stored, known) = (stored.cursors(source), self.inbox.cursors(source));
            stored.positions.iter().any(|((topic, part), position)| *position > known.position(topic, *part))
        }))
    }

    fn drop_shadow(&mut self, session: &mut dyn Session) -> Result<Option<Shadow>, StoreError> {
        self.rebuild = None;
        self.answer_waiting(|| Ok(None));
        session.begin()?;
        let dropped = shadow::read(session, self.name(), Lock::Update)?;
        shadow::forget(session, self.name(), self.shadow, &shadow::consumer_of(&self.consumer))?;
        session.commit()?;
        Ok(dropped)
    }
}

/// How far a rebuild has come with a step.
enum Caught {
    /// There may be more events.
    Some,
    /// It stands where the live rows do.
    All,
    /// The database knows of another rebuild, or of none.
    Replaced,
}

/// The next events of all sources, not past the cursors of `not_past`.
fn take(
    subscriptions: &mut [(ServiceName, Box<dyn Subscription>)],
    inbox: &mut Inbox,
    not_past: Option<&Inbox>,
) -> Result<Vec<Delivery>, StoreError> {
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
    Ok(taken)
}

/// The name under which a projection's cursors are kept.
pub(crate) fn consumer_of(service: ServiceName, projection: &dyn Projection) -> String {
    format!("{service}.{}", projection.name())
}

/// The table that a rebuild fills: the same columns under another name. Made once per projection, for the process's life.
fn shadow_of(table: &'static Table) -> &'static Table {
    Box::leak(Box::new(Table {
        name: Box::leak(shadow::table_name(table).into_boxed_str()),
        columns: table.columns,
        key_columns: table.key_columns,
        indexes: &[],
        layout: table.layout,
    }))
}
