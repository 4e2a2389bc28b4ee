//! Rules about what happens later: timers, effects, projections.

use std::{sync::Arc, time::Duration};

use bus::{Embedded, Logged, Transport};
use contracts::{ServiceName, Timestamp};
use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    service::{Bank, Message, TOTALS, Totals},
    world::{LaneByHand, World},
};
use crate::{
    effects,
    message::{Incoming, Origin, Outcome},
    projector::{Ask, Projector},
    session::Session,
    shadow::{Shadow, ShadowState},
    system,
};

const ACCOUNT: Uuid = Uuid::from_u128(1);

fn deposit_later(lane: &LaneByHand, amount: i64, seconds: u64) -> Message {
    let due = lane.core.clock.now().plus(Duration::from_secs(seconds));
    Message::DepositLater { account: ACCOUNT, amount, due }
}

pub fn a_timer_fires_once(world: &World) {
    let mut lane = world.lane();
    lane.command(deposit_later(&lane, 5, 60)).expect("scheduled");
    lane.advance(Duration::from_secs(59));
    assert_eq!(lane.balance(ACCOUNT), 0);
    let due =
        crate::timers::next_due(&mut *lane.session, &(0..8).collect::<Vec<_>>()).expect("timers are read");
    assert_eq!(due, Some(lane.core.clock.now().plus(Duration::from_secs(1))));
    // Two processes that look at once both find it due.
    let now = lane.core.clock.now().plus(Duration::from_secs(1));
    let all: Vec<u8> = (0..8).collect();
    let found = |lane: &mut LaneByHand| {
        crate::timers::due(&mut *lane.session, &Bank, &all, now, 10).expect("timers are read")
    };
    let (first, second) = (found(&mut lane), found(&mut lane));
    assert!(matches!(lane.run(&first)[..], [Outcome::Handled]));
    assert!(matches!(lane.run(&second)[..], [Outcome::Skipped]));
    assert_eq!(lane.balance(ACCOUNT), 5);
    assert!(lane.all_rows(&system::TIMER).is_empty());
}

pub fn a_timer_is_replaced_and_cancelled(world: &World) {
    let mut lane = world.lane();
    lane.command(deposit_later(&lane, 5, 60)).expect("scheduled");
    lane.command(deposit_later(&lane, 7, 120)).expect("scheduled anew");
    lane.advance(Duration::from_secs(60));
    assert_eq!(lane.balance(ACCOUNT), 0);
    // Cancelled in the batch in which it fires, by a message before it.
    let now = lane.core.clock.now().plus(Duration::from_secs(60));
    let mut batch = vec![lane.incoming(None, Message::CancelDeposit { account: ACCOUNT })];
    let all: Vec<u8> = (0..8).collect();
    batch.extend(crate::timers::due(&mut *lane.session, &Bank, &all, now, 10).expect("timers are read"));
    assert!(matches!(lane.run(&batch)[..], [Outcome::Decided(_), Outcome::Skipped]));
    assert_eq!(lane.balance(ACCOUNT), 0);
    assert!(lane.all_rows(&system::TIMER).is_empty());
}

pub fn an_effect_is_answered_once(world: &World) {
    let mut lane = world.lane();
    lane.command(Message::AskOutside { account: ACCOUNT }).expect("asked");
    let call = lane.calls.remove(0);
    assert!(!call.unknown, "nobody can have called before the intent was committed");
    let answer = || {
        let origin = Origin::Effect { idempotency_key: call.idempotency_key.clone() };
        let message = Message::OutsideAnswered { account: ACCOUNT, amount: 9 };
        [Incoming::message(&Bank, origin, message, call.cause)]
    };
    assert!(matches!(lane.run(&answer())[..], [Outcome::Handled]));
    assert!(matches!(lane.run(&answer())[..], [Outcome::Skipped]));
    assert_eq!(lane.balance(ACCOUNT), 9);
}

