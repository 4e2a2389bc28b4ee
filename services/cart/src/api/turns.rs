//! Turns: of requests with the same `Idempotency-Key`, one at a time goes its way, and the next one finds its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use engine::CommandKey;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The requests of this process that are under way, by key.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<CommandKey, Weak<Turn<()>>>>);

impl Turns {
    /// Waits until no equal request is under way. The turn lasts until what is answered here is dropped; a request without a key
    /// waits for nobody.
    pub async fn of(&self, key: Option<CommandKey>) -> Option<OwnedMutexGuard<()>> {
        let turn = self.turn(key?);
        Some(turn.lock_owned().await)
    }

    fn turn(&self, key: CommandKey) -> Arc<Turn<()>> {
        let mut turns = self.0.lock();
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }
}
