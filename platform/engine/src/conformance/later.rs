//! Rules about what happens later: timers, effects, projections.

use std::{sync::Arc, time::Duration};

use bus::{Embedded, Logged, Transport};
use contracts::ServiceName;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    service::{Bank, Message, TOTALS, Totals},
    world::{LaneByHand, World},
};
use crate::{
    effects,
    message::{Incoming, Origin, Outcome},
    projector::Projector,
    session::Session,
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
    let none = effects::take_over::<Bank>(&mut *later.session, now, 10).expect("effects are read");
    assert!(none.is_empty(), "its process may still be calling");
    let after_lease = now.plus(effects::LEASE);
    let taken = effects::take_over::<Bank>(&mut *later.session, after_lease, 10).expect("effects are read");
    assert_eq!(taken.iter().map(|call| (call.unknown, call.attempts)).collect::<Vec<_>>(), [(true, 1)]);
    let again = effects::take_over::<Bank>(&mut *later.session, after_lease, 10).expect("effects are read");
    assert!(again.is_empty(), "one process takes it over");
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
    let transport = Embedded::new();
    transport
        .add_producer(ServiceName::Payment, Arc::new(OwnLog(Mutex::new(world.session()))))
        .expect("the log is read");
    let consumer = bus::Consumer {
        name: "payment.totals".into(),
        source: ServiceName::Payment,
        partitions: (0..8).collect(),
    };
    let subscription = transport.subscribe(consumer, Arc::new(|| {})).expect("subscribed");
    let sources = vec![(ServiceName::Payment, subscription)];
    let session = &mut *lane.session;
    let mut projector =
        Projector::load(session, ServiceName::Payment, Box::new(Totals), sources).expect("it loads");
    while projector.step(session).expect("it steps") {}
    assert_eq!(lane.all_rows(&TOTALS).len(), 200);

    // Someone has spoilt the read model: a row changed, a row lost.
    let rows = lane.all_rows(&TOTALS);
    lane.session.begin().expect("begun");
    let mut spoilt = rows[0].clone();
    spoilt[1] = crate::Value::Integer(-1);
    lane.session.upsert(&TOTALS, vec![spoilt]).expect("changed");
    lane.session.delete(&TOTALS, vec![vec![rows[1][0].clone()]]).expect("deleted");
    lane.session.commit().expect("committed");

    let (done, mut answer) = tokio::sync::oneshot::channel();
    projector.start_rebuild(done);
    while projector.step(&mut *lane.session).expect("it steps") {}
    let rebuilt = answer.try_recv().expect("it has ended").expect("it has worked");
    assert_eq!(
        (rebuilt.events, rebuilt.differing_rows),
        (200, 3),
        "two versions of one row, and one that was lost"
    );
    assert_eq!(lane.all_rows(&TOTALS), rows);
}
