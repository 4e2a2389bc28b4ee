//! What a cart costs besides its lines, by the shop's settings.

use std::collections::BTreeMap;

use contracts::{Money, Refusal, TaxClass};
use serde::{Deserialize, Serialize};

use super::{
    Cart,
    shipping::{self, INCLUDED, Parcel, ShippingOption},
    tax::{self, TaxRates, tax_of},
};

/// Shipping options and tax rates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pricing {
    /// Whether prices, those of shipping too, have the tax in them, as in Europe. Otherwise it is added to the total.
    pub prices_include_tax: bool,
    /// Where the shop is: tax is estimated for this country until a cart has an address. ISO 3166-1 alpha-2.
    pub home_country: String,
    /// Rates by country, as ISO 3166-1 alpha-2 codes. What goes elsewhere is not taxed.
    pub tax_rates: BTreeMap<String, TaxRates>,
    /// The shipping options, as they are shown.
    pub shipping: Vec<ShippingOption>,
}

impl Default for Pricing {
    fn default() -> Self {
        Self {
            prices_include_tax: true,
            home_country: "DE".to_owned(),
            tax_rates: tax::demo_rates(),
            shipping: shipping::demo_options(),
        }
    }
}

/// Tax of one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxShare {
    /// The rate, in hundredths of a percent.
    pub rate_bp: u32,
    /// The tax, in minor units.
    pub amount: i64,
}

/// What a cart costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// The lines.
    pub subtotal: Money,
    /// Shipping; nothing while there is nothing to ship, or no method is chosen that can be.
    pub shipping: Money,
    /// Tax by rate, the lowest first; rates of nothing are left out.
    pub taxes: Vec<TaxShare>,
    /// All tax.
    pub tax: Money,
    /// What will be charged.
    pub total: Money,
}

impl Pricing {
    /// Says what is wrong with the settings.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if !tax::is_country(&self.home_country) {
            return Err(format!("home_country: `{}` is no country code, such as DE", self.home_country));
        }
        for (country, rates) in &self.tax_rates {
            if !tax::is_country(country) || !rates.are_possible() {
                return Err(format!(
                    "tax_rates: `{country}`: a country code, such as DE, and rates of up to 10000"
                ));
            }
        }
        if self.shipping.is_empty() {
            return Err("shipping: nothing can be sent without an option".to_owned());
        }
        for (place, option) in self.shipping.iter().enumerate() {
            option.check()?;
            if self.shipping[..place].iter().any(|other| other.code == option.code) {
                return Err(format!("shipping: two options are called `{}`", option.code));
            }
        }
        Ok(())
    }

    /// The option of a code.
    ///
    /// # Errors
    /// `shipping_method_unknown`.
    pub fn option(&self, code: &str) -> Result<&ShippingOption, Refusal> {
        let option = self.shipping.iter().find(|option| option.code == code);
        option.ok_or_else(|| shipping::unknown(&self.shipping))
    }

    /// The rate of a class of products that go to a country, in hundredths of a percent.
    pub fn rate_bp(&self, country: &str, class: TaxClass) -> u32 {
        self.tax_rates.get(country).map_or(0, |rates| rates.rate_bp(class))
    }

    /// What a cart costs. Tax is rounded once for each line.
    pub fn amounts(&self, cart: &Cart) -> Amounts {
        let subtotal = cart.subtotal();
        let shipping = self.shipping_amount(cart).ok().flatten().unwrap_or(0);
        let country = self.country_of(cart);
        let mut taxes = BTreeMap::<u32, i64>::new();
        let shipped = [(shipping, TaxClass::Standard)].into_iter();
        for (amount, class) in
            cart.lines.iter().map(|line| (line.total_amount, line.tax_class)).chain(shipped)
        {
            let rate_bp = self.rate_bp(country, class);
            *taxes.entry(rate_bp).or_default() += tax_of(amount, rate_bp, self.prices_include_tax);
        }
        taxes.retain(|_, amount| *amount > 0);
        let tax: i64 = taxes.values().sum();
        let added = if self.prices_include_tax { 0 } else { tax };
        let money = |amount| Money::new(amount, cart.currency);
        Amounts {
            subtotal,
            shipping: money(shipping),
            taxes: taxes.into_iter().map(|(rate_bp, amount)| TaxShare { rate_bp, amount }).collect(),
            tax: money(tax),
            total: money(subtotal.amount + shipping + added),
        }
    }

    /// Where a cart goes, or would.
    pub fn country_of<'a>(&'a self, cart: &'a Cart) -> &'a str {
        cart.shipping_address.as_ref().map_or(&self.home_country, |address| &address.country)
    }

    /// What is to be sent of a cart.
    pub fn parcel_of<'a>(&'a self, cart: &'a Cart) -> Parcel<'a> {
        Parcel {
            subtotal_amount: cart.subtotal().amount,
            weight_grams: cart.weight_grams(),
            country: self.country_of(cart),
        }
    }

    /// What the chosen method costs; `None` while none is chosen or nothing is to be sent.
    ///
    /// # Errors
    /// `shipping_method_unknown`, when it is not offered any more; `shipping_method_unavailable`.
    pub(super) fn shipping_amount(&self, cart: &Cart) -> Result<Option<i64>, Refusal> {
        let chosen = cart.shipping_method.as_deref().filter(|_| !cart.lines.is_empty());
        match chosen {
            None => Ok(None),
            Some(INCLUDED) => Ok(Some(0)),
            Some(code) => {
                let price = self.option(code)?.price_amount(self.parcel_of(cart));
                price.map(Some).ok_or_else(|| shipping::unavailable(code))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pricing;
    use crate::domain::ShippingOption;

    #[test]
    fn settings_are_checked() {
        let settings = Pricing::default();
        assert_eq!(settings.check(), Ok(()));
        let twice: Vec<ShippingOption> =
            settings.shipping.iter().chain(&settings.shipping[..1]).cloned().collect();
        assert!(Pricing { shipping: twice, ..settings.clone() }.check().is_err());
        assert!(Pricing { shipping: Vec::new(), ..settings.clone() }.check().is_err());
        assert!(Pricing { home_country: "Germany".to_owned(), ..settings.clone() }.check().is_err());
        let mut rates = settings.tax_rates.clone();
        if let Some(rates) = rates.get_mut("DE") {
            rates.standard_bp = 10_001;
        }
        assert!(Pricing { tax_rates: rates, ..settings }.check().is_err());
    }
}
