//! Rules about one batch: all of it commits or none, and what is at fault stands alone.

use uuid::Uuid;

use super::{
    service::{Account, Message},
    world::{CommitFault, FaultySession, Producer, World},
};
use crate::{Actor, CommandError, CommandKey, Value, message::Outcome, parking, record::Record, system};

fn account(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn key(number: u128, request: u128) -> Option<CommandKey> {
    Some(CommandKey { id: Uuid::from_u128(number), request_hash: Uuid::from_u128(request) })
}

pub fn rows_reply_and_events_commit_together(world: &World) {
    let mut lane = world.lane();
    assert_eq!(lane.command(Message::Deposit { account: account(1), amount: 5 }), Ok(5));
    assert_eq!(lane.command(Message::Deposit { account: account(1), amount: 7 }), Ok(12));
    let sequences: Vec<i64> = lane.logged.iter().map(|logged| logged.event.sequence).collect();
    assert_eq!(sequences, [1, 2]);
    let positions: Vec<i64> = lane.logged.iter().map(|logged| logged.position).collect();
    assert_eq!(positions, [1, 2]);
    // Another process sees the same.
    let mut later = world.lane();
    assert_eq!(later.account(account(1)).expect("it is stored").history, [5, 7]);
    assert_eq!(later.all_rows(&system::EVENT_LOG).len(), 2);
}

pub fn changes_of_different_columns_all_count(world: &World) {
    let mut lane = world.lane();
    let rename = |number, name: &str| Message::Rename { account: account(number), name: name.to_owned() };
    for number in [1, 2] {
        lane.command(Message::Deposit { account: account(number), amount: 5 }).expect("deposited");
    }
    lane.command(rename(1, "ada")).expect("renamed");
    // In one batch, of one row and of several.
    let batch = [
        Message::Deposit { account: account(1), amount: 7 },
        rename(1, "bob"),
        Message::Withdraw { account: account(2), amount: 1 },
    ];
    let batch = batch.map(|message| lane.incoming(None, message));
    lane.run(&batch);
    let mut later = world.lane();
    let stored = later.account(account(1)).expect("it is stored");
    assert_eq!((stored.balance, stored.name.as_deref(), &stored.history[..]), (12, Some("bob"), &[5, 7][..]));
    assert_eq!(later.balance(account(2)), 4);
    // The name that was given up is free, and the one that was taken is not.
    later.command(rename(2, "ada")).expect("the name is free");
    let taken = [later.incoming(None, rename(2, "bob"))];
    assert!(matches!(later.run(&taken)[0], Outcome::Failed(_)), "the name is another's");
    assert_eq!(later.account(account(2)).expect("it is stored").name.as_deref(), Some("ada"));
    // A row that is again what it was.
    let back = [rename(1, "eve"), rename(1, "bob")].map(|message| later.incoming(None, message));
    assert!(later.run(&back).iter().all(|outcome| matches!(outcome, Outcome::Decided(Ok(_)))));
    assert_eq!(world.lane().account(account(1)).expect("it is stored"), stored);
}

pub fn a_refusal_changes_nothing(world: &World) {
    let mut lane = world.lane();
    lane.command(Message::Deposit { account: account(1), amount: 5 }).expect("deposited");
    let refusal = lane.command(Message::Withdraw { account: account(1), amount: 6 }).expect_err("overdrawn");
    assert_eq!(refusal.code, "overdrawn");
    assert_eq!(lane.balance(account(1)), 5);
    assert_eq!(lane.all_rows(&system::EVENT_LOG).len(), 1);
    assert_eq!(lane.command(Message::Withdraw { account: account(1), amount: 5 }), Ok(0));
    let sequences: Vec<i64> = lane.logged.iter().map(|logged| logged.event.sequence).collect();
    assert_eq!(sequences, [1, 2], "the refused event has left no gap");
}

pub fn a_repeated_command_gets_its_first_reply(world: &World) {
    let mut lane = world.lane();
    let deposit = Message::Deposit { account: account(1), amount: 5 };
    let withdraw = Message::Withdraw { account: account(1), amount: 50 };
    assert_eq!(lane.command_with(key(1, 1), deposit.clone()), Ok(5));
    let refusal = lane.command_with(key(2, 2), withdraw.clone()).expect_err("overdrawn");
    lane.command(Message::Deposit { account: account(1), amount: 100 }).expect("deposited");
    let mut later = world.lane();
    assert_eq!(later.command_with(key(1, 1), deposit), Ok(5));
    assert_eq!(later.command_with(key(2, 2), withdraw), Err(refusal), "a refusal is a reply too");
    assert_eq!(later.balance(account(1)), 105);
}

pub fn a_key_with_another_request_is_refused(world: &World) {
    let mut lane = world.lane();
    lane.command_with(key(1, 1), Message::Deposit { account: account(1), amount: 5 }).expect("deposited");
    let refusal = lane.command_with(key(1, 2), Message::Deposit { account: account(1), amount: 6 });
    assert_eq!(refusal.expect_err("another request").code, "idempotency_key_reused");
    assert_eq!(lane.balance(account(1)), 5);
}

pub fn a_repeat_within_one_batch_is_decided_once(world: &World) {
    let mut lane = world.lane();
    let deposit = Message::Deposit { account: account(1), amount: 5 };
    let batch = [lane.incoming(key(1, 1), deposit.clone()), lane.incoming(key(1, 1), deposit)];
    for outcome in lane.run(&batch) {
        assert!(matches!(outcome, Outcome::Decided(Ok(5))), "{outcome:?}");
    }
    assert_eq!(lane.balance(account(1)), 5);
}

pub fn one_poisoned_message_in_500_stands_alone(world: &World) {
    let mut lane = world.lane();
    let batch: Vec<_> = (0..500)
        .map(|number| match number {
            250 => lane.incoming(None, Message::Panic { account: account(1_000) }),
            _ => lane.incoming(None, Message::Deposit { account: account(number % 50), amount: 1 }),
        })
        .collect();
    let outcomes = lane.run(&batch);
    for (number, outcome) in outcomes.iter().enumerate() {
        match (number, outcome) {
            (250, Outcome::Failed(CommandError::Internal)) => {}
            (250, other) => panic!("the poisoned message has {other:?}"),
            (_, Outcome::Decided(Ok(_))) => {}
            (_, other) => panic!("message {number} has {other:?}"),
        }
    }
    assert_eq!(lane.account(account(1_000)), None, "what it changed before it failed is undone");
    let total: i64 = (0..50).map(|number| lane.balance(account(number))).sum();
    assert_eq!(total, 499);
}

pub fn a_constraint_error_stands_alone(world: &World) {
    let mut lane = world.lane();
    lane.command(Message::Rename { account: account(1_000), name: "taken".into() }).expect("renamed");
    let batch: Vec<_> = (0..64)
        .map(|number| match number {
            40 => lane.incoming(None, Message::Rename { account: account(2_000), name: "taken".into() }),
            _ => lane.incoming(None, Message::Deposit { account: account(number), amount: 1 }),
        })
        .collect();
    let outcomes = lane.run(&batch);
    let failed: Vec<usize> =
        (0..64).filter(|&number| matches!(outcomes[number], Outcome::Failed(_))).collect();
    assert_eq!(failed, [40]);
    assert_eq!(lane.all_rows(Account::TABLE).len(), 64, "63 deposits and the name's first owner");
    assert_eq!(lane.all_rows(&system::EVENT_LOG).len(), 63);
}

pub fn a_row_that_cannot_be_read_stands_alone(world: &World) {
    let (mut lane, mut producer) = (world.lane(), Producer::default());
    let deposit = |number| Message::Deposit { account: account(number), amount: 1 };
    lane.command(deposit(2)).expect("deposited");
    let one = Value::Integer(1);
    let spoilt = vec![account(2).into(), one.clone(), Value::Null, "no list".into(), one];
    lane.session.begin().expect("begun");
    lane.session.upsert(Account::TABLE, vec![spoilt]).expect("written");
    lane.session.commit().expect("committed");
    let batch = [1, 2, 3].map(|number| lane.incoming(None, deposit(number)));
    let outcomes = lane.run(&batch);
    assert!(matches!(outcomes[1], Outcome::Failed(_)), "{:?}", outcomes[1]);
    assert!(matches!(outcomes[..], [Outcome::Decided(Ok(1)), _, Outcome::Decided(Ok(1))]), "{outcomes:?}");
    // An event that needs the row waits for a person.
    assert!(matches!(lane.deliver(&producer.tell(deposit(2))), Outcome::Waiting));
    let parked = parking::all(&mut *lane.session).expect("parked messages are read");
    assert_eq!(parked.len(), 1);
    assert_eq!(lane.balance(account(3)), 1);
}

pub fn a_row_that_needs_did_not_name_is_an_error(world: &World) {
    let mut lane = world.lane();
    let batch = [
        lane.incoming(None, Message::Forgetful { account: account(1) }),
        lane.incoming(None, Message::Deposit { account: account(2), amount: 1 }),
    ];
    let outcomes = lane.run(&batch);
    assert!(matches!(outcomes[0], Outcome::Failed(CommandError::Internal)), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Outcome::Decided(Ok(1))), "{:?}", outcomes[1]);
}

