//! Calls to channels: a notification is read, put into words and handed over.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use engine::{Clock, Outside, OutsideError};
use host::LinkTokens;
use uuid::Uuid;

use crate::{
    channel::{Channel, Rendered},
    domain::{Outcome, State},
    message::{Request, Response},
    queue::Queue,
    render::Renderer,
    service::Notifications,
};

/// The channels, as the engine calls them.
pub(crate) struct Deliveries {
    /// Puts notifications into words.
    pub renderer: Arc<Renderer>,
    /// Makes the tokens of links. They are made here and are nowhere but in the mail.
    pub links: LinkTokens,
    /// The way that mail takes.
    pub email: Arc<dyn Channel>,
    /// The ways that mail takes or took, which may have kept some: settings change, and what was kept stays.
    pub keepers: Vec<Arc<dyn Channel>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The notifications; known once the service's engine is there, before its first call.
    pub queue: OnceLock<Queue>,
}

impl Deliveries {
    async fn send(&self, id: Uuid) -> Outcome {
        let Some(queue) = self.queue.get() else { return Outcome::Busy };
        let notification = match queue.read(id).await {
            Ok(Some(notification)) => notification,
            Ok(None) => return Outcome::Refused("there is no such notification".to_owned()),
            Err(error) => return Outcome::Retry(error.to_string()),
        };
        if notification.state != State::Queued {
            return Outcome::Refused("it is not to be sent any more".to_owned());
        }
        let (Some(recipient), Some(letter)) = (&notification.recipient, &notification.letter) else {
            return Outcome::Refused("its customer has left".to_owned());
        };
        let at = self.clock.now();
        let words = match self.renderer.render(letter, Some(&self.links)) {
            Ok(words) => words,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let rendered = Rendered {
            notification_id: id,
            recipient: recipient.clone(),
            name: letter.name.clone(),
            subject: words.subject,
            text: words.text,
            html: words.html,
            at,
        };
        self.email.send(&rendered).await
    }
}

#[async_trait]
impl Outside<Notifications> for Deliveries {
    async fn call(&self, _: &str, request: &Request) -> Result<Response, OutsideError> {
        match request {
            Request::Send { notification_id } => Ok(Response::Ended(self.send(*notification_id).await)),
            Request::Forget { notification_ids } => {
                for keeper in &self.keepers {
                    let forgotten = keeper.forget(notification_ids).await;
                    forgotten.map_err(|error| OutsideError::Unavailable(error.to_string()))?;
                }
                Ok(Response::Forgotten)
            }
        }
    }

    async fn ask(&self, _: &str, _: &Request) -> Result<Option<Response>, OutsideError> {
        // No channel is asked what it has taken: a repeat has the same name.
        Ok(None)
    }
}
