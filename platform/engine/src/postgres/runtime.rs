//! The runtime of one session, on the thread that uses it.

use crate::session::StoreError;

/// A session's own runtime. It may be dropped anywhere, also inside of another runtime, because it does not wait for its end.
pub(super) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub fn new() -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map(|runtime| Self(Some(runtime))).map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

impl std::ops::Deref for Runtime {
    type Target = tokio::runtime::Runtime;

    #[allow(clippy::expect_used)] // It is taken out only when it is dropped.
    fn deref(&self) -> &tokio::runtime::Runtime {
        self.0.as_ref().expect("the runtime is there until it is dropped")
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
