//! The decisions: whom an event is told to, and what follows from how that went.

use contracts::{OrderId, Refusal};
use engine::{Cx, EffectPolicy, Needs, Rows, Value};
use uuid::Uuid;

use crate::{
    domain::{
        ChannelName, Contact, Customer, EventRef, Letter, Next, Notification, Outcome, State, Subject,
        notification_id,
    },
    message::{Change, LinkUse, Message, NewLink, NewOrder, Request},
    service::{Notifications, Rules},
};

/// How many rows of a customer or an order change with one message, at most. More than a batch has messages, so that rows which
/// others have just changed never fill it.
const ROWS_MAX: usize = 4_096;

/// Asks for the message's rows.
pub(crate) fn needs(rules: &Rules, message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::Submitted { event, order } => {
            needs.write::<Contact>(order.order_id);
            if let Some(customer_id) = order.customer_id {
                needs.read::<Customer>(customer_id);
            }
            if let Some(email) = &order.email {
                needs.write::<Notification>(id_of(*event, email));
            }
        }
        Message::Order { event, order_id, change } => needs_of_change(*event, *order_id, change, needs),
        Message::Link { event, link } => {
            if let Some(customer_id) = link.customer_id {
                needs.read::<Customer>(customer_id);
            }
            needs.write::<Notification>(id_of(*event, &link.email));
        }
        Message::LowStock { event, .. } => {
            if let Some(email) = &rules.shop_email {
                needs.write::<Notification>(id_of(*event, email));
            }
        }
        Message::Renamed { customer_id, .. } => {
            needs.write::<Customer>(*customer_id);
        }
        Message::Left { customer_id } => {
            needs.write::<Customer>(*customer_id);
            needs.write_all::<Contact>("customer_id", customer_id.0, None, ROWS_MAX);
            needs.write_all::<Notification>("customer_id", customer_id.0, None, ROWS_MAX);
        }
        Message::Send { notification_id }
        | Message::Ended { notification_id, .. }
        | Message::Retry { notification_id } => {
            needs.write::<Notification>(*notification_id);
        }
        Message::Forgotten { .. } => {}
        Message::RetryAll { notification_ids } => {
            for id in notification_ids {
                needs.write::<Notification>(*id);
            }
        }
    }
}

fn needs_of_change(event: EventRef, order_id: OrderId, change: &Change, needs: &mut Needs<'_>) {
    if let Change::Claimed(customer_id) = change {
        needs.read::<Customer>(*customer_id);
        needs.write_all::<Notification>("order_id", order_id.0, None, ROWS_MAX);
    }
    let Some(contact) = needs.write::<Contact>(order_id) else { return };
    let (customer_id, email) = (contact.customer_id, contact.email.clone());
    if let Some(customer_id) = customer_id {
        needs.read::<Customer>(customer_id);
    }
    if let Some(email) = email {
        needs.write::<Notification>(id_of(event, &email));
    }
}

fn id_of(event: EventRef, email: &str) -> Uuid {
    notification_id(event.id, email, ChannelName::Email)
}

/// There is a new order: whom to tell about it is kept, and told.
pub(crate) fn submitted(
    rules: &Rules,
    event: EventRef,
    order: &NewOrder,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    cx.correlate(order.order_id);
    if rows.get::<Contact>(order.order_id).is_some() {
        tracing::debug!(order_id = %order.order_id, "an order is submitted again");
        return;
    }
    let customer = order.customer_id.and_then(|id| rows.get::<Customer>(id));
    let has_left = customer.is_some_and(|customer| customer.has_left);
    let mut contact = Contact {
        order_id: order.order_id,
        customer_id: order.customer_id,
        email: order.email.clone(),
        name: customer.and_then(|customer| customer.name.clone()),
        total: order.total.amount,
        currency: order.total.currency,
        lines: order.lines.clone(),
        carrier: None,
        tracking_number: None,
    };
    if has_left {
        contact.forget();
    }
    tell(rules, event, &contact, Subject::OrderSubmitted { order: contact.order() }, rows, cx);
    rows.put(contact);
}