pub fn an_effect_of_a_process_that_is_gone_is_taken_over(world: &World) {
    let mut lane = world.lane();
    lane.command(Message::AskOutside { account: ACCOUNT }).expect("asked");
    let now = lane.core.clock.now();
    let mut later = world.lane();
    let none = effects::take_over::<Bank>(&mut *later.session, now, now, 10).expect("effects are read");
    assert!(none.is_empty(), "its process may still be calling");
    let after_lease = now.plus(effects::LEASE);
    let take = |lane: &mut LaneByHand, until, now| {
        effects::take_over::<Bank>(&mut *lane.session, until, now, 10).expect("effects are read")
    };
    let taken = take(&mut later, after_lease, after_lease);
    assert_eq!(taken.iter().map(|call| (call.unknown, call.attempts)).collect::<Vec<_>>(), [(true, 1)]);
    assert!(take(&mut later, after_lease, after_lease).is_empty(), "one process takes it over");
    // Who knows that the process is gone takes over whatever its lease says, and has a lease of its own, which ends.
    assert_eq!(take(&mut later, Timestamp(i64::MAX), now).len(), 1);
    assert!(take(&mut later, now, now).is_empty());
    assert_eq!(take(&mut later, after_lease, after_lease).len(), 1);
}

/// The projection, standing at the first event or where the store says.
fn projector(lane: &mut LaneByHand, transport: &Embedded) -> Projector {
    let consumer = bus::Consumer {
        name: "payment.totals".into(),
        source: ServiceName::Payment,
        partitions: (0..8).collect(),
    };
    let subscription = transport.subscribe(consumer, Arc::new(|| {})).expect("subscribed");
    let sources = vec![(ServiceName::Payment, subscription)];
    Projector::load(&mut *lane.session, ServiceName::Payment, Box::new(Totals), sources).expect("it loads")
}

fn log_of(world: &World) -> Embedded {
    let transport = Embedded::new();
    let log = Arc::new(OwnLog(Mutex::new(world.session())));
    transport.add_producer(ServiceName::Payment, log).expect("the log is read");
    transport
}

fn ask(projector: &mut Projector, lane: &mut LaneByHand, ask: Ask) -> Option<Shadow> {
    let (done, mut answer) = tokio::sync::oneshot::channel();
    projector.ask(&mut *lane.session, ask, done);
    while projector.step(&mut *lane.session).expect("it steps") {}
    answer.try_recv().expect("it has ended").expect("it has worked")
}

pub fn a_rebuild_goes_on_in_a_later_process(world: &World) {
    let mut lane = world.lane();
    for number in 0..50 {
        lane.command(Message::Deposit { account: Uuid::from_u128(number % 10), amount: 1 })
            .expect("deposited");
    }
    let transport = log_of(world);
    let mut first = projector(&mut lane, &transport);
    while first.step(&mut *lane.session).expect("it steps") {}
    let rows = lane.all_rows(&TOTALS);
    let (unheard, _) = tokio::sync::oneshot::channel();
    first.ask(&mut *lane.session, Ask::Build(Uuid::from_u128(7)), unheard);
    assert!(
        first.step(&mut *lane.session).expect("it steps"),
        "it has read the log and not looked for its end"
    );
    drop(first);
    let mut second = projector(&mut lane, &transport);
    let (waiting, mut unanswered) = tokio::sync::oneshot::channel();
    second.ask(&mut *lane.session, Ask::Swap, waiting);
    let building =
        unanswered.try_recv().expect("answered").expect("it has worked").expect("there is a shadow");
    assert_eq!(building.state, ShadowState::Building, "what has not caught up is not swapped in");
    while second.step(&mut *lane.session).expect("it steps") {}
    let known = ask(&mut second, &mut lane, Ask::Look).expect("there is a shadow");
    assert_eq!((known.state, known.events), (ShadowState::Ready, 50), "no event is read twice");
    // A later rebuild of another process takes its place: this one neither writes to it nor swaps it in.
    let mut third = projector(&mut lane, &transport);
    let built = ask(&mut third, &mut lane, Ask::Build(Uuid::from_u128(8))).expect("there is a shadow");
    assert_eq!(built.state, ShadowState::Ready);
    assert_eq!(ask(&mut second, &mut lane, Ask::Swap), Some(built), "it is left as it is");
    assert_eq!(ask(&mut third, &mut lane, Ask::Swap).map(|shadow| shadow.state), Some(ShadowState::Swapped));
    assert_eq!(lane.all_rows(&TOTALS), rows);
    assert!(ask(&mut third, &mut lane, Ask::Drop).is_some());
    assert_eq!(ask(&mut third, &mut lane, Ask::Look), None);
    assert_eq!(lane.all_rows(&TOTALS), rows, "the live rows are nothing of a shadow's");
}

