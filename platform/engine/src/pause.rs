//! All lanes of a service standing still between two batches, so that one moment of several databases can be held.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{RecvTimeoutError, Sender};
use tokio::sync::oneshot;

/// A lane waits no longer than this, whatever becomes of whoever asked it to.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Lanes that stand still until this is dropped.
pub struct Paused {
    arrivals: Vec<oneshot::Receiver<()>>,
    /// The lanes wait for the other ends to go.
    _release: Vec<Sender<()>>,
    broken: Arc<AtomicBool>,
}

impl Paused {
    /// A pause of so many lanes, and what each of them is to do.
    pub(crate) fn of(lanes: usize) -> (Self, Vec<impl FnOnce() + Send + 'static>) {
        let broken = Arc::new(AtomicBool::new(false));
        let (mut arrivals, mut releases, mut errands) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..lanes {
            let (arrive, arrival) = oneshot::channel();
            let (release, released) = crossbeam_channel::bounded::<()>(0);
            let broken = broken.clone();
            arrivals.push(arrival);
            releases.push(release);
            errands.push(move || {
                let _ = arrive.send(());
                if released.recv_timeout(PAUSE_MAX) == Err(RecvTimeoutError::Timeout) {
                    broken.store(true, Ordering::Release);
                }
            });
        }
        (Self { arrivals, _release: releases, broken }, errands)
    }

    /// Waits until all lanes stand still; `None` when one has stopped for good.
    pub(crate) async fn arrived(mut self) -> Option<Self> {
        for arrival in self.arrivals.drain(..) {
            arrival.await.ok()?;
        }
        Some(self)
    }

    /// Whether the lanes have stood still until now. They do not for longer than ten seconds.
    pub fn held(&self) -> bool {
        !self.broken.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::Paused;

    #[test]
    fn lanes_stand_still_until_the_pause_is_dropped() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (paused, errands) = Paused::of(2);
        let lanes: Vec<_> = errands.into_iter().map(std::thread::spawn).collect();
        let paused = runtime.block_on(paused.arrived()).expect("both have come");
        assert!(lanes.iter().all(|lane| !lane.is_finished()) && paused.held());
        drop(paused);
        for lane in lanes {
            lane.join().expect("it goes on");
        }
    }

    #[test]
    fn a_lane_that_has_stopped_is_no_pause() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (paused, errands) = Paused::of(1);
        drop(errands);
        assert!(runtime.block_on(paused.arrived()).is_none());
    }
}