/// Something happened to an order.
///
/// # Errors
/// The order, or its parcel's number, is not known yet.
pub(crate) fn order_changed(
    rules: &Rules,
    event: EventRef,
    order_id: OrderId,
    change: &Change,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    let Some(contact) = rows.get_mut::<Contact>(order_id) else {
        return Err(Refusal::early("something happened to an order that has not been submitted yet"));
    };
    let subject = match change {
        Change::HandedOver(parcel) => {
            // Of a customer who has left, nothing is kept.
            if contact.email.is_some() {
                contact.carrier = Some(parcel.carrier.clone());
                contact.tracking_number = Some(parcel.tracking_number.clone());
            }
            return Ok(());
        }
        Change::Claimed(customer_id) => {
            claimed(order_id, *customer_id, rows, cx);
            return Ok(());
        }
        _ if contact.email.is_none() => return Ok(()),
        Change::Paid { amount, name } => {
            contact.name = Some(name.clone());
            Subject::OrderPaid { order: contact.order(), amount: *amount }
        }
        Change::Shipped => {
            let early = || Refusal::early("a parcel is on its way whose number is not known yet");
            Subject::OrderShipped { order: contact.order(), parcel: contact.parcel().ok_or_else(early)? }
        }
        Change::Delivered => Subject::OrderDelivered { order: contact.order() },
        Change::Cancelled { reason, was_paid } => {
            Subject::OrderCancelled { order: contact.order(), reason: *reason, was_paid: *was_paid }
        }
        Change::Refunded(amount) => Subject::OrderRefunded { order: contact.order(), amount: *amount },
    };
    let contact = contact.clone();
    tell(rules, event, &contact, subject, rows, cx);
    Ok(())
}

/// The order is this customer's from now on, with what was told about it.
fn claimed(
    order_id: OrderId,
    customer_id: contracts::CustomerId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    let has_left = rows.get::<Customer>(customer_id).is_some_and(|customer| customer.has_left);
    if let Some(contact) = rows.get_mut::<Contact>(order_id) {
        contact.customer_id = Some(customer_id);
        if has_left {
            contact.forget();
        }
    }
    let told = ids(rows, "order_id", order_id.0);
    if has_left {
        forget(told, rows, cx);
        return;
    }
    for id in told {
        if let Some(notification) = rows.get_mut::<Notification>(id)
            && notification.letter.is_some()
        {
            notification.customer_id = Some(customer_id);
        }
    }
}

/// Makes a notification to an order's contact, where there is one to tell.
fn tell(
    rules: &Rules,
    event: EventRef,
    contact: &Contact,
    subject: Subject,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    let Some(email) = &contact.email else { return };
    let mut notification = queued(event, email, contact.name.clone(), subject, cx);
    notification.customer_id = contact.customer_id;
    notification.order_id = Some(contact.order_id);
    enqueue(rules, event, notification, rows, cx);
}

/// Somebody is to be sent a link.
pub(crate) fn link_requested(
    rules: &Rules,
    event: EventRef,
    link: &NewLink,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    let customer = link.customer_id.and_then(|id| rows.get::<Customer>(id));
    if customer.is_some_and(|customer| customer.has_left) {
        return;
    }
    let (subject, name) = match link.link_use {
        // Whoever asks for it may have given somebody else's address, and any text for a name.
        LinkUse::VerifyEmail => (Subject::VerifyEmail { link: link.link }, None),
        LinkUse::ResetPassword => (Subject::ResetPassword { link: link.link }, Some(link.name.clone())),
    };
    let name = name.filter(|name| !name.is_empty());
    let mut notification = queued(event, &link.email, name, subject, cx);
    notification.customer_id = link.customer_id;
    enqueue(rules, event, notification, rows, cx);
}

/// A product is running out: the shop is told, where it has an address.
pub(crate) fn low_stock(
    rules: &Rules,
    event: EventRef,
    subject: Subject,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    let Some(email) = &rules.shop_email else { return };
    let notification = queued(event, email, None, subject, cx);
    enqueue(rules, event, notification, rows, cx);
}

fn queued(
    event: EventRef,
    email: &str,
    name: Option<String>,
    subject: Subject,
    cx: &Cx<'_, Notifications>,
) -> Notification {
    Notification {
        id: id_of(event, email),
        event_id: event.id,
        kind: subject.kind(),
        channel: ChannelName::Email,
        // As it is looked for.
        recipient: Some(email.to_lowercase()),
        customer_id: None,
        order_id: None,
        useful_until_us: subject.link().map(|link| link.expires_us),
        letter: Some(Letter { name, subject }),
        state: State::Queued,
        tries: 0,
        attempts: 0,
        last_error: None,
        created_us: cx.now(),
        queued_us: cx.now(),
        sent_us: None,
    }
}

