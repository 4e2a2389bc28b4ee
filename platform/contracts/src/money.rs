//! Amounts of money: integers in minor units (cents, pence), never fractions.

use serde::{Deserialize, Serialize};

pub use iso_currency::Currency;

/// An amount in minor units of a currency: `{"amount": 1999, "currency": "EUR"}` is 19.99 euro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units.
    #[schema(example = 1999)]
    pub amount: i64,
    /// ISO 4217 code.
    #[schema(value_type = String, example = "EUR", min_length = 3, max_length = 3)]
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// `quantity` times this; `None` past the range of the amount.
    pub fn times(self, quantity: u32) -> Option<Self> {
        let amount = self.amount.checked_mul(i64::from(quantity))?;
        Some(Self { amount, ..self })
    }

    /// The sum; `None` when the currencies differ or the amount is out of range.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let amount = self.amount.checked_add(other.amount)?;
        Some(Self { amount, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money};

    #[test]
    fn sums_stay_inside_one_currency_and_in_range() {
        let price = Money::new(1_999, Currency::EUR);
        assert_eq!(price.times(3), Some(Money::new(5_997, Currency::EUR)));
        assert_eq!(price.plus(Money::new(1, Currency::GBP)), None);
        assert_eq!(Money::new(i64::MAX, Currency::EUR).times(2), None);
    }

    #[test]
    fn json_is_minor_units_and_a_code() {
        let json = r#"{"amount":1999,"currency":"EUR"}"#;
        let money: Money = serde_json::from_str(json).expect("valid money");
        assert_eq!(serde_json::to_string(&money).expect("serializes"), json);
        assert!(serde_json::from_str::<Money>(r#"{"amount":19.99,"currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":1,"currency":"euro"}"#).is_err());
    }
}
