//! A small service that does a little of everything, for the suite.

use contracts::{Envelope, Event, Refusal, ServiceName, Timestamp, UnreadableEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Cx, EffectPolicy, Key, Needs, Projection, Publication, Row, Rows, Service, Session, StoreError,
    Subscription, Table, Value, table::Column, value::ColumnKind,
};

/// An account, whose name nobody else may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub balance: i64,
    pub name: Option<String>,
    /// What was deposited, in order.
    pub history: Vec<i64>,
}

crate::record! {
    Account => "account" {
        key id: Uuid,
        field balance: i64,
        field name: Option<String>,
        json history: Vec<i64>,
    }
    unique ["name"]
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    Deposit {
        account: Uuid,
        amount: i64,
    },
    Withdraw {
        account: Uuid,
        amount: i64,
    },
    /// Takes a name without looking whether it is free: the store has to say no.
    Rename {
        account: Uuid,
        name: String,
    },
    Panic {
        account: Uuid,
    },
    /// Deposits when the account is there; is early before.
    Follow {
        account: Uuid,
        amount: i64,
    },
    DepositLater {
        account: Uuid,
        amount: i64,
        due: Timestamp,
    },
    CancelDeposit {
        account: Uuid,
    },
    AskOutside {
        account: Uuid,
    },
    OutsideAnswered {
        account: Uuid,
        amount: i64,
    },
    /// Reads a row that `needs` does not name.
    Forgetful {
        account: Uuid,
    },
}

impl Message {
    pub fn account(&self) -> Uuid {
        match self {
            Self::Deposit { account, .. }
            | Self::Withdraw { account, .. }
            | Self::Rename { account, .. }
            | Self::Panic { account }
            | Self::Follow { account, .. }
            | Self::DepositLater { account, .. }
            | Self::CancelDeposit { account }
            | Self::AskOutside { account }
            | Self::OutsideAnswered { account, .. }
            | Self::Forgetful { account } => *account,
        }
    }
}

/// What is published, and also what is listened to: a message in an event's clothes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub message: Message,
}

impl Event for Told {
    const TYPE: &'static str = "conformance.told.v1";
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposited {
    pub account: Uuid,
    pub amount: i64,
}

impl Event for Deposited {
    const TYPE: &'static str = "conformance.deposited.v1";
}

pub struct Bank;

impl Service for Bank {
    const NAME: ServiceName = ServiceName::Payment;

    type Message = Message;
    type Reply = i64;
    type Fact = Deposited;
    type Request = Uuid;
    type Response = i64;

    fn tables(&self) -> Vec<&'static Table> {
        vec![crate::table_of::<Account>(), &TOTALS]
    }

    fn key(&self, message: &Message) -> Key {
        message.account().into()
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        if !matches!(message, Message::Forgetful { .. }) {
            needs.write::<Account>(message.account());
        }
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<i64, Refusal> {
        let id = message.account();
        let mut account = rows.get::<Account>(id).cloned().unwrap_or(Account {
            id,
            balance: 0,
            name: None,
            history: Vec::new(),
        });
        match message {
            Message::Deposit { amount, .. } | Message::OutsideAnswered { amount, .. } => {
                deposit(&mut account, *amount, cx);
            }
            Message::Follow { .. } if account.history.is_empty() => {
                return Err(Refusal::early("no account yet"));
            }
            Message::Follow { amount, .. } => deposit(&mut account, *amount, cx),
            Message::Withdraw { amount, .. } => {
                // Changed and published before the refusal: all of it has to be undone.
                account.balance -= amount;
                rows.put(account.clone());
                cx.publish::<Account>(id, Deposited { account: id, amount: -amount });
                if account.balance < 0 {
                    return Err(Refusal::conflict("overdrawn", "There is not so much in the account."));
                }
            }
            Message::Rename { name, .. } => account.name = Some(name.clone()),
            Message::Panic { .. } => {
                rows.put(account);
                panic!("poisoned");
            }
            Message::DepositLater { account: id, amount, due } => {
                cx.schedule(*id, "later", *due, Message::Deposit { account: *id, amount: *amount });
            }
            Message::CancelDeposit { account } => cx.cancel(*account, "later"),
            Message::AskOutside { account } => {
                cx.effect(format!("ask:{account}"), EffectPolicy::Ask, *account)
            }
            Message::Forgetful { .. } => {}
        }
        let balance = account.balance;
        rows.put(account);
        Ok(balance)
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[Subscription { source: ServiceName::Ordering, types: &[Told::TYPE] }]
    }

    fn receive(&self, event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        if event.kind != Told::TYPE {
            return Ok(None);
        }
        event.read::<Told>().map(|told| Some(told.message))
    }

    fn publish(&self, fact: Deposited) -> Publication {
        Publication::of(&fact)
    }

    fn effect_ended(&self, account: Uuid, amount: i64) -> Message {
        Message::OutsideAnswered { account, amount }
    }

    fn projections(&self) -> Vec<Box<dyn Projection>> {
        vec![Box::new(Totals)]
    }
}

fn deposit(account: &mut Account, amount: i64, cx: &mut Cx<'_, Bank>) {
    account.balance += amount;
    account.history.push(amount);
    cx.publish::<Account>(account.id, Deposited { account: account.id, amount });
}

/// Every deposit by its event: a projection.
pub struct Totals;

pub static TOTALS: Table = Table {
    name: "deposit_total",
    columns: &[Column::new("event_id", ColumnKind::Id), Column::new("amount", ColumnKind::Integer)],
    key_columns: 1,
    indexes: &[],
    layout: crate::Layout::ByKey,
};

impl Projection for Totals {
    fn name(&self) -> &'static str {
        "totals"
    }

    fn table(&self) -> &'static Table {
        &TOTALS
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[Subscription { source: ServiceName::Payment, types: &[Deposited::TYPE] }]
    }

    fn apply(
        &self,
        events: &[&Envelope],
        target: &'static Table,
        session: &mut dyn Session,
    ) -> Result<(), StoreError> {
        let mut rows: Vec<Row> = Vec::new();
        for event in events {
            let deposited: Deposited = event.read().expect("the suite's own events");
            rows.push(vec![Value::Id(event.id), Value::Integer(deposited.amount)]);
        }
        session.upsert(target, rows)
    }
}
