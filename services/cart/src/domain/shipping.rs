//! Ways of shipping, and what they cost.

use std::str::FromStr;

use contracts::Refusal;
use serde::{Deserialize, Serialize};

const STANDARD_AMOUNT: i64 = 490;
const EXPRESS_AMOUNT: i64 = 990;

/// Standard shipping costs nothing for lines worth more than this, in minor units of the cart's currency.
const FREE_STANDARD_ABOVE_AMOUNT: i64 = 5_000;

/// How a parcel is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingMethod {
    /// In a few days.
    Standard,
    /// By the next working day.
    Express,
    /// As it was agreed elsewhere: an imported order has what it was charged for shipping among its lines.
    Included,
}

/// What a customer may choose from.
pub const SHIPPING_OPTIONS: [ShippingMethod; 2] = [ShippingMethod::Standard, ShippingMethod::Express];

impl ShippingMethod {
    /// The code that requests and events name it by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
            Self::Included => "included",
        }
    }

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Express => "Express",
            Self::Included => "Included in the order",
        }
    }

    /// What it costs for lines that are worth `subtotal_amount`, in minor units.
    pub const fn price_amount(self, subtotal_amount: i64) -> i64 {
        match self {
            Self::Standard if subtotal_amount > FREE_STANDARD_ABOVE_AMOUNT => 0,
            Self::Standard => STANDARD_AMOUNT,
            Self::Express => EXPRESS_AMOUNT,
            Self::Included => 0,
        }
    }
}

impl FromStr for ShippingMethod {
    type Err = Refusal;

    fn from_str(code: &str) -> Result<Self, Refusal> {
        SHIPPING_OPTIONS.into_iter().find(|method| method.code() == code).ok_or_else(|| {
            Refusal::invalid("shipping_method_unknown", "The shipping methods are `standard` and `express`.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ShippingMethod;

    #[test]
    fn standard_is_free_above_fifty() {
        assert_eq!(ShippingMethod::Standard.price_amount(5_000), 490);
        assert_eq!(ShippingMethod::Standard.price_amount(5_001), 0);
        assert_eq!(ShippingMethod::Express.price_amount(5_001), 990);
    }

    #[test]
    fn only_what_is_on_offer_can_be_chosen() {
        assert_eq!("express".parse(), Ok(ShippingMethod::Express));
        assert!("included".parse::<ShippingMethod>().is_err());
        assert!("".parse::<ShippingMethod>().is_err());
    }
}
