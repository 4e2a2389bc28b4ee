//! Recorded replies: a command that comes again under its key gets the answer that it got first, a refusal too.

use std::collections::HashMap;

use contracts::{Refusal, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    session::{Filter, Lock, Select, Session, StoreError},
    system::COMMAND,
    value::{Row, UnreadableValue, Value},
};

/// What a repeated command is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommandKey {
    /// Of principal, route and idempotency key.
    pub id: Uuid,
    /// Of the request, to tell a repeat from another request under the same key.
    pub request_hash: Uuid,
}

/// Replies by command id: those recorded earlier, and those of this batch.
pub(crate) struct Replies<R> {
    recorded: HashMap<Uuid, (Uuid, Result<R, Refusal>)>,
    new: Vec<Row>,
}

impl<R: Serialize + DeserializeOwned + Clone> Replies<R> {
    /// Reads the recorded replies to these commands.
    pub fn load(session: &mut dyn Session, commands: Vec<CommandKey>) -> Result<Self, StoreError> {
        let mut replies = Self { recorded: HashMap::new(), new: Vec::new() };
        if commands.is_empty() {
            return Ok(replies);
        }
        let mut ids: Vec<Value> = commands.into_iter().map(|command| Value::Id(command.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let filter = Filter::In { column: "id", values: ids };
        for row in session.select(&Select { table: &COMMAND, filter, lock: Lock::None })? {
            let columns = &mut row.into_iter();
            let id = crate::record::next(columns)?;
            let request_hash = crate::record::next(columns)?;
            let reply = crate::record::next_json(columns)?;
            replies.recorded.insert(id, (request_hash, reply));
        }
        Ok(replies)
    }

    /// The reply to a command that came before; a refusal when its key came with another request.
    pub fn recorded(&self, command: CommandKey) -> Option<Result<R, Refusal>> {
        let (request_hash, reply) = self.recorded.get(&command.id)?;
        if *request_hash == command.request_hash {
            return Some(reply.clone());
        }
        Some(Err(Refusal::invalid(
            "idempotency_key_reused",
            "This Idempotency-Key came before with another request. Use a new key for a new request.",
        )))
    }

    /// Records a reply, to be written with the batch.
    pub fn record(&mut self, command: CommandKey, reply: &Result<R, Refusal>, now: Timestamp) {
        self.recorded.insert(command.id, (command.request_hash, reply.clone()));
        self.new.push(vec![
            Value::Id(command.id),
            Value::Id(command.request_hash),
            crate::record::to_json(reply),
            Value::Integer(now.0),
        ]);
    }

    /// The rows to write.
    pub fn into_rows(self) -> Vec<Row> {
        self.new
    }
}

impl From<serde_json::Error> for UnreadableValue {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error, "JSON")
    }
}