pub fn a_lost_answer_to_a_commit_is_looked_up(world: &World) {
    let session = FaultySession { session: world.session(), fault: Some(CommitFault::AnswerLost) };
    let mut lane = world.lane_on(Box::new(session));
    assert_eq!(lane.command(Message::Deposit { account: account(1), amount: 5 }), Ok(5));
    assert_eq!(lane.balance(account(1)), 5, "it was carried out once");
    assert_eq!(lane.logged.len(), 1);
}

pub fn a_commit_that_did_not_happen_is_done_again(world: &World) {
    let session = FaultySession { session: world.session(), fault: Some(CommitFault::RequestLost) };
    let mut lane = world.lane_on(Box::new(session));
    assert_eq!(lane.command(Message::Deposit { account: account(1), amount: 5 }), Ok(5));
    assert_eq!(lane.balance(account(1)), 5);
    assert_eq!(lane.all_rows(&system::EVENT_LOG).len(), 1);
}

/// Who did what, with the rows before and after, commits with the change; what is refused or repeated is not told again.
pub fn what_staff_do_is_in_the_audit_log(world: &World) {
    let mut lane = world.lane();
    let sam = Actor {
        id: Some(Uuid::from_u128(9)),
        name: "sam@example.com".to_owned(),
        action: "POST /api/v1/admin/accounts".to_owned(),
    };
    lane.command(Message::Deposit { account: account(1), amount: 5 }).expect("deposited");
    assert!(lane.audit_log().is_empty(), "customers are not staff");
    let deposit = Message::Deposit { account: account(1), amount: 7 };
    assert_eq!(lane.command_by(sam.clone(), key(1, 1), deposit.clone()), Ok(12));
    assert_eq!(lane.command_by(sam.clone(), key(1, 1), deposit), Ok(12));
    lane.command_by(sam.clone(), None, Message::Withdraw { account: account(1), amount: 50 })
        .expect_err("overdrawn");
    lane.command_by(sam.clone(), None, Message::Deposit { account: account(2), amount: 1 })
        .expect("deposited");
    let entries = world.lane().audit_log();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.actor == sam));
    let change = &entries[0].changes[0];
    assert_eq!((change.table.as_str(), change.key.as_str()), ("account", account(1).to_string().as_str()));
    let balance = |state: &Option<serde_json::Value>| state.as_ref().map(|row| row["balance"].clone());
    assert_eq!((balance(&change.before), balance(&change.after)), (Some(5.into()), Some(12.into())));
    let opened = &entries[1].changes[0];
    assert_eq!((balance(&opened.before), balance(&opened.after)), (None, Some(1.into())));
}
