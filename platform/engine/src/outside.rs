//! Calls to the outside, made after their intent has committed, until it is known how each ended.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::{
    effects::Call,
    service::{Cause, EffectPolicy, Service},
    yielding::CallRuntime,
};

/// How many calls of a service are under way at once, at most.
const CALLS_MAX: usize = 256;

/// How long one call may take before its outcome counts as unknown.
const CALL_PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before trying again.
const RETRY_DELAYS: [Duration; 10] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
];

/// How long to wait after those, and how often: three days. After the last, the effect has failed and a person must look.
const LATE_RETRY_DELAY: Duration = Duration::from_secs(3_600);
const LATE_RETRIES: usize = 72;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It may or may not have been carried out.
    #[error("the outcome is not known: {0}")]
    Unknown(String),
    /// It was certainly not carried out.
    #[error("the outside does not answer: {0}")]
    Unavailable(String),
}

/// What a service calls: a payment gateway, a carrier. An answer of "no" is a response, not an error.
#[async_trait]
pub trait Outside<S: Service>: Send + Sync {
    /// Makes the call. The same idempotency key is carried out at most once, whoever calls.
    ///
    /// # Errors
    /// See [`OutsideError`].
    async fn call(&self, idempotency_key: &str, request: &S::Request) -> Result<S::Response, OutsideError>;

    /// Asks what became of a call; `None` when the outside never heard of the key.
    ///
    /// # Errors
    /// See [`OutsideError`].
    async fn ask(
        &self,
        idempotency_key: &str,
        request: &S::Request,
    ) -> Result<Option<S::Response>, OutsideError>;
}

/// An effect that has ended: with an answer, or given up.
pub(crate) struct Ended<S: Service> {
    pub idempotency_key: String,
    pub request: S::Request,
    pub cause: Cause,
    /// `None` when it was given up.
    pub response: Option<S::Response>,
}

/// A call's place among those that this process works on, until what it came to has committed, or was lost.
pub(crate) struct UnderWay {
    idempotency_key: String,
    all: Arc<Mutex<HashSet<String>>>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.lock().remove(&self.idempotency_key);
    }
}

/// Makes the calls of a service.
pub(crate) struct Caller<S: Service> {
    outside: Arc<dyn Outside<S>>,
    room: Arc<Semaphore>,
    /// Effects that this process works on, so that it does not take over its own.
    under_way: Arc<Mutex<HashSet<String>>>,
    /// Attempts that failed, for whoever watches.
    failures: Arc<AtomicU64>,
}

impl<S: Service> Caller<S> {
    pub fn new(outside: Arc<dyn Outside<S>>, failures: Arc<AtomicU64>) -> Self {
        Self { outside, room: Arc::new(Semaphore::new(CALLS_MAX)), under_way: Arc::default(), failures }
    }

    /// How many calls have a place.
    pub fn calls_under_way(&self) -> usize {
        self.under_way.lock().len()
    }

    /// Starts a call; `ended` hears how it ended. One that is under way is not started again: says whether it was started.
    pub fn start(
        self: &Arc<Self>,
        runtime: &CallRuntime,
        call: Call<S>,
        ended: impl FnOnce(Ended<S>, UnderWay) + Send + 'static,
    ) -> bool {
        if !self.under_way.lock().insert(call.idempotency_key.clone()) {
            return false;
        }
        let place = UnderWay { idempotency_key: call.idempotency_key.clone(), all: self.under_way.clone() };
        let caller = self.clone();
        runtime.spawn(async move {
            let response = caller.run(&call).await;
            let Call { idempotency_key, request, cause, .. } = call;
            ended(Ended { idempotency_key, request, cause, response }, place);
        });
        true
    }

    async fn run(&self, call: &Call<S>) -> Option<S::Response> {
        let mut attempts = Attempts::of(call);
        loop {
            let error = match self.attempt(call, &attempts).await {
                Ok(response) => return Some(response),
                Err(error) => error,
            };
            self.failures.fetch_add(1, Ordering::Relaxed);
            let delay = attempts.failed::<S>(call, &error);
            // The wait is the retry's own; nothing else could end it.
            #[allow(clippy::disallowed_methods)]
            tokio::time::sleep(delay?).await;
        }
    }

    async fn attempt(&self, call: &Call<S>, attempts: &Attempts) -> Result<S::Response, OutsideError> {
        let _room =
            self.room.acquire().await.map_err(|error| OutsideError::Unavailable(error.to_string()))?;
        match tokio::time::timeout(CALL_PATIENCE, attempts.attempt(&*self.outside, call)).await {
            Ok(answer) => answer,
            Err(_) => Err(OutsideError::Unknown(format!("no answer within {} s", CALL_PATIENCE.as_secs()))),
        }
    }
}

/// The attempts at one call: what is known of those before, and how long until the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    /// Whether the outside may have carried it out.
    unknown: bool,
    made: usize,
}

impl Attempts {
    pub fn of<S: Service>(call: &Call<S>) -> Self {
        Self { unknown: call.unknown, made: 0 }
    }

    /// Calls, or asks first what became of the calls before, as the effect's policy says.
    pub async fn attempt<S: Service>(
        &self,
        outside: &dyn Outside<S>,
        call: &Call<S>,
    ) -> Result<S::Response, OutsideError> {
        let key = &call.idempotency_key;
        if self.unknown
            && call.policy == EffectPolicy::Ask
            && let Some(response) = outside.ask(key, &call.request).await?
        {
            return Ok(response);
        }
        outside.call(key, &call.request).await
    }

    /// Notes an attempt that had no answer; says when to make the next one, or `None` when it is given up.
    pub fn failed<S: Service>(&mut self, call: &Call<S>, error: &OutsideError) -> Option<Duration> {
        self.unknown |= matches!(error, OutsideError::Unknown(_));
        tracing::warn!(service = %S::NAME, key = call.idempotency_key, %error, "a call to the outside has no answer yet");
        let late = (self.made < RETRY_DELAYS.len() + LATE_RETRIES).then_some(LATE_RETRY_DELAY);
        let delay = RETRY_DELAYS.get(self.made).copied().or(late);
        self.made += 1;
        delay
    }
}
