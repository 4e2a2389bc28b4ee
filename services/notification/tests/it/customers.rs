//! Events about customers: their links, their names, and what goes when they leave.

use std::time::Duration;

use contracts::events::identity::LinkPurpose;
use engine::harness::Fate;
use notification::{Contact, Customer, Kind, Message, Outcome, Request, Response, State};

use crate::shop::{ADA, Shop};

#[test]
fn a_link_is_sent_once() {
    for (purpose, kind, name) in [
        // Whoever asks for it may have given another's address, and any text for a name.
        (LinkPurpose::VerifyEmail, Kind::VerifyEmail, None),
        (LinkPurpose::ResetPassword, Kind::ResetPassword, Some("Ada")),
    ] {
        let mut shop = Shop::new();
        let customer = shop.customer();
        let event = shop.link(customer, purpose);
        shop.deliver_and_again(&event);
        let told = shop.only();
        assert_eq!((told.kind, told.state, told.recipient.as_deref()), (kind, State::Queued, Some(ADA)));
        assert_eq!(told.customer_id, Some(customer));
        assert_eq!(told.letter.expect("a letter").name.as_deref(), name);
    }
}

#[test]
fn a_recipient_is_kept_as_it_is_looked_for() {
    let mut shop = Shop::new();
    let order = shop.order();
    let submitted = shop.submitted_by(order, None, Some("Ada@Example.COM"));
    shop.deliver_and_again(&submitted);
    assert_eq!(shop.only().recipient.as_deref(), Some(ADA));
}

#[test]
fn a_link_that_has_expired_is_not_sent() {
    let mut shop = Shop::new();
    let customer = shop.customer();
    let now = shop.harness.now();
    let event = shop.link_until(customer, LinkPurpose::ResetPassword, now);
    shop.deliver(&event);
    assert_eq!((shop.only().state, shop.harness.requests()), (State::Suppressed, vec![]));
}

#[test]
fn a_new_customer_gets_no_mail_but_its_link_and_is_greeted_by_name() {
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let created = shop.created(customer, "Ada\r\nBcc: all@example.com");
    shop.deliver_and_again(&created);
    assert_eq!(shop.kinds(), []);
    let submitted = shop.submitted_by(order, Some(customer), Some(ADA));
    shop.deliver(&submitted);
    let name = shop.only().letter.expect("a letter").name;
    assert_eq!(name.as_deref(), Some("Ada Bcc: all@example.com"), "a name is one line");
}

#[test]
fn names_are_the_newest_whatever_comes_first() {
    let mut shop = Shop::new();
    let customer = shop.customer();
    let (created, updated) = (shop.created(customer, "Ada Byron"), shop.updated(customer, "Ada Lovelace"));
    shop.deliver_and_again(&updated);
    shop.deliver_and_again(&created);
    let known: Customer = shop.harness.row(customer).expect("known");
    assert_eq!(known.name.as_deref(), Some("Ada Lovelace"));
}

#[test]
fn a_claimed_order_is_its_customers_with_what_was_told() {
    let mut shop = Shop::new();
    let (customer, order) = (shop.customer(), shop.order());
    let (submitted, claimed) = (shop.submitted(order), shop.claimed(order, customer));
    assert_eq!(shop.harness.deliver(&claimed), Fate::Waiting, "the order is not known yet");
    shop.deliver(&submitted);
    shop.harness.advance(Duration::from_secs(1));
    assert_eq!(shop.only().customer_id, Some(customer));
    let again = shop.claimed(order, customer);
    shop.deliver_and_again(&again);
    let paid = shop.paid(order);
    shop.deliver(&paid);
    assert!(shop.notifications().iter().all(|told| told.customer_id == Some(customer)));
}

