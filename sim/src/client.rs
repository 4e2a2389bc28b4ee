//! Clients: whoever sends commands and waits for their answers.

use contracts::Refusal;
use engine::{CommandError, CommandKey};
use uuid::Uuid;

use crate::{
    ask::{Answer, Ask, Reply},
    invariants::Violation,
    shop::Shop,
};

/// Somebody who sends commands, one at a time.
pub trait Client {
    /// The command whose answer is waited for.
    fn awaits(&self) -> Option<Uuid>;

    /// Takes the next step, when nothing is waited for.
    fn act(&mut self, shop: &mut Shop);

    /// Hears an answer.
    fn hear(&mut self, answer: Answer, shop: &mut Shop);

    /// Waits no longer; the command will be sent again.
    fn give_up(&mut self);

    /// Whether there is nothing left to do. Staff are done when nothing is to be done now.
    fn is_done(&self, shop: &Shop) -> bool;
}

/// What an answer means to whoever must go on.
#[allow(clippy::large_enum_variant)] // Made once per command.
pub enum Heard {
    /// It was done.
    Done(Reply),
    /// It was refused.
    Refused(Refusal),
    /// Nothing is known: the same command again.
    Again,
}

/// Reads an answer. An error of the program is one in every case.
pub fn heard(answer: Answer, shop: &Shop) -> Heard {
    match answer {
        Ok(reply) => Heard::Done(reply),
        Err(CommandError::Refused(refusal)) => Heard::Refused(refusal),
        Err(CommandError::Unavailable) => Heard::Again,
        Err(CommandError::Internal) => {
            let message = "a command met an error of the program".to_owned();
            shop.faults.report(Violation::new("no_internal_error", message));
            Heard::Again
        }
    }
}

/// A command that is sent under one key until it is answered.
pub struct Errand {
    /// What is asked.
    pub ask: Ask,
    /// Its key.
    pub key: CommandKey,
    /// The answer that is waited for.
    pub ticket: Option<Uuid>,
}

impl Errand {
    /// A new one, not yet sent.
    pub fn new(ask: Ask, shop: &mut Shop) -> Self {
        Self { ask, key: shop.new_key(), ticket: None }
    }

    /// Sends it, for the first time or again.
    pub fn send(&mut self, shop: &mut Shop) {
        self.ticket = Some(shop.ask(self.ask.clone(), Some(self.key)));
    }
}
