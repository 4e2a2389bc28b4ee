//! Routes: a customer's own notifications, all of them for staff, and the development mailbox for admins.

mod mailbox;
mod mine;
mod staff;
mod views;

use std::sync::Arc;

use contracts::Timestamp;
use engine::{Clock, Engine};
use host::{Page, Problem};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{channel::mailbox::DevelopmentMailbox, render::Renderer, service::Notifications, store::Place};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<Notifications>,
    pub renderer: Arc<Renderer>,
    pub mailbox: Arc<DevelopmentMailbox>,
    pub clock: Arc<dyn Clock>,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(mine::my_notifications))
        .routes(routes!(staff::list_notifications))
        .routes(routes!(staff::get_notification))
        .routes(routes!(staff::retry_notification))
        .routes(routes!(staff::retry_failed_notifications))
        .routes(routes!(mailbox::list_mailbox))
        .routes(routes!(mailbox::get_mail))
        .with_state(api)
}

/// The place that a page comes after.
fn place(cursor: &str) -> Result<Place, Problem> {
    let parsed = cursor
        .split_once('.')
        .and_then(|(at, id)| Some((Timestamp(at.parse().ok()?), id.parse::<Uuid>().ok()?)));
    parsed.ok_or_else(host::invalid_cursor)
}

/// A page of items that were found with one more than it shows.
fn page<T, V>(found: Vec<T>, limit: u32, place: impl Fn(&T) -> Place, view: impl Fn(T) -> V) -> Page<V> {
    let cursor = |last: &T| {
        let (at, id) = place(last);
        format!("{}.{id}", at.0)
    };
    Page::cut(found, limit, cursor, view)
}
