//! Notifications whose time has come, read many at once: a query for each costs more than its mail.

use std::{collections::HashMap, sync::Arc};

use engine::{Reads, StoreError};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::domain::Notification;

/// A notification could not be read.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The store says why.
    #[error("{0}")]
    Store(Arc<StoreError>),
    /// The process is about to end.
    #[error("the process ends")]
    Ending,
}

type Answer = Result<Option<Arc<Notification>>, ReadError>;

/// Reads notifications for those who are about to send them.
pub(crate) struct Queue {
    reads: Reads,
    /// Who waits, for which notification.
    waiting: Arc<Mutex<Vec<(Uuid, oneshot::Sender<Answer>)>>>,
}

impl Queue {
    /// Reads from here.
    pub fn new(reads: Reads) -> Self {
        Self { reads, waiting: Arc::default() }
    }

    /// A notification as it is now, read together with those that others ask for at the same time.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(&self, id: Uuid) -> Answer {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock();
            waiting.push((id, answer));
            waiting.len() == 1
        };
        if is_first {
            let (reads, waiting) = (self.reads.clone(), self.waiting.clone());
            // A task of its own: whoever asked first may stop waiting, and the others do not.
            tokio::spawn(async move {
                // Whoever is ready asks now.
                tokio::task::yield_now().await;
                let asked = std::mem::take(&mut *waiting.lock());
                answer_all(&reads, asked).await;
            });
        }
        answered.await.unwrap_or(Err(ReadError::Ending))
    }
}

async fn answer_all(reads: &Reads, asked: Vec<(Uuid, oneshot::Sender<Answer>)>) {
    let found = reads.all_of::<Notification>(asked.iter().map(|(id, _)| *id)).await;
    let of_id = |notification: Notification| (notification.id, Arc::new(notification));
    let found: Result<HashMap<_, _>, _> = found.map(|found| found.into_iter().map(of_id).collect());
    if matches!(found, Err(StoreError::Unreadable(_))) {
        // One of them stands alone, and does not hold up the others.
        for (id, answer) in asked {
            let one = reads.get::<Notification>(id).await.map(|found| found.map(Arc::new));
            let _ = answer.send(one.map_err(|error| ReadError::Store(Arc::new(error))));
        }
        return;
    }
    let found = found.map_err(|error| ReadError::Store(Arc::new(error)));
    for (id, answer) in asked {
        let one = found.as_ref().map(|found| found.get(&id).cloned()).map_err(ReadError::clone);
        // Whoever has stopped waiting asks again.
        let _ = answer.send(one);
    }
}
