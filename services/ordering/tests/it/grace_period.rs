//! Grace periods that a task or a message ends: each has one owner, and ends once.

use std::time::Duration;

use ordering::{GracePeriod, GracePeriodManager, Message, Status};

use crate::shop::Shop;

const MINUTE: u64 = 60_000;

fn confirm(shop: &mut Shop) -> Result<Status, String> {
    let order_id = shop.order_id;
    shop.harness.command(Message::ConfirmGracePeriod(order_id)).map_err(|refusal| refusal.code.into_owned())
}

fn period(shop: &mut Shop) -> Option<GracePeriod> {
    shop.harness.row(shop.order_id)
}

/// A shop whose order is in a grace period of a minute.
fn submitted(manager: GracePeriodManager) -> Shop {
    let mut shop = Shop::with_manager(MINUTE, manager);
    shop.checked_out();
    shop.harness.published();
    shop
}

#[test]
fn without_a_timer_time_alone_ends_nothing() {
    for manager in [GracePeriodManager::Task, GracePeriodManager::Message] {
        let mut shop = submitted(manager);
        assert_eq!(confirm(&mut shop), Err("grace_period_not_over".into()), "the shop's own clock decides");
        shop.harness.advance(Duration::from_millis(10 * MINUTE));
        assert_eq!(shop.status(), Status::Submitted);
        assert_eq!(confirm(&mut shop), Ok(Status::AwaitingValidation));
        assert_eq!(
            shop.harness.published_types(),
            ["order.grace_period_confirmed.v1", "order.awaiting_validation.v1"]
        );
        assert_eq!(period(&mut shop), None);
        assert_eq!(confirm(&mut shop), Err("grace_period_over".into()), "it ends once");
        assert!(shop.harness.published().is_empty());
    }
}

#[test]
fn a_word_comes_in_time_to_the_microsecond() {
    let mut shop = submitted(GracePeriodManager::Task);
    shop.harness.advance(Duration::from_micros(MINUTE * 1_000 - 1));
    assert_eq!(confirm(&mut shop), Err("grace_period_not_over".into()));
    shop.harness.advance(Duration::from_micros(1));
    assert_eq!(confirm(&mut shop), Ok(Status::AwaitingValidation));
}

#[test]
fn what_is_cancelled_is_not_confirmed() {
    let mut shop = submitted(GracePeriodManager::Message);
    let order_id = shop.order_id;
    assert_eq!(shop.harness.command(Message::Cancel(order_id)), Ok(Status::Cancelled));
    assert_eq!(period(&mut shop), None);
    shop.harness.advance(Duration::from_millis(MINUTE));
    assert_eq!(confirm(&mut shop), Err("grace_period_over".into()));
    assert_eq!(shop.status(), Status::Cancelled);
}

#[test]
fn an_order_with_a_timer_is_left_to_it() {
    let mut shop = submitted(GracePeriodManager::Timer);
    assert_eq!(period(&mut shop), None);
    assert_eq!(confirm(&mut shop), Err("grace_period_has_timer".into()));
    shop.harness.advance(Duration::from_millis(MINUTE));
    assert_eq!(shop.status(), Status::AwaitingValidation);
}

#[test]
fn a_timer_that_takes_over_keeps_the_end_and_acts_alone() {
    let mut shop = submitted(GracePeriodManager::Task);
    let order_id = shop.order_id;
    for _ in 0..2 {
        let left = shop.harness.command(Message::LeaveGracePeriodToTimer(order_id));
        assert_eq!(left, Ok(Status::Submitted));
    }
    assert_eq!(period(&mut shop), None);
    shop.harness.advance(Duration::from_millis(MINUTE - 1));
    assert_eq!(confirm(&mut shop), Err("grace_period_has_timer".into()));
    assert_eq!(shop.status(), Status::Submitted);
    shop.harness.advance(Duration::from_millis(1));
    assert_eq!(shop.status(), Status::AwaitingValidation);
    let confirmed = shop.harness.published_types();
    assert_eq!(confirmed, ["order.grace_period_confirmed.v1", "order.awaiting_validation.v1"]);
    let late = shop.harness.command(Message::LeaveGracePeriodToTimer(order_id));
    assert_eq!(late, Ok(Status::AwaitingValidation));
    shop.harness.advance(Duration::from_millis(MINUTE));
    assert!(shop.harness.published().is_empty(), "no timer is set for what has ended");
}

#[test]
fn an_order_that_is_not_here_is_not_found() {
    let mut shop = Shop::with_manager(MINUTE, GracePeriodManager::Task);
    assert_eq!(confirm(&mut shop), Err("order_not_found".into()));
}

#[test]
fn a_manager_is_named_as_settings_name_it() {
    for manager in GracePeriodManager::ALL {
        assert_eq!(manager.to_string().parse(), Ok(manager));
        assert_eq!(serde_json::to_value(manager).expect("it has a name"), manager.as_str());
    }
    let error = "cron".parse::<GracePeriodManager>().expect_err("no such manager");
    assert!(error.contains("timer, task, message"), "{error}");
}
