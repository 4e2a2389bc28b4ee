//! Ordering's log, for a fulfilment service at work on a real database.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::{Embedded, Log, Logged};
use contracts::ServiceName;
use uuid::Uuid;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log in which all has happened already.
struct FinishedLog(Vec<Arc<Logged>>);

impl Log for FinishedLog {
    fn epoch(&self) -> Uuid {
        Uuid::nil()
    }

    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
        // Later positions come later, so each partition's last one stays.
        Ok(self.0.iter().map(|logged| ((logged.topic.clone(), logged.partition), logged.position)).collect())
    }

    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
        let wanted = |logged: &&Arc<Logged>| {
            &*logged.topic == topic && logged.partition == partition && logged.position > after
        };
        Ok(self.0.iter().filter(wanted).take(limit).cloned().collect())
    }
}

/// A transport on which ordering has published these events.
pub fn transport_with(events: Vec<Arc<Logged>>) -> Embedded {
    let transport = Embedded::new();
    transport.add_producer(ServiceName::Ordering, Arc::new(FinishedLog(events))).expect("a readable log");
    transport
}

/// Asks again until the answer is yes.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let asking = async {
        while !asked().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("it never came to this: {what}"));
}
