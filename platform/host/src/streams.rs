//! Answers that do not end by themselves: so many at once, and no longer than the shop is at work.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::problem::Problem;

/// The open streams of a service.
#[derive(Clone, Debug)]
pub struct Streams {
    places: Arc<Semaphore>,
    closing: Arc<watch::Sender<bool>>,
}

/// A stream's place among the others. It is free again when this is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    _permit: OwnedSemaphorePermit,
    closing: watch::Receiver<bool>,
}

impl Streams {
    /// Room for so many.
    pub fn new(streams_max: usize) -> Self {
        let closing = Arc::new(watch::channel(false).0);
        Self { places: Arc::new(Semaphore::new(streams_max)), closing }
    }

    /// A place for another stream.
    ///
    /// # Errors
    /// 503 with code `too_many_streams` when all are taken.
    pub fn open(&self) -> Result<StreamPlace, Problem> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| {
            let detail = "As many streams are open as the shop serves at once. Try again, or ask for the state now and then.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", detail)
        })?;
        Ok(StreamPlace { _permit: permit, closing: self.closing.subscribe() })
    }

    /// Tells all streams, also those that come later, to end.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl StreamPlace {
    /// Waits until the stream is to end.
    pub async fn closed(&mut self) {
        // A sender that has gone closes nothing any more, and its service is gone as well.
        let _ = self.closing.wait_for(|closing| *closing).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Streams;

    #[tokio::test]
    async fn places_are_bounded_and_free_again() {
        let streams = Streams::new(2);
        let (first, mut second) = (streams.open().expect("a place"), streams.open().expect("a place"));
        assert_eq!(streams.open().expect_err("no place").code, "too_many_streams");
        drop(first);
        let mut third = streams.open().expect("the place of the first");
        streams.close();
        tokio::join!(second.closed(), third.closed());
        drop(second);
        streams.open().expect("a place").closed().await;
    }
}
