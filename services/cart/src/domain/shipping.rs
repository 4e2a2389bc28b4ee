//! Shipping options: what may be chosen, and what it costs.

use contracts::Refusal;
use serde::{Deserialize, Serialize};

/// The code of an imported order's shipping: agreed elsewhere, and charged among the lines. Nobody can choose it.
pub const INCLUDED: &str = "included";

/// The highest price of shipping, in minor units. Keeps every sum of a cart inside an `i64`.
pub(super) const SHIPPING_AMOUNT_MAX: i64 = 1_000_000_000_000;

/// A way of shipping that a customer may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingOption {
    /// The code that requests and events name it by.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What it costs.
    pub price: ShippingPrice,
    /// Free of charge for lines worth more than this, in minor units of the cart's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_above: Option<i64>,
    /// Where it goes, as ISO 3166-1 alpha-2 codes; everywhere when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
}

/// How the price of a shipping option is found. Amounts are minor units of the cart's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingPrice {
    /// The same for every parcel.
    Flat(i64),
    /// By what the parcel weighs: the first step that it does not exceed. One that is heavier than the last cannot be sent so.
    ByWeight(Vec<WeightStep>),
}

/// A parcel of up to so many grams costs so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightStep {
    /// The heaviest parcel of the step.
    pub up_to_grams: u64,
    /// What it costs.
    pub amount: i64,
}

/// What is to be sent, as far as shipping cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel<'a> {
    /// What its lines cost, in minor units.
    pub subtotal_amount: i64,
    /// What it weighs.
    pub weight_grams: u64,
    /// Where it goes.
    pub country: &'a str,
}

impl ShippingOption {
    /// What a parcel costs; `None` when it cannot be sent so.
    pub fn price_amount(&self, parcel: Parcel<'_>) -> Option<i64> {
        if !self.countries.is_empty() && !self.countries.iter().any(|country| country == parcel.country) {
            return None;
        }
        let amount = match &self.price {
            ShippingPrice::Flat(amount) => *amount,
            ShippingPrice::ByWeight(steps) => {
                steps.iter().find(|step| parcel.weight_grams <= step.up_to_grams)?.amount
            }
        };
        let is_free = self.free_above.is_some_and(|limit| parcel.subtotal_amount > limit);
        Some(if is_free { 0 } else { amount })
    }

    /// Says what is wrong with a setting.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { code, name, price, free_above, countries } = self;
        let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if code.is_empty() || code.len() > 50 || !code.bytes().all(is_code) || code == INCLUDED {
            return Err(format!(
                "shipping code `{code}`: small letters, digits and hyphens, and not `{INCLUDED}`"
            ));
        }
        if name.is_empty() || name.chars().count() > 100 {
            return Err(format!("shipping `{code}`: a name of 1 to 100 characters"));
        }
        let amounts: Vec<i64> = match price {
            ShippingPrice::Flat(amount) => vec![*amount],
            ShippingPrice::ByWeight(steps) => steps.iter().map(|step| step.amount).collect(),
        };
        if !amounts.iter().chain(free_above).all(|amount| (0..=SHIPPING_AMOUNT_MAX).contains(amount)) {
            return Err(format!("shipping `{code}`: amounts are 0 to {SHIPPING_AMOUNT_MAX} minor units"));
        }
        if let ShippingPrice::ByWeight(steps) = price
            && (steps.is_empty() || !steps.is_sorted_by(|a, b| a.up_to_grams < b.up_to_grams))
        {
            return Err(format!("shipping `{code}`: at least one step, each heavier than the one before"));
        }
        match countries.iter().find(|country| !super::tax::is_country(country)) {
            Some(country) => Err(format!("shipping `{code}`: `{country}` is no country code, such as DE")),
            None => Ok(()),
        }
    }
}

