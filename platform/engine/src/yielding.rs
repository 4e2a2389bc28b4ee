//! Work that yields: a service that nobody waits for takes what the others leave of the processors and of the disk.

use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much less of a processor than others: about a tenth, where there is too little for all.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How long a lane that yields waits after a batch: what has come meanwhile is one batch, and one flush to the disk that all share.
pub(crate) const BATCH_EVERY: Duration = Duration::from_millis(200);

/// From now on this thread yields to others. Where the system does not do that for a thread, it goes on as before.
pub(crate) fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread cannot yield to others");
    }
}

/// Where the calls of a service run.
pub(crate) enum CallRuntime {
    /// Beside all else.
    Shared(Handle),
    /// On a thread of its own, which yields. None while it is dropped.
    Yielding(Option<Runtime>),
}

impl CallRuntime {
    /// For calls that nobody waits for, or that somebody does. Called inside of a runtime.
    pub fn new(yields: bool) -> std::io::Result<Self> {
        if !yields {
            return Ok(Self::Shared(Handle::current()));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("yielding-calls")
            .on_thread_start(yield_to_others)
            .enable_all()
            .build()?;
        Ok(Self::Yielding(Some(runtime)))
    }

    /// Runs a call.
    pub fn spawn(&self, call: impl Future<Output = ()> + Send + 'static) {
        match self {
            Self::Shared(runtime) => drop(runtime.spawn(call)),
            Self::Yielding(runtime) => drop(runtime.as_ref().map(|runtime| runtime.spawn(call))),
        }
    }
}

impl Drop for CallRuntime {
    /// Calls that are under way end with it: they are asked for again at the next start. A runtime may not be waited for inside of another.
    fn drop(&mut self) {
        if let Self::Yielding(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}
