//! Whom to tell about an order, and who has left.

use contracts::{Currency, CustomerId, Money, OrderId};

use super::letter::{Line, Order, Parcel};

/// Whom to tell about an order, and what to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The order.
    pub order_id: OrderId,
    /// The customer, where it has an account.
    pub customer_id: Option<CustomerId>,
    /// Where mail about it goes; none where nobody said, or where its customer has left.
    pub email: Option<String>,
    /// Who receives the parcel, once it is known.
    pub name: Option<String>,
    /// What it costs, in minor units.
    pub total: i64,
    /// The currency of the total.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// The carrier, once it has the parcel.
    pub carrier: Option<String>,
    /// The carrier's number to follow the parcel by.
    pub tracking_number: Option<String>,
}

impl Contact {
    /// The order, as mail shows it.
    pub fn order(&self) -> Order {
        let total = Money::new(self.total, self.currency);
        Order { id: self.order_id, lines: self.lines.clone(), total }
    }

    /// Where the parcel is followed.
    pub fn parcel(&self) -> Option<Parcel> {
        let (carrier, tracking_number) = self.carrier.clone().zip(self.tracking_number.clone())?;
        Some(Parcel { carrier, tracking_number })
    }

    /// Its customer has left: nobody is told any more, and what was kept about the customer is gone.
    pub fn forget(&mut self) {
        self.customer_id = None;
        self.email = None;
        self.name = None;
        self.lines.clear();
        self.carrier = None;
        self.tracking_number = None;
    }
}

/// A customer: what it is called, or that it has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The customer.
    pub customer_id: CustomerId,
    /// What it is called; none once it has left.
    pub name: Option<String>,
    /// The sequence of the event that says so.
    pub sequence: i64,
    /// Whether it has no account any more. An event that was overtaken by its departure tells nobody.
    pub has_left: bool,
}

impl Customer {
    /// A customer of whom nothing has been heard.
    pub fn unknown(customer_id: CustomerId) -> Self {
        Self { customer_id, name: None, sequence: 0, has_left: false }
    }

    /// It is called so, as the event of that sequence says; an older event says nothing.
    pub fn rename(&mut self, name: &str, sequence: i64) {
        if sequence > self.sequence && !self.has_left {
            self.name = Some(name.to_owned());
            self.sequence = sequence;
        }
    }

    /// It has left.
    pub fn leave(&mut self) {
        self.name = None;
        self.has_left = true;
    }
}

#[cfg(test)]
mod tests {
    use contracts::CustomerId;
    use uuid::Uuid;

    use super::Customer;

    #[test]
    fn a_customer_is_called_as_the_newest_event_says_until_it_leaves() {
        let mut customer = Customer::unknown(CustomerId(Uuid::from_u128(1)));
        customer.rename("Ada Lovelace", 2);
        customer.rename("Ada Byron", 1);
        assert_eq!(customer.name.as_deref(), Some("Ada Lovelace"));
        customer.leave();
        customer.rename("Ada King", 3);
        assert_eq!(customer.name, None);
    }
}
