#![doc = include_str!("../README.md")]

mod api;
mod channel;
mod config;
mod decisions;
mod domain;
mod effects;
mod events;
mod message;
mod queue;
mod render;
mod service;
mod store;

use std::sync::{Arc, OnceLock};

use contracts::ServiceName;
use engine::{EngineError, StoreError};

use channel::{Channel, mailbox::DevelopmentMailbox, smtp::SmtpChannel};

pub use config::{Config, Encryption, MailBy, Smtp};
pub use domain::{
    CancelReason, ChannelName, Contact, Customer, EventRef, Kind, Letter, Line, Link, Notification, Order,
    Outcome, Parcel, State, Subject, notification_id,
};
pub use message::{Change, LinkUse, Message, NewLink, NewOrder, Request, Response};
pub use render::TemplateError;
pub use service::{Fact, Notifications};

/// Mounts the service. The development mailbox is `mailbox/mails.jsonl` in the data directory.
///
/// # Errors
/// Its database or the mailbox cannot be opened, or the settings are not ones that [`Config::check`] lets through.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let broken = |why: String| EngineError::Store {
        service: ServiceName::Notification,
        source: StoreError::Unavailable(why),
    };
    let sender = config.sender(&ctx.shop).map_err(broken)?;
    let renderer = render::Renderer::new(&ctx.shop, config.templates.as_deref());
    let renderer = Arc::new(renderer.map_err(|error| broken(error.to_string()))?);
    // In a folder of its own: backups take the data directory's files, and live links have no place in an archive.
    let path = ctx.data.join("mailbox").join("mails.jsonl");
    let mailbox = DevelopmentMailbox::open(&path, config.mailbox_mails_max, sender.clone());
    let mailbox = Arc::new(mailbox.map_err(|error| broken(format!("{}: {error}", path.display())))?);
    let (email, keepers): (Arc<dyn Channel>, Vec<Arc<dyn Channel>>) = match config.mail_by {
        MailBy::Mailbox => (mailbox.clone(), vec![mailbox.clone()]),
        MailBy::Smtp => {
            let smtp = Arc::new(SmtpChannel::new(sender, &config.smtp).map_err(broken)?);
            (smtp.clone(), vec![smtp, mailbox.clone()])
        }
    };
    let deliveries = Arc::new(effects::Deliveries {
        renderer: renderer.clone(),
        links: ctx.secrets.link_tokens(),
        email,
        keepers,
        clock: ctx.clock.clone(),
        queue: OnceLock::new(),
    });
    let opened = ctx.open(Notifications::new(config), Some(deliveries.clone())).await?;
    let engine = opened.engine();
    // Nobody else sets it, and calls begin once the service is started.
    let _ = deliveries.queue.set(queue::Queue::new(engine.reads().clone()));
    let clock = ctx.clock.clone();
    let routes = api::routes(api::Api { engine, renderer, mailbox, clock });
    Ok(host::Mounted { routes, service: host::hosted(opened) })
}