#[test]
fn what_a_customer_was_told_is_forgotten_and_only_counted() {
    let mut shop = Shop::new();
    let (customer, other) = (shop.customer(), shop.customer());
    let (order, others) = (shop.order(), shop.order());
    for event in [
        shop.created(customer, "Ada Lovelace"),
        shop.submitted_by(order, Some(customer), Some(ADA)),
        shop.submitted_by(others, Some(other), Some("grace@example.com")),
    ] {
        shop.deliver(&event);
    }
    // One was sent, one is on its way.
    shop.harness.answer(Response::Ended(Outcome::Sent));
    let link = shop.link(customer, LinkPurpose::VerifyEmail);
    shop.deliver(&link);
    let deleted = shop.deleted(customer);
    shop.deliver(&deleted);
    shop.harness.advance(Duration::from_secs(1));

    let (gone, kept): (Vec<_>, Vec<_>) =
        shop.notifications().into_iter().partition(|told| told.recipient.is_none());
    assert_eq!((gone.len(), kept.len()), (2, 1));
    assert!(gone.iter().all(|told| told.letter.is_none() && told.customer_id.is_none()));
    let states: Vec<State> = gone.iter().map(|told| told.state).collect();
    assert_eq!(states, [State::Sent, State::Suppressed]);
    let contact: Contact = shop.harness.row(order).expect("it is there");
    assert_eq!((contact.email, contact.name, contact.lines.len()), (None, None, 0));
    let known: Customer = shop.harness.row(customer).expect("it is there");
    assert_eq!((known.name, known.has_left), (None, true));
    let forgets = shop.harness.requests().into_iter().filter_map(|request| match request {
        Request::Forget { notification_ids } => Some(notification_ids),
        Request::Send { .. } => None,
    });
    let mut forgotten: Vec<_> = forgets.flatten().collect();
    let mut ids: Vec<_> = gone.iter().map(|told| told.id).collect();
    forgotten.sort();
    ids.sort();
    assert_eq!(forgotten, ids, "the channel is to forget them as well");

    // What comes late tells nobody, and brings nothing back.
    let fresh = shop.order();
    for event in [
        shop.paid(order),
        shop.updated(customer, "Ada"),
        shop.link(customer, LinkPurpose::ResetPassword),
        shop.submitted_by(fresh, Some(customer), Some(ADA)),
        shop.deleted(customer),
    ] {
        shop.deliver_and_again(&event);
    }
    assert_eq!(shop.notifications().len(), 3);
    assert!(shop.harness.rows::<Contact>().iter().all(|contact| contact.email.as_deref() != Some(ADA)));
}

#[test]
fn a_departure_that_overtakes_an_order_wins() {
    let mut shop = Shop::new();
    let (customer, order, guest_order) = (shop.customer(), shop.order(), shop.order());
    let submitted = shop.submitted_by(order, Some(customer), Some(ADA));
    let deleted = shop.deleted(customer);
    shop.deliver_and_again(&deleted);
    shop.deliver(&submitted);
    assert_eq!(shop.kinds(), []);
    // An order that it placed as a guest, and that is found to be its own only now.
    for event in [shop.submitted(guest_order), shop.claimed(guest_order, customer)] {
        shop.deliver(&event);
    }
    let told = shop.only();
    assert_eq!((told.recipient, told.state), (None, State::Suppressed));
}

#[test]
fn a_mail_that_was_on_its_way_is_forgotten_when_it_has_arrived() {
    let mut shop = Shop::new();
    let customer = shop.customer();
    let link = shop.link(customer, LinkPurpose::VerifyEmail);
    shop.deliver(&link);
    let deleted = shop.deleted(customer);
    shop.deliver(&deleted);
    let id = shop.only().id;
    let forgets = |shop: &Shop| {
        let requests = shop.harness.requests();
        requests.iter().filter(|request| matches!(request, Request::Forget { .. })).count()
    };
    assert_eq!(forgets(&shop), 1);
    let ended = Message::Ended { notification_id: id, outcome: Outcome::Sent };
    shop.harness.command(ended).expect("noted");
    assert_eq!(forgets(&shop), 2);
    assert_eq!(shop.only().state, State::Suppressed);
}
