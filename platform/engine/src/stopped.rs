//! Whether an engine works at all: what cannot be done now may be done later, unless it has stopped.

use crossbeam_channel::TrySendError;

use crate::{engine::Engine, lane::Work, service::Service};

impl<S: Service> Engine<S> {
    /// Whether all lanes have ended: commands will be refused from now on, however often they come. An engine that is not started yet
    /// has not stopped.
    pub fn has_stopped(&self) -> bool {
        // A full queue is one that somebody empties.
        let has_ended = |sent| matches!(sent, Err(TrySendError::Disconnected(_)));
        self.lanes.iter().all(|lane| has_ended(lane.queue.try_send(Work::Wake)))
    }
}