/// The store's own log, read where it lies.
struct OwnLog(Mutex<Box<dyn Session>>);

impl bus::Log for OwnLog {
    fn epoch(&self) -> Uuid {
        Uuid::nil()
    }

    fn heads(&self) -> Result<std::collections::BTreeMap<(Arc<str>, u8), i64>, String> {
        let heads = crate::log::heads(&mut **self.0.lock()).map_err(|error| error.to_string())?;
        Ok(heads.into_iter().map(|(topic, partition, head)| ((topic, partition), head)).collect())
    }

    fn read(&self, topic: &str, partition: u8, after: i64, limit: usize) -> Result<Vec<Arc<Logged>>, String> {
        let mut session = self.0.lock();
        crate::log::read(&mut **session, ServiceName::Payment, topic, partition, after, limit)
            .map_err(|error| error.to_string())
    }
}

pub fn a_projection_is_rebuilt_from_the_first_event(world: &World) {
    let mut lane = world.lane();
    for number in 0..200 {
        lane.command(Message::Deposit { account: Uuid::from_u128(number % 10), amount: 1 })
            .expect("deposited");
    }
    let transport = log_of(world);
    let mut projector = projector(&mut lane, &transport);
    while projector.step(&mut *lane.session).expect("it steps") {}
    assert_eq!(lane.all_rows(&TOTALS).len(), 200);

    // Someone has spoilt the read model: a row changed, a row lost.
    let rows = lane.all_rows(&TOTALS);
    lane.session.begin().expect("begun");
    let mut spoilt = rows[0].clone();
    spoilt[1] = crate::Value::Integer(-1);
    lane.session.upsert(&TOTALS, vec![spoilt]).expect("changed");
    lane.session.delete(&TOTALS, vec![vec![rows[1][0].clone()]]).expect("deleted");
    lane.session.commit().expect("committed");

    assert_eq!(ask(&mut projector, &mut lane, Ask::Swap), None, "there is no shadow yet");
    let built = ask(&mut projector, &mut lane, Ask::Build(Uuid::from_u128(7))).expect("there is a shadow");
    assert_eq!((built.state, built.events), (ShadowState::Ready, 200));
    assert_ne!(lane.all_rows(&TOTALS), rows, "the live rows are as they were");
    // What comes now reaches both.
    lane.command(Message::Deposit { account: ACCOUNT, amount: 1 }).expect("deposited");
    transport.look_again(ServiceName::Payment).expect("the log is read");
    while projector.step(&mut *lane.session).expect("it steps") {}
    let swapped = ask(&mut projector, &mut lane, Ask::Swap).expect("there was a shadow");
    assert_eq!(swapped.state, ShadowState::Swapped);
    let healed = lane.all_rows(&TOTALS);
    assert_eq!(healed.len(), 201);
    assert!(rows.iter().all(|row| healed.contains(row)));
    assert_eq!(ask(&mut projector, &mut lane, Ask::Swap), Some(swapped), "it is swapped once");
    assert_eq!(lane.all_rows(&TOTALS), healed);
    lane.command(Message::Deposit { account: ACCOUNT, amount: 1 }).expect("deposited");
    transport.look_again(ServiceName::Payment).expect("the log is read");
    while projector.step(&mut *lane.session).expect("it steps") {}
    assert_eq!(lane.all_rows(&TOTALS).len(), 202, "the projection goes on");
}