/// Puts a notification into the queue, unless there is one of the same event and recipient. What is old news is not sent.
fn enqueue(
    rules: &Rules,
    event: EventRef,
    mut notification: Notification,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    if rows.get::<Notification>(notification.id).is_some() {
        return;
    }
    if event.at.plus(rules.news_for) < cx.now() {
        notification.suppress("what it tells of happened too long ago");
    } else if notification.is_useless(cx.now()) {
        notification.suppress("its link has expired");
    } else {
        ask_channel(&mut notification, cx);
    }
    rows.put(notification);
}

fn ask_channel(notification: &mut Notification, cx: &mut Cx<'_, Notifications>) {
    let number = notification.begin_try();
    let notification_id = notification.id;
    // Each try is an effect of its own: a repeat of one that crashed has its key, and the next try has another.
    cx.effect(format!("{notification_id}/{number}"), EffectPolicy::Repeat, Request::Send { notification_id });
}

/// It is time for another attempt.
pub(crate) fn send(id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Notifications>) {
    let queued = rows.get_mut::<Notification>(id).filter(|notification| notification.state == State::Queued);
    if let Some(notification) = queued {
        ask_channel(notification, cx);
    }
}

/// An attempt has ended.
pub(crate) fn ended(
    rules: &Rules,
    id: Uuid,
    outcome: &Outcome,
    rows: &mut Rows,
    cx: &mut Cx<'_, Notifications>,
) {
    let now = cx.now();
    let Some(notification) = rows.get_mut::<Notification>(id) else { return };
    if notification.letter.is_none() && *outcome == Outcome::Sent {
        // Its customer left while it was on its way: what the channel has kept of it is to go as well.
        ask_to_forget(vec![id], cx);
    }
    match notification.ended(outcome, now, rules.give_up_after) {
        Next::Nothing => {}
        Next::Again(wait) => cx.schedule_in(id, "send", wait, Message::Send { notification_id: id }),
    }
}

/// Staff want a failed notification to be sent again.
///
/// # Errors
/// It has not failed, is of no use any more, or there is none.
pub(crate) fn retry(id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Notifications>) -> Result<(), Refusal> {
    let now = cx.now();
    let not_found = || Refusal::not_found("notification_not_found", "There is no such notification.");
    let notification = rows.get_mut::<Notification>(id).ok_or_else(not_found)?;
    notification.queue_again(now)?;
    ask_channel(notification, cx);
    Ok(())
}

/// Staff want many to be sent again. Says how many are.
pub(crate) fn retry_all(ids: &[Uuid], rows: &mut Rows, cx: &mut Cx<'_, Notifications>) -> u32 {
    let mut count = 0;
    for id in ids {
        match retry(*id, rows, cx) {
            Ok(()) => count += 1,
            Err(refusal) => tracing::debug!(%id, %refusal, "a notification is not sent again"),
        }
    }
    count
}

/// A customer has left: what was kept about it goes, part by part.
pub(crate) fn left(customer_id: contracts::CustomerId, rows: &mut Rows, cx: &mut Cx<'_, Notifications>) {
    let known = rows.get::<Customer>(customer_id).cloned();
    let mut customer = known.unwrap_or_else(|| Customer::unknown(customer_id));
    customer.leave();
    rows.put(customer);
    let contacts = rows.matching::<Contact>("customer_id", &Value::Id(customer_id.0));
    let orders: Vec<OrderId> = contacts.iter().map(|contact| contact.order_id).collect();
    for order_id in &orders {
        if let Some(contact) = rows.get_mut::<Contact>(*order_id) {
            contact.forget();
        }
    }
    let told = ids(rows, "customer_id", customer_id.0);
    if orders.is_empty() && told.is_empty() {
        return;
    }
    forget(told, rows, cx);
    // A message takes a bounded number of rows, so it looks again until none is left.
    let now = cx.now();
    cx.schedule(customer_id, "forget", now, Message::Left { customer_id });
}

fn ids(rows: &Rows, column: &str, value: Uuid) -> Vec<Uuid> {
    rows.matching::<Notification>(column, &Value::Id(value)).iter().map(|told| told.id).collect()
}

fn forget(ids: Vec<Uuid>, rows: &mut Rows, cx: &mut Cx<'_, Notifications>) {
    for id in &ids {
        if let Some(notification) = rows.get_mut::<Notification>(*id) {
            notification.forget();
        }
    }
    ask_to_forget(ids, cx);
}

fn ask_to_forget(ids: Vec<Uuid>, cx: &mut Cx<'_, Notifications>) {
    if !ids.is_empty() {
        let key = format!("forget/{}", cx.new_id());
        cx.effect(key, EffectPolicy::Repeat, Request::Forget { notification_ids: ids });
    }
}
