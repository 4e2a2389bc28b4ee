//! The ways that notifications take, behind one interface. Electronic mail is the only one yet.

mod mail;
pub(crate) mod mailbox;
pub(crate) mod smtp;

use async_trait::async_trait;
use contracts::Timestamp;
use uuid::Uuid;

use crate::domain::Outcome;

/// A notification in words, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The notification.
    pub notification_id: Uuid,
    /// Where it goes.
    pub recipient: String,
    /// What its reader is called.
    pub name: Option<String>,
    /// The subject: one line.
    pub subject: String,
    /// The text for those who see plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The time of the attempt.
    pub at: Timestamp,
}

/// A way that notifications take.
#[async_trait]
pub(crate) trait Channel: Send + Sync {
    /// Tries once. A notification that was taken before may be taken again, under the same name: whoever gets it can tell.
    async fn send(&self, rendered: &Rendered) -> Outcome;

    /// Forgets the content of notifications, where it keeps any.
    ///
    /// # Errors
    /// It cannot do that now.
    async fn forget(&self, _notification_ids: &[Uuid]) -> std::io::Result<()> {
        Ok(())
    }
}