/// What a new shop offers: one of each kind.
pub(super) fn demo_options() -> Vec<ShippingOption> {
    let option = |code: &str, name: &str, price, free_above| ShippingOption {
        code: code.to_owned(),
        name: name.to_owned(),
        price,
        free_above,
        countries: Vec::new(),
    };
    let step = |up_to_grams, amount| WeightStep { up_to_grams, amount };
    let by_weight = vec![step(1_000, 290), step(5_000, 490), step(20_000, 990), step(31_500, 1_490)];
    vec![
        option("standard", "Standard", ShippingPrice::Flat(490), Some(5_000)),
        option("express", "Express", ShippingPrice::Flat(990), None),
        option("economy", "Economy, by weight", ShippingPrice::ByWeight(by_weight), None),
    ]
}

pub(super) fn unknown(options: &[ShippingOption]) -> Refusal {
    let codes: Vec<String> = options.iter().map(|option| format!("`{}`", option.code)).collect();
    Refusal::invalid("shipping_method_unknown", format!("The shipping methods are {}.", codes.join(", ")))
}

pub(super) fn unavailable(code: &str) -> Refusal {
    let detail =
        format!("This cart cannot be sent by `{code}`: it is too heavy, or goes where that does not.");
    Refusal::conflict("shipping_method_unavailable", detail)
}

#[cfg(test)]
mod tests {
    use super::{Parcel, ShippingOption, ShippingPrice, WeightStep, demo_options};

    fn parcel(subtotal_amount: i64, weight_grams: u64) -> Parcel<'static> {
        Parcel { subtotal_amount, weight_grams, country: "GB" }
    }

    fn option(price: ShippingPrice) -> ShippingOption {
        ShippingOption { code: "a".into(), name: "A".into(), price, free_above: None, countries: Vec::new() }
    }

    #[test]
    fn standard_is_free_above_fifty() {
        let standard = &demo_options()[0];
        assert_eq!(standard.price_amount(parcel(5_000, 1)), Some(490));
        assert_eq!(standard.price_amount(parcel(5_001, 1)), Some(0));
    }

    #[test]
    fn a_heavier_parcel_costs_the_next_step_and_then_cannot_be_sent() {
        let by_weight = &demo_options()[2];
        for (grams, price) in [(0, Some(290)), (1_000, Some(290)), (1_001, Some(490)), (31_500, Some(1_490))]
        {
            assert_eq!(by_weight.price_amount(parcel(9_999, grams)), price, "{grams}");
        }
        assert_eq!(by_weight.price_amount(parcel(9_999, 31_501)), None);
    }

    #[test]
    fn an_option_goes_where_it_says() {
        let mut domestic = option(ShippingPrice::Flat(100));
        domestic.countries = vec!["DE".into(), "AT".into()];
        assert_eq!(domestic.price_amount(parcel(1, 1)), None);
        assert_eq!(domestic.price_amount(Parcel { country: "AT", ..parcel(1, 1) }), Some(100));
    }

    #[test]
    fn a_wrong_setting_is_told() {
        assert!(demo_options().iter().all(|option| option.check().is_ok()));
        let step = |up_to_grams| WeightStep { up_to_grams, amount: 1 };
        let wrong = [
            option(ShippingPrice::Flat(-1)),
            option(ShippingPrice::ByWeight(Vec::new())),
            option(ShippingPrice::ByWeight(vec![step(2), step(2)])),
            ShippingOption { code: "included".into(), ..option(ShippingPrice::Flat(1)) },
            ShippingOption { code: "a b".into(), ..option(ShippingPrice::Flat(1)) },
            ShippingOption { name: String::new(), ..option(ShippingPrice::Flat(1)) },
            ShippingOption { countries: vec!["Germany".into()], ..option(ShippingPrice::Flat(1)) },
            ShippingOption { free_above: Some(-1), ..option(ShippingPrice::Flat(1)) },
        ];
        for option in wrong {
            assert!(option.check().is_err(), "{option:?}");
        }
    }
}
