//! What a notification says, before a template puts it into words. A link's token is not in it: it is made when the mail is.

use contracts::{Money, OrderId, ProductId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Kind;

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product's name at checkout.
    pub name: String,
    /// Units ordered.
    pub quantity: u32,
    /// What the line costs.
    pub total: Money,
}

/// An order, as mail shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order.
    pub id: OrderId,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// What it costs.
    pub total: Money,
}

impl Order {
    /// What people call the order by: the end of its id, which is random.
    pub fn reference(&self) -> String {
        let id = self.id.0.simple().to_string();
        id[id.len() - 8..].to_uppercase()
    }
}

/// Where a parcel is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The carrier's name.
    pub carrier: String,
    /// Its number to follow the parcel by.
    pub tracking_number: String,
}

/// A link that the mail is to hold. Its token is made from the id, when the mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The link.
    pub id: Uuid,
    /// Until when it is good.
    pub expires_us: Timestamp,
}

/// Why an order was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The customer asked.
    Customer,
    /// The shop's staff decided.
    Staff,
    /// There was not enough stock.
    OutOfStock,
    /// The payment was declined.
    PaymentFailed,
}

/// What a notification is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// The shop has the order.
    OrderSubmitted {
        /// The order.
        order: Order,
    },
    /// The order is paid.
    OrderPaid {
        /// The order.
        order: Order,
        /// What was charged.
        amount: Money,
    },
    /// The parcel is with the carrier.
    OrderShipped {
        /// The order.
        order: Order,
        /// Where it is followed.
        parcel: Parcel,
    },
    /// The parcel has arrived.
    OrderDelivered {
        /// The order.
        order: Order,
    },
    /// The order will not be fulfilled.
    OrderCancelled {
        /// The order.
        order: Order,
        /// Why.
        reason: CancelReason,
        /// Whether there is money to be paid back.
        was_paid: bool,
    },
    /// Money was paid back.
    OrderRefunded {
        /// The order.
        order: Order,
        /// How much.
        amount: Money,
    },
    /// Somebody is to show that mail arrives.
    VerifyEmail {
        /// The link.
        link: Link,
    },
    /// Somebody is to choose another password.
    ResetPassword {
        /// The link.
        link: Link,
    },
    /// A product is running out.
    LowStock {
        /// The product.
        product_id: ProductId,
        /// Units that can still be promised.
        available: i64,
        /// Below this many units the stock is low.
        threshold: i64,
    },
}

impl Subject {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::OrderSubmitted { .. } => Kind::OrderSubmitted,
            Self::OrderPaid { .. } => Kind::OrderPaid,
            Self::OrderShipped { .. } => Kind::OrderShipped,
            Self::OrderDelivered { .. } => Kind::OrderDelivered,
            Self::OrderCancelled { .. } => Kind::OrderCancelled,
            Self::OrderRefunded { .. } => Kind::OrderRefunded,
            Self::VerifyEmail { .. } => Kind::VerifyEmail,
            Self::ResetPassword { .. } => Kind::ResetPassword,
            Self::LowStock { .. } => Kind::LowStock,
        }
    }

    /// The link that the mail is to hold.
    pub fn link(&self) -> Option<Link> {
        match self {
            Self::VerifyEmail { link } | Self::ResetPassword { link } => Some(*link),
            _ => None,
        }
    }

    /// The order that it is about.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::OrderSubmitted { order }
            | Self::OrderPaid { order, .. }
            | Self::OrderShipped { order, .. }
            | Self::OrderDelivered { order }
            | Self::OrderCancelled { order, .. }
            | Self::OrderRefunded { order, .. } => Some(order),
            Self::VerifyEmail { .. } | Self::ResetPassword { .. } | Self::LowStock { .. } => None,
        }
    }
}

/// What a notification says, and whom it greets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What its reader is called, where that is known.
    pub name: Option<String>,
    /// What it is about.
    pub subject: Subject,
}

/// A text that others wrote as one line: what breaks a line or cannot be seen becomes a space, so that no name adds a header to a
/// mail, or a paragraph to its text.
pub fn one_line(text: &str) -> String {
    let unseen = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = text.chars().map(|letter| if unseen(letter) { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use contracts::{Currency, Money, OrderId};
    use uuid::Uuid;

    use super::{Order, one_line};

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(one_line(" Ada\r\nBcc: all@example.com\u{2028}\u{202e}x "), "Ada Bcc: all@example.com x");
        assert_eq!(one_line("\r\n\t"), "");
    }

    #[test]
    fn an_order_is_called_by_the_end_of_its_id() {
        let id = OrderId(Uuid::from_u128(0x0199_aaaa_bbbb_7ccc_8ddd_0123_4567_89ab));
        let order = Order { id, lines: Vec::new(), total: Money::zero(Currency::EUR) };
        assert_eq!(order.reference(), "456789AB");
    }
}
