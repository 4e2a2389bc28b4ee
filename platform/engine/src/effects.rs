//! Effects: calls to the outside, such as a payment gateway's. The intent commits before the call is made, and the answer
//! comes back as a message, so a crash at any point leaves a row that says what is to be found out.

use contracts::Timestamp;
use uuid::Uuid;

use crate::{
    service::{Asked, Cause, EffectPolicy, Service},
    session::{Filter, Lock, Select, Session, StoreError, Update},
    system::EFFECT,
    table::ColumnSet,
    value::{Field, Row, Value},
};

/// How long a call may take before another process may find out what became of it.
pub(crate) const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

/// A service that calls nobody has this as its request and response.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NoEffect {}

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// A process is calling, until the lease ends; then nobody knows.
    Running,
    /// The answer was handled.
    Done,
    /// Given up after many attempts; a person must look.
    Failed,
}
crate::text_field!(EffectState);

/// A call to make, or to find out about.
#[derive(Clone, Debug)]
pub(crate) struct Call<S: Service> {
    pub idempotency_key: String,
    pub policy: EffectPolicy,
    pub request: S::Request,
    pub attempts: u32,
    pub cause: Cause,
    /// Whether a process may have called already.
    pub unknown: bool,
}

impl<S: Service> Call<S> {
    /// A call that a decision has just asked for.
    pub fn new(asked: Asked<S::Request>, causation_id: Uuid) -> Self {
        let cause = Cause { id: causation_id, correlation_id: asked.correlation_id };
        Self {
            idempotency_key: asked.idempotency_key,
            policy: asked.policy,
            request: asked.request,
            attempts: 0,
            cause,
            unknown: false,
        }
    }

    pub fn to_row(&self, state: EffectState, due: Timestamp) -> Row {
        vec![
            Value::Text(self.idempotency_key.clone()),
            crate::record::variant_name(&self.policy),
            crate::record::to_json(&self.request),
            state.to_value(),
            self.attempts.to_value(),
            due.to_value(),
            Value::Id(self.cause.id),
            Value::Id(self.cause.correlation_id),
        ]
    }

    /// The row of a call that is stored as running, and has been answered.
    pub fn ended(&self, now: Timestamp) -> Update {
        /// `state` and `due_us`.
        const CHANGED: ColumnSet = ColumnSet::of(&[3, 5]);
        Update { row: self.to_row(EffectState::Done, now), changed: CHANGED }
    }

    fn from_row(row: Row) -> Result<(Self, EffectState), StoreError> {
        let columns = &mut row.into_iter();
        let idempotency_key = crate::record::next(columns)?;
        let policy = crate::record::variant(columns.next().unwrap_or(Value::Null), "an effect's policy")?;
        let request = crate::record::next_json(columns)?;
        let state = crate::record::next(columns)?;
        let attempts = crate::record::next(columns)?;
        let _due: Timestamp = crate::record::next(columns)?;
        let cause =
            Cause { id: crate::record::next(columns)?, correlation_id: crate::record::next(columns)? };
        Ok((Self { idempotency_key, policy, request, attempts, cause, unknown: true }, state))
    }
}

/// The effects with these keys that are not ended, locked.
pub(crate) fn open<S: Service>(
    session: &mut dyn Session,
    keys: Vec<Value>,
) -> Result<Vec<Call<S>>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::In { column: "idem_key", values: keys };
    let rows = session.select(&Select { table: &EFFECT, filter, lock: Lock::Update })?;
    let calls: Vec<(Call<S>, EffectState)> =
        rows.into_iter().map(Call::from_row).collect::<Result<_, _>>()?;
    Ok(calls.into_iter().filter(|(_, state)| *state == EffectState::Running).map(|(call, _)| call).collect())
}

/// Takes over the effects whose lease ends by `until`: their process is gone, or their answers were lost, and what became of them is not
/// known.
pub(crate) fn take_over<S: Service>(
    session: &mut dyn Session,
    until: Timestamp,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Call<S>>, StoreError> {
    let taken = take_over_in_transaction(session, until, now, limit);
    undo_where_it_failed(session, taken)
}

fn take_over_in_transaction<S: Service>(
    session: &mut dyn Session,
    until: Timestamp,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Call<S>>, StoreError> {
    let mut calls: Vec<Call<S>> = Vec::new();
    session.begin()?;
    let equal = vec![("state", EffectState::Running.to_value())];
    let filter = Filter::Until { equal, column: "due_us", until: until.0, limit };
    for row in session.select(&Select { table: &EFFECT, filter, lock: Lock::Update })? {
        let (mut call, _) = Call::from_row(row)?;
        call.attempts += 1;
        calls.push(call);
    }
    if calls.is_empty() {
        session.rollback();
        return Ok(calls);
    }
    let lease = now.plus(LEASE);
    session.upsert(&EFFECT, calls.iter().map(|call| call.to_row(EffectState::Running, lease)).collect())?;
    session.commit()?;
    Ok(calls)
}

/// A transaction that is left open would lock out the session that the lane recovers with.
fn undo_where_it_failed<T>(
    session: &mut dyn Session,
    result: Result<T, StoreError>,
) -> Result<T, StoreError> {
    if result.is_err() {
        session.rollback();
    }
    result
}

/// Notes that an effect was given up.
pub(crate) fn give_up<S: Service>(
    session: &mut dyn Session,
    idempotency_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let noted = give_up_in_transaction::<S>(session, idempotency_key, now);
    undo_where_it_failed(session, noted)
}

fn give_up_in_transaction<S: Service>(
    session: &mut dyn Session,
    idempotency_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    session.begin()?;
    let given_up = open::<S>(session, vec![idempotency_key.into()])?;
    session.upsert(&EFFECT, given_up.iter().map(|call| call.to_row(EffectState::Failed, now)).collect())?;
    session.commit()
}
