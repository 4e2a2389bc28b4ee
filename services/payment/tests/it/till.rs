//! A payment service under test.

use std::{collections::BTreeMap, sync::Arc};

use bus::Logged;
use contracts::{
    CartId, Currency, CustomerId, Money, OrderId, Refusal, ServiceName,
    events::ordering::{CancelReason, OrderCancelled, OrderStockConfirmed},
};
use engine::harness::{Fate, Harness};
use payment::{
    Account, AccountKind, Adjusted, Adjustment, Entry, Message, Payment, Payments, Refund, Reply, Response,
    Status, wallet_account,
};
use uuid::Uuid;

pub struct Till {
    pub harness: Harness<Payments>,
    pub order_id: OrderId,
}

impl Till {
    pub fn new() -> Self {
        let mut harness = Harness::new(Payments);
        let order_id = OrderId(harness.new_id());
        Self { harness, order_id }
    }

    pub fn stock_confirmed(&mut self) -> Fate {
        let order_id = self.order_id;
        let total = Money::new(3_490, Currency::EUR);
        let event = OrderStockConfirmed {
            order_id,
            customer_id: None,
            total,
            payment_method: "pm_mock_approve".into(),
        };
        self.harness.event(ServiceName::Ordering, order_id, &event)
    }

    pub fn order_cancelled(&mut self) -> Fate {
        let (order_id, cart_id) = (self.order_id, CartId(Uuid::from_u128(7)));
        let event = OrderCancelled { order_id, cart_id, reason: CancelReason::Customer, was_paid: false };
        self.harness.event(ServiceName::Ordering, order_id, &event)
    }

    pub fn captured(&mut self) -> Fate {
        self.harness.answer(Response::Captured { reference: "mock_1".into() })
    }

    pub fn payment(&mut self) -> Payment {
        self.harness.row(self.order_id).expect("the payment is there")
    }

    pub fn status(&mut self) -> Status {
        self.payment().status
    }

    pub fn customer(&mut self) -> CustomerId {
        CustomerId(self.harness.new_id())
    }

    pub fn order(&mut self) -> OrderId {
        OrderId(self.harness.new_id())
    }

    /// The event that lets an order be paid from a wallet.
    pub fn wallet_order(
        &mut self,
        order_id: OrderId,
        customer_id: Option<CustomerId>,
        amount: i64,
    ) -> Arc<Logged> {
        let total = Money::new(amount, Currency::EUR);
        let event = OrderStockConfirmed { order_id, customer_id, total, payment_method: "wallet".into() };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    pub fn cancellation(&mut self, order_id: OrderId) -> Arc<Logged> {
        let cart_id = CartId(Uuid::from_u128(7));
        let event = OrderCancelled { order_id, cart_id, reason: CancelReason::Customer, was_paid: true };
        self.harness.make_event(ServiceName::Ordering, order_id, &event)
    }

    /// Staff give money or take it, under an id of its own.
    pub fn give(&mut self, customer_id: CustomerId, amount: i64) -> Result<Adjusted, Refusal> {
        let id = self.harness.new_id().to_string();
        let adjusted = self.adjust(&[(&id, customer_id, amount)])?;
        Ok(adjusted.into_iter().next().expect("one for each"))
    }

    pub fn adjust(&mut self, wanted: &[(&str, CustomerId, i64)]) -> Result<Vec<Adjusted>, Refusal> {
        let adjustment = |&(id, customer_id, amount): &(&str, CustomerId, i64)| Adjustment {
            id: id.to_owned(),
            customer_id,
            amount: Money::new(amount, Currency::EUR),
            reason: "a gift".into(),
        };
        match self.harness.command(Message::Adjust(wanted.iter().map(adjustment).collect()))? {
            Reply::Adjusted(adjusted) => Ok(adjusted),
            other => panic!("an adjustment is answered with what it came to, not {other:?}"),
        }
    }

    /// Staff pay back; all that is left where no amount is said.
    pub fn refund(
        &mut self,
        refund_id: Uuid,
        order_id: OrderId,
        amount: Option<i64>,
    ) -> Result<Refund, Refusal> {
        let reason = "It came broken".into();
        match self.harness.command(Message::Refund { refund_id, order_id, amount, reason })? {
            Reply::Refund(refund) => Ok(refund),
            other => panic!("a refund is answered with what it came to, not {other:?}"),
        }
    }

    pub fn payment_of(&mut self, order_id: OrderId) -> Payment {
        self.harness.row(order_id).expect("the payment is there")
    }

    /// What the customer's wallet holds; `None` where there is none.
    pub fn balance(&mut self, customer_id: CustomerId) -> Option<i64> {
        let account = self.harness.row::<Account>(wallet_account(customer_id, Currency::EUR));
        account.map(|account| account.balance)
    }

    /// Adds the whole ledger up again.
    pub fn audit(&mut self) {
        assert!(self.harness.parked().is_empty());
        let entries = self.harness.rows::<Entry>();
        let mut transactions: BTreeMap<(Uuid, &str), (i64, u32)> = BTreeMap::new();
        let mut accounts: BTreeMap<Uuid, Vec<&Entry>> = BTreeMap::new();
        for entry in &entries {
            let (sum, sides) = transactions.entry((entry.transaction_id, entry.currency.code())).or_default();
            (*sum, *sides) = (*sum + entry.amount, *sides + 1);
            if entry.account == AccountKind::Wallet {
                accounts.entry(entry.account_id).or_default().push(entry);
            }
        }
        assert!(transactions.values().all(|sum| *sum == (0, 2)), "{transactions:?}");
        let rows = self.harness.rows::<Account>();
        assert_eq!(rows.len(), accounts.len());
        for account in rows {
            let mut entries = accounts.remove(&account.account_id).expect("every account has entries");
            entries.sort_by_key(|entry| entry.number);
            assert_eq!(account.version, entries.len() as i64);
            let (mut balance, mut time) = (0, entries[0].created_us);
            for (place, entry) in (1..).zip(entries) {
                balance += entry.amount;
                assert!(balance >= 0, "{entry:?}");
                assert_eq!((entry.number, entry.balance_after), (Some(place), Some(balance)));
                assert!(entry.created_us >= time);
                time = entry.created_us;
            }
            assert_eq!(account.balance, balance, "{account:?}");
        }
    }
}
