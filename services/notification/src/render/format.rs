//! Money and times for people.

use chrono::DateTime;
use contracts::{Money, Timestamp};

/// An amount with its currency: `EUR 1,017.80`, `JPY 500`.
pub(super) fn money(money: Money) -> String {
    let digits_after_point = usize::from(money.currency.exponent().unwrap_or(0));
    let digits = format!("{:0>width$}", money.amount.unsigned_abs(), width = digits_after_point + 1);
    let (whole, rest) = digits.split_at(digits.len() - digits_after_point);
    let sign = if money.amount < 0 { "-" } else { "" };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{} {sign}{}{point}{rest}", money.currency.code(), grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A moment: `1 January 2026, 14:05 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let moment = DateTime::from_timestamp_micros(at.0).unwrap_or_default();
    moment.format("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use contracts::{Currency, Money, Timestamp};

    use super::{moment, money};

    #[test]
    fn money_is_as_its_currency_is_counted() {
        for (amount, currency, text) in [
            (1_780, Currency::EUR, "EUR 17.80"),
            (5, Currency::EUR, "EUR 0.05"),
            (0, Currency::GBP, "GBP 0.00"),
            (-123_456_789, Currency::USD, "USD -1,234,567.89"),
            (100_000, Currency::JPY, "JPY 100,000"),
            (1_234, Currency::KWD, "KWD 1.234"),
        ] {
            assert_eq!(money(Money::new(amount, currency)), text);
        }
    }

    #[test]
    fn moments_are_dates_with_the_time() {
        assert_eq!(moment(Timestamp(1_767_276_300_000_000)), "1 January 2026, 14:05 UTC");
    }
}
