//! A message on its way into a batch, and what became of it.

use bus::Delivery;
use contracts::{Envelope, Refusal};
use uuid::Uuid;

use crate::{
    audit_log::Actor,
    commands::CommandKey,
    parking::Parked,
    service::{Cause, Service},
};

/// Where a message came from; each origin has its own bookkeeping in the batch's transaction.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A caller waits for the reply. The key is there when the caller may repeat the command, the actor where it is one of the
    /// shop's people.
    Command { key: Option<CommandKey>, actor: Option<Actor> },
    /// Another service's event.
    Event(Delivery),
    /// A timer of this service, by its key, and the id that tells it from a later one of that key.
    Timer { subject: String, name: String, id: Uuid },
    /// The outside has answered.
    Effect { idempotency_key: String },
    /// A parked message is tried again.
    Parked(Box<Parked>),
}

impl Origin {
    /// Whether a caller waits. All other messages cannot be refused, only parked.
    pub fn is_command(&self) -> bool {
        matches!(self, Self::Command { .. })
    }

    /// The event that the message is of, where it is one.
    pub fn event(&self) -> Option<&Envelope> {
        match self {
            Self::Event(delivery) => Some(&delivery.logged.event),
            _ => None,
        }
    }
}

/// A message on its way into a batch.
pub(crate) struct Incoming<S: Service> {
    pub origin: Origin,
    /// The message; `None` for an event that says nothing to this service, an error for one that cannot be read.
    pub message: Result<Option<S::Message>, String>,
    /// The aggregate it goes to: what is parked when it fails.
    pub subject: String,
    pub cause: Cause,
}

impl<S: Service> Incoming<S> {
    /// A delivered event, translated.
    pub fn event(service: &S, delivery: Delivery) -> Self {
        let event = &delivery.logged.event;
        let message = service.receive(event).map_err(|error| describe(&error));
        let subject = match &message {
            Ok(Some(message)) => service.key(message).to_string(),
            _ => event.subject.clone(),
        };
        let cause = Cause { id: event.id, correlation_id: event.correlation_id };
        Self { message, subject, cause, origin: Origin::Event(delivery) }
    }

    /// A message of this service's own.
    pub fn message(service: &S, origin: Origin, message: S::Message, cause: Cause) -> Self {
        let subject = service.key(&message).to_string();
        Self { origin, message: Ok(Some(message)), subject, cause }
    }
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<R> {
    /// A command was decided, now or when it came first.
    Decided(Result<R, Refusal>),
    /// The command could not be carried out; the cause is logged.
    Failed(CommandError),
    /// Any other message was handled.
    Handled,
    /// It had been handled before, or is none of this service's business.
    Skipped,
    /// It waits: deferred, parked, or behind a parked one.
    Waiting,
}

impl<R> Outcome<R> {
    /// What the caller of a command is told.
    pub fn answer(self) -> Result<R, CommandError> {
        match self {
            Self::Decided(Ok(answer)) => Ok(answer),
            Self::Decided(Err(refusal)) => Err(refusal.into()),
            Self::Failed(error) => Err(error),
            Self::Handled | Self::Skipped | Self::Waiting => Err(CommandError::Internal),
        }
    }
}

/// Why a command has no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A business rule says no. Nothing has changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine is stopping or overloaded, or its store does not answer. Whether the command was carried out is not known
    /// unless it is sent again under the same idempotency key.
    #[error("the service cannot answer now")]
    Unavailable,
    /// The command met an error of the program; the cause is logged. Nothing has changed.
    #[error("the service has met an unexpected error")]
    Internal,
}

/// An error with its chain of causes, on one line.
pub(crate) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
