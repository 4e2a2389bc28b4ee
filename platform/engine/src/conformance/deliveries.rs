//! Rules about events: each is handled once, in order, and one that cannot be handled holds up its own subject alone.

use std::time::Duration;

use contracts::Timestamp;
use uuid::Uuid;

use super::{
    service::{Bank, Message, Told},
    world::{LaneByHand, Producer, World},
};
use crate::{
    audit_log::Actor,
    message::Outcome,
    parking::{self, ParkedState},
};

fn account(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn deposit(number: u128, amount: i64) -> Message {
    Message::Deposit { account: account(number), amount }
}

pub fn duplicates_of_any_age_are_known(world: &World) {
    let mut producer = Producer::default();
    let events: Vec<_> = (0..300).map(|number| producer.tell(deposit(number % 20, 1))).collect();
    let mut lane = world.lane();
    for event in &events {
        assert!(matches!(lane.deliver(event), Outcome::Handled));
    }
    // The oldest and the newest, in this process and in a later one.
    assert!(matches!(lane.deliver(&events[0]), Outcome::Skipped));
    let mut later = world.lane();
    for event in &events {
        assert!(matches!(later.deliver(event), Outcome::Skipped));
    }
    let total: i64 = (0..20).map(|number| later.balance(account(number))).sum();
    assert_eq!(total, 300);
}

pub fn a_gap_is_remembered_until_it_is_filled(world: &World) {
    let mut producer = Producer::default();
    let events: Vec<_> = (0..4).map(|_| producer.tell(deposit(1, 1))).collect();
    let mut lane = world.lane();
    for number in [0, 2, 3] {
        assert!(matches!(lane.deliver(&events[number]), Outcome::Handled));
    }
    let mut later = world.lane();
    let cursors = later.core.inbox.cursors(contracts::ServiceName::Ordering);
    assert_eq!(cursors.position(&"ordering".into(), events[0].partition), 1, "reading goes on at the gap");
    assert!(matches!(later.deliver(&events[2]), Outcome::Skipped));
    assert!(matches!(later.deliver(&events[1]), Outcome::Handled));
    let cursors = later.core.inbox.cursors(contracts::ServiceName::Ordering);
    assert_eq!(cursors.position(&"ordering".into(), events[0].partition), 4);
    assert_eq!(later.balance(account(1)), 4);
}

/// A poisoned event, one behind it, and one of another subject.
fn poison(lane: &mut LaneByHand, producer: &mut Producer) {
    let poisoned = producer.tell(Message::Panic { account: account(1) });
    let behind = producer.tell(deposit(1, 5));
    let other = producer.tell(deposit(2, 7));
    assert!(matches!(lane.deliver(&poisoned), Outcome::Waiting));
    assert!(matches!(lane.deliver(&behind), Outcome::Waiting));
    assert!(matches!(lane.deliver(&other), Outcome::Handled));
    assert!(matches!(lane.deliver(&behind), Outcome::Skipped), "a parked event is known too");
}

pub fn an_event_that_cannot_be_handled_parks_its_subject(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    poison(&mut lane, &mut producer);
    assert_eq!((lane.balance(account(1)), lane.balance(account(2))), (0, 7));
    // Ten attempts, the last after more than an hour; then a person must look.
    for _ in 0..9 {
        lane.advance(Duration::from_secs(5_000));
    }
    let parked = parking::all(&mut *lane.session).expect("parked messages are read");
    let states: Vec<_> = parked.iter().map(|parked| (parked.state, parked.attempt)).collect();
    assert_eq!(states, [(ParkedState::Dead, 10), (ParkedState::Blocked, 0)]);
    assert_eq!(parked[0].error.as_deref(), Some("poisoned"));
    // A process that starts now holds the subject back too.
    let mut later = world.lane();
    let another = producer.tell(deposit(1, 1));
    assert!(matches!(later.deliver(&another), Outcome::Waiting));
}

fn dead_letter(lane: &mut LaneByHand) -> Uuid {
    for _ in 0..9 {
        lane.advance(Duration::from_secs(5_000));
    }
    parking::all(&mut *lane.session).expect("parked messages are read")[0].id
}

fn staff() -> Actor {
    Actor {
        id: Some(Uuid::from_u128(9)),
        name: "sam@example.com".to_owned(),
        action: "POST /dead-letters".to_owned(),
    }
}

const NOW: Timestamp = Timestamp(1_767_225_600_000_000);

pub fn a_dead_letter_can_be_replayed(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    poison(&mut lane, &mut producer);
    let id = dead_letter(&mut lane);
    let mended = producer.tell(deposit(1, 3)).event.clone();
    let changed = parking::change_dead_letter(&mut *lane.session, id, staff(), NOW, |mut parked| {
        parked.body = parking::Body::Event(mended);
        parked.state = ParkedState::Retry;
        Some(parked)
    });
    assert!(changed.expect("the store works"));
    lane.advance(Duration::ZERO);
    lane.advance(Duration::ZERO);
    assert_eq!(lane.account(account(1)).expect("it is stored").history, [3, 5], "and in order");
    assert!(parking::all(&mut *lane.session).expect("parked messages are read").is_empty());
}

pub fn a_dead_letter_can_be_discarded(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    poison(&mut lane, &mut producer);
    let id = dead_letter(&mut lane);
    let mut discard = || {
        let done = parking::change_dead_letter(&mut *lane.session, id, staff(), NOW, |_| None);
        done.expect("the store works")
    };
    assert!(discard());
    assert!(!discard(), "it is gone");
    lane.advance(Duration::ZERO);
    assert_eq!(lane.balance(account(1)), 5);
    assert!(parking::all(&mut *lane.session).expect("parked messages are read").is_empty());
    let entries = lane.audit_log();
    assert_eq!(entries.len(), 1, "what was not done is not told");
    assert_eq!((&entries[0].actor, entries[0].subject.as_str()), (&staff(), id.to_string().as_str()));
    let change = &entries[0].changes[0];
    assert!(change.before.as_ref().is_some_and(|before| before["state"] == "dead") && change.after.is_none());
}

pub fn a_dead_letter_is_mended_within_its_subject(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    poison(&mut lane, &mut producer);
    let id = dead_letter(&mut lane);
    let dead = parking::find(&mut *lane.session, id).expect("the store works").expect("it is there");
    assert!(dead.failed_at > dead.parked_at);
    let told = |message: Message| serde_json::to_value(Told { message }).expect("JSON");
    assert!(dead.edited(&Bank, serde_json::json!({ "nonsense": 1 })).is_err());
    let elsewhere = dead.edited(&Bank, told(deposit(2, 3))).expect_err("another subject");
    assert!(elsewhere.contains("it would go to"), "{elsewhere}");
    let mended = dead.edited(&Bank, told(deposit(1, 3))).expect("the same subject");
    let parking::Body::Event(event) = mended else { panic!("it was an event and is none") };
    assert_eq!(event.read::<Told>().expect("it reads").message, deposit(1, 3));
}

pub fn an_event_that_is_handed_over_again_has_its_turn(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    let event = producer.tell(deposit(1, 5));
    assert!(matches!(lane.deliver(&event), Outcome::Handled));
    let again = |lane: &mut LaneByHand, number: u128| {
        let now = lane.core.clock.now();
        let subject = account(1).to_string();
        let parked = parking::Parked::again(event.event.clone(), subject, Uuid::from_u128(number), now);
        parking::put(&mut *lane.session, parked, staff()).expect("the store works");
        // As a lane does when it is told that people have changed what is parked.
        lane.core.parked.insert(account(1).to_string());
    };
    again(&mut lane, 1 << 100);
    lane.advance(Duration::ZERO);
    assert_eq!(lane.account(account(1)).expect("it is stored").history, [5, 5], "the inbox is not asked");
    assert!(parking::all(&mut *lane.session).expect("parked messages are read").is_empty());
    let entries = lane.audit_log();
    assert_eq!((entries.len(), &entries[0].subject), (1, &event.event.id.to_string()));
    assert_eq!((&entries[0].actor, &entries[0].changes[0].before), (&staff(), &None));
    // Behind a message that is parked it waits for its turn.
    let poisoned = producer.tell(Message::Panic { account: account(1) });
    assert!(matches!(lane.deliver(&poisoned), Outcome::Waiting));
    again(&mut lane, u128::MAX);
    let parked = parking::all(&mut *lane.session).expect("parked messages are read");
    let states: Vec<_> = parked.iter().map(|parked| parked.state).collect();
    assert_eq!(states, [ParkedState::Retry, ParkedState::Blocked]);
}

pub fn an_early_event_waits_without_blocking(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    let early = producer.tell(Message::Follow { account: account(1), amount: 2 });
    assert!(matches!(lane.deliver(&early), Outcome::Waiting));
    assert!(
        parking::all(&mut *lane.session).expect("parked messages are read").is_empty(),
        "it is not parked"
    );
    assert!(matches!(lane.deliver(&producer.tell(deposit(1, 1))), Outcome::Handled));
    lane.advance(Duration::from_millis(100));
    assert_eq!(lane.account(account(1)).expect("it is stored").history, [1, 2]);
    // One that waits for what never comes is a dead letter in the end.
    let never = producer.tell(Message::Follow { account: account(9), amount: 2 });
    lane.deliver(&never);
    for _ in 0..50 {
        lane.advance(Duration::from_secs(60));
    }
    let parked = parking::all(&mut *lane.session).expect("parked messages are read");
    assert_eq!(parked.iter().map(|parked| parked.state).collect::<Vec<_>>(), [ParkedState::Dead]);
}

pub fn an_early_event_waits_until_what_it_waits_for_was_read(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    lane.deliver(&producer.tell(Message::Follow { account: account(1), amount: 2 }));
    lane.core.behind = true;
    for _ in 0..100 {
        lane.advance(Duration::from_secs(60));
    }
    let parked = |lane: &mut LaneByHand| parking::all(&mut *lane.session).expect("parked messages are read");
    assert!(parked(&mut lane).is_empty(), "events wait that have not been read");
    lane.deliver(&producer.tell(deposit(1, 1)));
    lane.advance(Duration::from_secs(60));
    assert_eq!(lane.account(account(1)).expect("it is stored").history, [1, 2]);
    // Where they have been, and it is early still, it is a dead letter.
    lane.deliver(&producer.tell(Message::Follow { account: account(9), amount: 2 }));
    for _ in 0..50 {
        lane.advance(Duration::from_secs(60));
    }
    assert!(parked(&mut lane).is_empty(), "events wait that have not been read");
    lane.core.behind = false;
    for _ in 0..50 {
        lane.advance(Duration::from_secs(60));
    }
    assert_eq!(parked(&mut lane).len(), 1);
}

pub fn a_clock_that_jumps_does_not_end_the_patience_with_an_early_event(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    lane.deliver(&producer.tell(Message::Follow { account: account(1), amount: 2 }));
    lane.advance(Duration::from_secs(86_400));
    assert!(
        parking::all(&mut *lane.session).expect("parked messages are read").is_empty(),
        "a day has passed for the clock, and one try"
    );
    lane.deliver(&producer.tell(deposit(1, 1)));
    lane.advance(Duration::from_secs(60));
    assert_eq!(lane.account(account(1)).expect("it is stored").history, [1, 2]);
}
