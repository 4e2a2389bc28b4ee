//! Logs of services that are not there.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bus::{Embedded, Log, Logged};
use contracts::ServiceName;
use parking_lot::Mutex;
use uuid::Uuid;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A log in memory.
#[derive(Default)]
struct MemoryLog {
    events: Mutex<Vec<Arc<Logged>>>,
}

impl Log for MemoryLog {
    fn epoch(&self) -> Uuid {
        Uuid::nil()
    }

    fn heads(&self) -> Result<BTreeMap<(Arc<str>, u8), i64>, String> {
        let mut heads = BTreeMap::new();
        for logged in self.events.lock().iter() {
            let head = heads.entry((logged.topic.clone(), logged.partition)).or_insert(0);
            *head = logged.position.max(*head);
        }
        Ok(heads)
    }

    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
        let events = self.events.lock();
        let wanted = |logged: &&Arc<Logged>| {
            &*logged.topic == topic && logged.partition == partition && logged.position > after
        };
        Ok(events.iter().filter(wanted).take(limit).cloned().collect())
    }
}

/// The services that one listens to, as far as it knows them.
pub struct Others {
    /// What it is mounted with.
    pub transport: Embedded,
    logs: BTreeMap<ServiceName, Arc<MemoryLog>>,
}

#[allow(clippy::expect_used)] // A test's tool: what must not happen ends the test.
impl Others {
    /// These, of which nothing has happened yet.
    pub fn of(sources: &[ServiceName]) -> Self {
        let transport = Embedded::new();
        let mut logs = BTreeMap::new();
        for &source in sources {
            let log = Arc::new(MemoryLog::default());
            transport.add_producer(source, log.clone()).expect("an empty log");
            logs.insert(source, log);
        }
        Self { transport, logs }
    }

    /// Lets an event happen.
    pub fn publish(&self, event: &Arc<Logged>) {
        let source = event.event.source;
        self.logs[&source].events.lock().push(event.clone());
        self.transport.announce(source, std::slice::from_ref(event));
    }
}

/// Asks again until the answer is yes; for a minute.
#[allow(clippy::panic)] // As above.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let asking = async {
        while !asked().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("it never came to this: {what}"));
}
