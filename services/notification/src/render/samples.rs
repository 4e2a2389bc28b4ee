//! Letters of every kind, to put templates to the test with.

use contracts::{Currency, Money, OrderId, ProductId, Timestamp};
use uuid::Uuid;

use crate::domain::{CancelReason, Letter, Line, Link, Order, Parcel, Subject};

/// One letter of each kind at least; some more where a template has a choice to make.
pub(crate) fn samples() -> Vec<Letter> {
    let euro = |amount| Money::new(amount, Currency::EUR);
    let line = |name: &str, quantity, total| Line { name: name.to_owned(), quantity, total: euro(total) };
    let order = || Order {
        id: OrderId(Uuid::from_u128(0x019a_a5c1_7c00_7000_8000_0000_1a2b_3c4d)),
        lines: vec![line("Walnut Desk Lamp", 1, 8_900), line("Linen Napkin, Set of 4", 2, 5_600)],
        total: euro(14_990),
    };
    // Monday, 2 November 2026.
    let link = Link { id: Uuid::from_u128(1), expires_us: Timestamp(1_793_621_100_000_000) };
    let cancelled = |reason, was_paid| Subject::OrderCancelled { order: order(), reason, was_paid };
    let subjects = vec![
        Subject::OrderSubmitted { order: order() },
        Subject::OrderPaid { order: order(), amount: euro(14_990) },
        Subject::OrderShipped {
            order: order(),
            parcel: Parcel { carrier: "Mock Parcel".to_owned(), tracking_number: "MP0042".to_owned() },
        },
        Subject::OrderDelivered { order: order() },
        cancelled(CancelReason::Customer, true),
        cancelled(CancelReason::Staff, true),
        cancelled(CancelReason::OutOfStock, false),
        cancelled(CancelReason::PaymentFailed, false),
        Subject::OrderRefunded { order: order(), amount: euro(14_990) },
        Subject::VerifyEmail { link },
        Subject::ResetPassword { link },
        Subject::LowStock { product_id: ProductId(Uuid::from_u128(2)), available: 3, threshold: 10 },
    ];
    let name = |number: usize| number.is_multiple_of(2).then(|| "Ada Lovelace".to_owned());
    let letters = subjects.into_iter().enumerate();
    let mut letters: Vec<Letter> =
        letters.map(|(number, subject)| Letter { name: name(number), subject }).collect();
    // Whoever has no name is greeted as well, and the other way round.
    let others: Vec<Letter> = letters
        .iter()
        .map(|letter| Letter {
            name: if letter.name.is_none() { Some("Grace Hopper".to_owned()) } else { None },
            subject: letter.subject.clone(),
        })
        .collect();
    letters.extend(others);
    letters
}
