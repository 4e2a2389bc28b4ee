//! Rules about several writers on one store. SQLite has one writer; there the same rules hold for it alone.

use std::{
    collections::HashMap,
    sync::{Barrier, mpsc},
    time::Duration,
};

use contracts::partition_of;
use uuid::Uuid;

use super::{
    service::Message,
    world::{Producer, World},
};
use crate::{
    message::{Incoming, Outcome},
    session::HeadMove,
    system,
    value::Value,
};

const BATCHES: u128 = 20;
const BATCH: u128 = 25;

pub fn two_writers_leave_no_gap_and_lose_nothing(world: &World) {
    let writers: u128 = if world.has_many_writers() { 2 } else { 1 };
    let barrier = Barrier::new(writers as usize);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (barrier, world) = (&barrier, world);
            scope.spawn(move || {
                let mut lane = world.lane();
                barrier.wait();
                for number in 0..BATCHES {
                    // The accounts are the same for both, asked for in opposite orders.
                    let deposits: Vec<_> = (0..BATCH)
                        .map(|account| if writer == 0 { account } else { BATCH - 1 - account })
                        .map(|account| Message::Deposit {
                            account: Uuid::from_u128(account),
                            amount: 1 + number as i64,
                        })
                        .collect();
                    let batch: Vec<_> =
                        deposits.into_iter().map(|message| lane.incoming(None, message)).collect();
                    for outcome in lane.run(&batch) {
                        assert!(matches!(outcome, Outcome::Decided(Ok(_))), "{outcome:?}");
                    }
                }
            });
        }
    });
    let mut lane = world.lane();
    let deposited: i64 = (0..BATCH).map(|account| lane.balance(Uuid::from_u128(account))).sum();
    let per_writer: i64 = (1..=BATCHES as i64).sum::<i64>() * BATCH as i64;
    assert_eq!(deposited, per_writer * writers as i64);
    let mut positions: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut sequences: HashMap<String, Vec<i64>> = HashMap::new();
    for row in lane.all_rows(&system::EVENT_LOG) {
        let (Value::Integer(partition), Value::Integer(position)) = (&row[1], &row[2]) else {
            panic!("{row:?}")
        };
        positions.entry(*partition).or_default().push(*position);
        let (Value::Text(subject), Value::Integer(sequence)) = (&row[4], &row[5]) else { panic!("{row:?}") };
        sequences.entry(subject.clone()).or_default().push(*sequence);
    }
    let gapless = |numbers: &Vec<i64>| numbers.iter().copied().eq(1..=numbers.len() as i64);
    assert!(positions.values().all(gapless), "positions have gaps");
    assert!(sequences.values().all(gapless), "sequences are not in the order of the positions, or have gaps");
    assert_eq!(sequences.values().map(Vec::len).sum::<usize>() as u128, BATCHES * BATCH * writers);
}

/// A transaction that has its positions keeps every later one waiting until it has committed: nobody can read past it.
pub fn positions_are_in_commit_order(world: &World) {
    if !world.has_many_writers() {
        return one_writer_at_a_time(world);
    }
    let head = || [HeadMove { topic: "payment".into(), partition: 3, count: 2 }];
    let mut early = world.session();
    early.begin().expect("begun");
    assert_eq!(early.move_heads(&head()).expect("moved"), [2]);
    let (sender, late) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut session = world.session();
            session.begin().expect("begun");
            let heads = session.move_heads(&head()).expect("moved");
            sender.send(heads).expect("the test listens");
            session.commit().expect("committed");
        });
        let waited = late.recv_timeout(Duration::from_millis(300));
        assert!(waited.is_err(), "the later transaction has positions before the earlier one has committed");
        early.commit().expect("committed");
        assert_eq!(late.recv_timeout(Duration::from_secs(10)).expect("its turn has come"), [4]);
    });
}

/// SQLite lets no second writer begin.
fn one_writer_at_a_time(world: &World) {
    let (mut first, mut second) = (world.session(), world.session());
    first.begin().expect("begun");
    assert_eq!(
        first.move_heads(&[HeadMove { topic: "payment".into(), partition: 3, count: 2 }]).expect("moved"),
        [2]
    );
    assert!(matches!(second.begin(), Err(crate::StoreError::Contended(_))));
    first.commit().expect("committed");
    second.begin().expect("its turn has come");
}

/// Events of many subjects, shared out to two lanes by partition, in batches of odd sizes.
pub fn one_subject_is_never_reordered(world: &World) {
    let mut producer = Producer::default();
    let events: Vec<_> = (0..600_i64)
        .map(|number| {
            let account = Uuid::from_u128((number % 30) as u128);
            producer.tell(Message::Deposit { account, amount: number })
        })
        .collect();
    let lanes: u8 = if world.has_many_writers() { 2 } else { 1 };
    std::thread::scope(|scope| {
        for number in 0..lanes {
            let (events, world) = (&events, world);
            scope.spawn(move || {
                let mut lane = world.lane();
                let own: Vec<_> = events.iter().filter(|event| event.partition % lanes == number).collect();
                for chunk in own.chunks(37) {
                    let deliveries = chunk
                        .iter()
                        .map(|&logged| bus::Delivery { epoch: Uuid::nil(), logged: logged.clone() });
                    let batch: Vec<_> =
                        deliveries.map(|delivery| Incoming::event(&super::service::Bank, delivery)).collect();
                    lane.run(&batch);
                }
            });
        }
    });
    let mut lane = world.lane();
    for account in 0..30 {
        let id = Uuid::from_u128(account);
        let history = lane.account(id).expect("it is stored").history;
        assert_eq!(history.len(), 20, "account {account} in partition {}", partition_of(&id.to_string()));
        assert!(history.is_sorted(), "account {account}: {history:?}");
    }
}
