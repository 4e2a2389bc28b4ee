//! A product: one thing to buy, or a family of them.

use contracts::{Currency, Money, ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Details, Fact, check_price, text};

/// Where a product is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// In the shop's lists.
    #[default]
    Listed,
    /// In no list: a fee or a service that is on orders only, or a variant. It is found by its id and its slug.
    Unlisted,
    /// Not sold any more. Only staff and old orders know it.
    Deleted,
}

/// A product. A family is one that has options: it is listed, and its variants are bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub product_id: ProductId,
    /// Its name in web addresses; no other product has it.
    pub slug: String,
    /// The stock-keeping unit, where it has one; no other product has it.
    pub sku: Option<String>,
    /// Its name in the shop's language.
    pub name: String,
    /// What a customer should know, in plain text. A variant has its family's.
    pub description: String,
    /// What one unit costs, in minor units; of a family, its cheapest variant.
    pub price_amount: i64,
    /// The currency of the price; never another one.
    pub currency: Currency,
    /// Weight of one unit in grams; 0 when it is not a thing that is sent.
    pub weight_grams: u32,
    /// Whether units of it are counted.
    pub stocked: bool,
    /// Where it is shown.
    pub status: ProductStatus,
    /// Since when it is in the catalogue.
    pub created_at: Timestamp,
    /// The family of a variant.
    pub parent_id: Option<ProductId>,
    /// Its rank among those that the shop shows first, where it is one: lower ones come first.
    pub featured: Option<u32>,
    /// Grows with every change.
    pub revision: u32,
    /// The place of its name in lists.
    #[serde(skip)]
    pub name_order: String,
    /// What a search looks into.
    #[serde(skip)]
    pub search_text: String,
    /// All that it is not looked up by.
    pub details: Details,
}

impl Product {
    /// What one unit costs; of a family, its cheapest variant.
    pub fn price(&self) -> Money {
        Money::new(self.price_amount, self.currency)
    }

    /// Whether it is a family, whose variants are bought in its place.
    pub fn is_family(&self) -> bool {
        !self.details.options.is_empty()
    }

    /// Whether it is a variant of a family.
    pub fn is_variant(&self) -> bool {
        self.parent_id.is_some()
    }

    /// Whether it is not sold any more.
    pub fn is_deleted(&self) -> bool {
        self.status == ProductStatus::Deleted
    }

    /// Brings what is derived up to date, after every change. `variants` are those of a family.
    pub(super) fn derive<'a>(&mut self, variants: impl IntoIterator<Item = &'a Self>) {
        self.name_order = text::name_order(&self.name);
        let mut parts = vec![self.name.as_str(), self.description.as_str()];
        parts.extend(self.sku.as_deref());
        let sold: Vec<&Self> = variants.into_iter().filter(|variant| !variant.is_deleted()).collect();
        parts.extend(sold.iter().filter_map(|variant| variant.sku.as_deref()));
        self.search_text = text::folded(&parts.join("\n"));
        if let Some(cheapest) = sold.iter().map(|variant| variant.price_amount).min() {
            self.price_amount = cheapest;
        }
    }

    /// Sets the price; no fact when it is the price already.
    ///
    /// # Errors
    /// `price_out_of_range`, `currency_mismatch` for a price in another currency, `priced_by_variants` for a family, or `product_deleted`.
    pub fn change_price(&mut self, price: Money) -> Result<Option<Fact>, Refusal> {
        self.check_sold()?;
        if self.is_family() {
            let detail = "A family costs what its variants cost. Change the price of a variant.";
            return Err(Refusal::conflict("priced_by_variants", detail));
        }
        self.check_price(price)?;
        let previous_price = self.price();
        if price == previous_price {
            return Ok(None);
        }
        self.price_amount = price.amount;
        self.revision += 1;
        Ok(Some(Fact::PriceChanged { product_id: self.product_id, price, previous_price }))
    }

    /// Brings a family up to date with its variants.
    pub fn follow_variants<'a>(&mut self, variants: impl IntoIterator<Item = &'a Self>) {
        self.derive(variants);
        self.revision += 1;
    }

    pub(super) fn check_price(&self, price: Money) -> Result<(), Refusal> {
        check_price(price)?;
        if price.currency != self.currency {
            let detail = format!("The product is sold in {}.", self.currency.code());
            return Err(Refusal::invalid("currency_mismatch", detail));
        }
        Ok(())
    }

    pub(super) fn check_sold(&self) -> Result<(), Refusal> {
        match self.is_deleted() {
            true => Err(Refusal::conflict("product_deleted", "The product is not sold any more.")),
            false => Ok(()),
        }
    }

    /// Refuses a change that was meant for another revision.
    ///
    /// # Errors
    /// `precondition_failed`.
    pub fn check_revision(&self, expected: Option<u32>) -> Result<(), Refusal> {
        match expected {
            Some(expected) if expected != self.revision => {
                let detail = "The product has changed since it was read. Read it again.";
                Err(Refusal::conflict("precondition_failed", detail))
            }
            _ => Ok(()),
        }
    }

    /// Takes it out of sale. No fact for a family, which nobody could buy.
    pub fn delete(&mut self) -> Option<Fact> {
        if self.is_deleted() {
            return None;
        }
        self.status = ProductStatus::Deleted;
        self.featured = None;
        self.details.category_ids.clear();
        self.revision += 1;
        (!self.is_family()).then_some(Fact::Deleted(self.product_id))
    }
}
