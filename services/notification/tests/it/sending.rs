//! How a notification goes out: attempts, waits, the end, and staff's retry.

use std::time::Duration;

use notification::{Message, Notification, Outcome, Request, Response, State};

use crate::shop::Shop;

fn queued() -> (Shop, Notification) {
    let mut shop = Shop::new();
    let order = shop.order();
    let event = shop.submitted(order);
    shop.deliver(&event);
    let told = shop.only();
    (shop, told)
}

fn answer(shop: &mut Shop, outcome: Outcome) {
    shop.harness.answer(Response::Ended(outcome));
}

#[test]
fn what_the_channel_has_taken_is_sent() {
    let (mut shop, _) = queued();
    answer(&mut shop, Outcome::Sent);
    let told = shop.only();
    assert_eq!((told.state, told.attempts, told.sent_us), (State::Sent, 1, Some(shop.harness.now())));
    shop.harness.advance(Duration::from_secs(7 * 24 * 3_600));
    assert_eq!(shop.harness.requests(), []);
}

#[test]
fn what_cannot_go_now_is_tried_again_under_its_own_name() {
    let (mut shop, told) = queued();
    for attempt in 1..=3 {
        answer(&mut shop, Outcome::Retry("451 later".into()));
        let waiting = shop.only();
        assert_eq!((waiting.state, waiting.attempts), (State::Queued, attempt));
        assert_eq!(waiting.last_error.as_deref(), Some("451 later"));
        assert_eq!(shop.harness.requests(), []);
        shop.harness.advance(Duration::from_secs(60));
        assert_eq!(shop.harness.requests(), [Request::Send { notification_id: told.id }]);
    }
    answer(&mut shop, Outcome::Sent);
    assert_eq!((shop.only().state, shop.only().last_error), (State::Sent, None));
}

#[test]
fn sending_is_given_up_after_two_days() {
    let (mut shop, told) = queued();
    for _ in 0..200 {
        if shop.harness.requests().is_empty() {
            break;
        }
        answer(&mut shop, Outcome::Retry("no answer".into()));
        shop.harness.advance(Duration::from_secs(3_600));
    }
    let ended = shop.only();
    assert_eq!(ended.state, State::Failed);
    assert_eq!(ended.last_error.as_deref(), Some("given up: no answer"));
    assert!((45..=60).contains(&ended.attempts), "{}", ended.attempts);

    shop.harness.command(Message::Retry { notification_id: told.id }).expect("staff try again");
    answer(&mut shop, Outcome::Sent);
    assert_eq!(shop.only().state, State::Sent);
}

#[test]
fn a_channel_without_room_is_no_attempt() {
    let (mut shop, _) = queued();
    answer(&mut shop, Outcome::Busy);
    assert_eq!((shop.only().attempts, shop.only().state), (0, State::Queued));
    shop.harness.advance(Duration::from_secs(1));
    assert_eq!(shop.harness.requests().len(), 1);
}

#[test]
fn what_is_refused_waits_for_staff() {
    let (mut shop, told) = queued();
    let retry = Message::Retry { notification_id: told.id };
    assert_eq!(shop.harness.command(retry.clone()).expect_err("queued").code, "notification_not_failed");
    answer(&mut shop, Outcome::Refused("550 no such mailbox".into()));
    assert_eq!(shop.only().state, State::Failed);
    shop.harness.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(shop.harness.requests(), []);

    let unknown = Message::Retry { notification_id: shop.harness.new_id() };
    assert_eq!(shop.harness.command(unknown).expect_err("unknown").code, "notification_not_found");
    assert_eq!(shop.harness.command(retry.clone()), Ok(1));
    assert_eq!(shop.harness.command(retry).expect_err("queued again").code, "notification_not_failed");
    let others = shop.harness.new_id();
    let many = Message::RetryAll { notification_ids: vec![told.id, others] };
    assert_eq!(shop.harness.command(many), Ok(0), "none of these has failed");
    answer(&mut shop, Outcome::Sent);
    assert_eq!(shop.only().state, State::Sent);
}
