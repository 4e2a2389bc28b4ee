//! The service as the engine sees it.

use std::time::Duration;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, Publication, Rows, Service, Subscription, Table};

use crate::{
    config::Config,
    decisions,
    domain::{Customer, Subject},
    events,
    message::{Message, Request, Response},
    store,
};

/// The settings as the rules read them.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Where the shop's own mail goes.
    pub shop_email: Option<String>,
    /// How long after an event it is still news.
    pub news_for: Duration,
    /// How long sending is tried.
    pub give_up_after: Duration,
}

/// What happened here that others hear of: nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {}

/// The notification service.
#[derive(Clone, Debug)]
pub struct Notifications {
    rules: Rules,
}

impl Notifications {
    /// The service with these settings.
    pub fn new(config: &Config) -> Self {
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3_600);
        let rules = Rules {
            shop_email: config.shop_email.clone(),
            news_for: hours(config.news_hours),
            give_up_after: hours(config.give_up_after_hours),
        };
        Self { rules }
    }
}

impl Service for Notifications {
    const NAME: ServiceName = ServiceName::Notification;
    // Whoever orders does not wait for mail.
    const YIELDS: bool = true;

    type Message = Message;
    /// How many notifications staff have queued again; 0 for all other messages.
    type Reply = u32;
    type Fact = Fact;
    type Request = Request;
    type Response = Response;

    fn tables(&self) -> Vec<&'static Table> {
        store::tables()
    }

    fn key(&self, message: &Message) -> Key {
        message.key()
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        decisions::needs(&self.rules, message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<u32, Refusal> {
        let rules = &self.rules;
        match message {
            Message::Submitted { event, order } => decisions::submitted(rules, *event, order, rows, cx),
            Message::Order { event, order_id, change } => {
                decisions::order_changed(rules, *event, *order_id, change, rows, cx)?;
            }
            Message::Link { event, link } => decisions::link_requested(rules, *event, link, rows, cx),
            Message::LowStock { event, product_id, available, threshold } => {
                let (product_id, available, threshold) = (*product_id, *available, *threshold);
                let subject = Subject::LowStock { product_id, available, threshold };
                decisions::low_stock(rules, *event, subject, rows, cx);
            }
            Message::Renamed { customer_id, name, sequence } => {
                let known = rows.get::<Customer>(*customer_id).cloned();
                let mut customer = known.unwrap_or_else(|| Customer::unknown(*customer_id));
                customer.rename(name, *sequence);
                rows.put(customer);
            }
            Message::Left { customer_id } => decisions::left(*customer_id, rows, cx),
            Message::Send { notification_id } => decisions::send(*notification_id, rows, cx),
            Message::Ended { notification_id, outcome } => {
                decisions::ended(rules, *notification_id, outcome, rows, cx);
            }
            Message::Forgotten { .. } => {}
            Message::Retry { notification_id } => {
                return decisions::retry(*notification_id, rows, cx).map(|()| 1);
            }
            Message::RetryAll { notification_ids } => {
                return Ok(decisions::retry_all(notification_ids, rows, cx));
            }
        }
        Ok(0)
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        events::SUBSCRIPTIONS
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        events::receive(event)
    }

    fn publish(&self, fact: Fact) -> Publication {
        match fact {}
    }

    fn effect_ended(&self, request: Request, response: Response) -> Message {
        match (request, response) {
            (Request::Send { notification_id }, Response::Ended(outcome)) => {
                Message::Ended { notification_id, outcome }
            }
            (Request::Send { notification_id }, Response::Forgotten) => {
                Message::Forgotten { notification_id }
            }
            (Request::Forget { notification_ids }, _) => {
                Message::Forgotten { notification_id: notification_ids.first().copied().unwrap_or_default() }
            }
        }
    }
}
