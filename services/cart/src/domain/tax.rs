//! Tax: which rate a country has, and how much of an amount it is.

use std::collections::BTreeMap;

use contracts::TaxClass;
use serde::{Deserialize, Serialize};

/// A whole, in hundredths of a percent.
const WHOLE_BP: u32 = 10_000;

/// A country's rates, in hundredths of a percent: 1,900 is 19 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRates {
    /// The rate of most things.
    pub standard_bp: u32,
    /// The rate of books, food and the like.
    pub reduced_bp: u32,
}

impl TaxRates {
    /// The rate of a class.
    pub fn rate_bp(self, class: TaxClass) -> u32 {
        match class {
            TaxClass::Standard => self.standard_bp,
            TaxClass::Reduced => self.reduced_bp,
            TaxClass::Exempt => 0,
        }
    }

    pub(super) fn are_possible(self) -> bool {
        self.standard_bp <= WHOLE_BP && self.reduced_bp <= WHOLE_BP
    }
}

/// The tax in `amount`, where prices include it, or on it, where they do not; half a minor unit is rounded up.
pub(super) fn tax_of(amount: i64, rate_bp: u32, is_included: bool) -> i64 {
    let rate = i128::from(rate_bp);
    let whole = i128::from(WHOLE_BP) + if is_included { rate } else { 0 };
    let tax = (2 * i128::from(amount) * rate + whole) / (2 * whole);
    // A rate is at most the whole, so the tax is at most the amount.
    tax.try_into().unwrap_or(amount)
}

pub(super) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Standard rates of value-added tax and the usual reduced rate of each country of the European Union, and of its neighbours, as of
/// 2026, after the tables that the European Commission and the countries' tax authorities publish. A shop checks its own: which goods
/// are reduced differs by country, and rates change.
const EUROPE: [(&str, u32, u32); 30] = [
    ("AT", 2_000, 1_000),
    ("BE", 2_100, 600),
    ("BG", 2_000, 900),
    ("CH", 810, 260),
    ("CY", 1_900, 900),
    ("CZ", 2_100, 1_200),
    ("DE", 1_900, 700),
    ("DK", 2_500, 2_500),
    ("EE", 2_400, 1_300),
    ("ES", 2_100, 1_000),
    ("FI", 2_550, 1_350),
    ("FR", 2_000, 550),
    ("GB", 2_000, 500),
    ("GR", 2_400, 1_300),
    ("HR", 2_500, 1_300),
    ("HU", 2_700, 1_800),
    ("IE", 2_300, 1_350),
    ("IT", 2_200, 1_000),
    ("LT", 2_100, 1_200),
    ("LU", 1_700, 800),
    ("LV", 2_100, 1_200),
    ("MT", 1_800, 500),
    ("NL", 2_100, 900),
    ("NO", 2_500, 1_500),
    ("PL", 2_300, 800),
    ("PT", 2_300, 1_300),
    ("RO", 2_100, 1_100),
    ("SE", 2_500, 1_200),
    ("SI", 2_200, 950),
    ("SK", 2_300, 1_900),
];

/// The rates that a new shop knows.
pub(super) fn demo_rates() -> BTreeMap<String, TaxRates> {
    let rates = |(country, standard_bp, reduced_bp): (&str, u32, u32)| {
        (country.to_owned(), TaxRates { standard_bp, reduced_bp })
    };
    EUROPE.into_iter().map(rates).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{demo_rates, is_country, tax_of};

    #[test]
    fn included_tax_is_a_part_and_added_tax_comes_on_top() {
        assert_eq!(tax_of(11_900, 1_900, true), 1_900);
        assert_eq!(tax_of(10_000, 1_900, false), 1_900);
        assert_eq!(tax_of(100, 0, true), 0);
        // 0.5 of a minor unit, rounded up; 0.49 down.
        assert_eq!(tax_of(5, 1_000, false), 1);
        assert_eq!(tax_of(4, 1_000, false), 0);
    }

    proptest! {
        /// The exact tax, as a fraction, is never further away than half a minor unit.
        #[test]
        fn it_is_the_nearest_minor_unit(amount in 0..1_000_000_000_000_000_i64, rate in 0..=10_000_u32) {
            for included in [true, false] {
                let whole = 10_000 + if included { i128::from(rate) } else { 0 };
                let distance = i128::from(tax_of(amount, rate, included)) * whole - i128::from(amount) * i128::from(rate);
                prop_assert!(2 * distance.abs() <= whole);
            }
        }
    }

    #[test]
    fn the_rates_that_a_new_shop_knows_are_possible() {
        for (country, rates) in demo_rates() {
            assert!(
                is_country(&country) && rates.are_possible() && rates.reduced_bp <= rates.standard_bp,
                "{country}"
            );
        }
    }
}
