//! Work that yields: a service that nobody waits for takes what the others leave of the processors and of the disk.

use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much less of a processor than others: about a tenth, where there is too little for all.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// How long a lane that yields waits after a batch, unless more waits and the processors are free: what has come meanwhile is one batch,
/// and one flush to the disk that all share.
pub(crate) const BATCH_EVERY: Duration = Duration::from_millis(200);

/// How many calls may be under way before a lane that yields takes no more events.
pub(crate) const CALLS_WAITING_MAX: usize = 2_048;

/// From now on this thread yields to others. Where the system does not do that for a thread, it goes on as before.
pub(crate) fn yield_to_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "a thread cannot yield to others");
    }
}

/// What a thread had of the processors since it was last asked.
#[derive(Default)]
pub(crate) struct Share {
    ran_nanos: u64,
    waited_nanos: u64,
}

impl Share {
    /// Whether the thread, ready to work, waited longer for a processor than it had one: there is too little for all. So it is taken to be
    /// where the system does not tell.
    pub fn is_short(&mut self) -> bool {
        let Some((ran, waited)) = schedule_of_this_thread() else { return true };
        let (has_run, has_waited) = (ran - self.ran_nanos.min(ran), waited - self.waited_nanos.min(waited));
        (self.ran_nanos, self.waited_nanos) = (ran, waited);
        // A thread that comes from its work has run; a kernel that does not count says that it has not.
        has_run == 0 || has_waited > has_run
    }
}

/// How long this thread had a processor, and how long it waited for one, in nanoseconds.
fn schedule_of_this_thread() -> Option<(u64, u64)> {
    // The first two numbers of a line, as the kernel's documentation of scheduler statistics says.
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut numbers = line.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::schedule_of_this_thread;

    #[test]
    fn the_system_tells_how_long_a_thread_has_run() {
        let (before, _) = schedule_of_this_thread().expect("the kernel keeps scheduler statistics");
        // Work that lasts until the clock has moved on.
        let begun = std::time::Instant::now();
        while begun.elapsed().as_millis() < 20 {
            std::hint::spin_loop();
        }
        let (after, _) = schedule_of_this_thread().expect("the kernel keeps scheduler statistics");
        assert!(after > before, "{before} {after}");
    }
}
