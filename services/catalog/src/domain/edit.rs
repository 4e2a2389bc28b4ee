//! Staff's changes of a product. Its price has a change of its own.

use contracts::{Refusal, TaxClass};
use serde::{Deserialize, Serialize};

use super::{
    Category, CategoryId, Fact, Picture, Product, ProductStatus,
    details::check_pictures,
    family::name_of,
    placement::{check_categories, motif_of},
    text,
};

/// What is to be different about a product; `None` leaves a thing as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductChange {
    /// Its name in the shop's language.
    pub name: Option<String>,
    /// What a customer should know, in plain text.
    pub description: Option<String>,
    /// Weight of one unit in grams.
    pub weight_grams: Option<u32>,
    /// Which tax rate it has.
    pub tax_class: Option<TaxClass>,
    /// The categories that it is in.
    pub category_ids: Option<Vec<CategoryId>>,
    /// Its own pictures, the best first.
    pub pictures: Option<Vec<Picture>>,
    /// Its rank among those that the shop shows first; `Some(None)` takes it from there.
    pub featured: Option<Option<u32>>,
    /// Where it is shown.
    pub status: Option<ProductStatus>,
}

impl ProductChange {
    /// Changes a product, and the variants of a family with it. Answers what others are to be told.
    ///
    /// # Errors
    /// `product_deleted`, `belongs_to_family` for what a variant has from its family, or what is wrong with a value.
    pub fn apply(
        &self,
        product: &mut Product,
        variants: &mut [Product],
        category: impl Fn(CategoryId) -> Option<Category>,
    ) -> Result<Vec<Fact>, Refusal> {
        product.check_sold()?;
        if product.is_variant() {
            self.check_variant()?;
        }
        let before = product.clone();
        if let Some(name) = &self.name {
            text::check_name(name)?;
            product.name = name.trim().to_owned();
        }
        if let Some(description) = &self.description {
            text::check_description(description)?;
            product.description = description.trim().to_owned();
        }
        if let Some(weight_grams) = self.weight_grams {
            text::check_weight(weight_grams)?;
            product.weight_grams = weight_grams;
        }
        if let Some(status) = self.status {
            if status == ProductStatus::Deleted {
                let detail = "A product is taken out of sale by DELETE.";
                return Err(Refusal::invalid("status_invalid", detail));
            }
            product.status = status;
        }
        if let Some(category_ids) = &self.category_ids {
            product.details.category_ids = check_categories(category_ids, &category)?;
            product.details.motif = motif_of(&product.slug, &product.details.category_ids, &category);
        }
        if let Some(pictures) = &self.pictures {
            check_pictures(pictures)?;
            product.details.pictures.clone_from(pictures);
        }
        product.details.tax_class = self.tax_class.unwrap_or(product.details.tax_class);
        product.featured = self.featured.unwrap_or(product.featured);

        let mut facts = Vec::new();
        for variant in variants.iter_mut().filter(|variant| !variant.is_deleted()) {
            facts.extend(follow(variant, product)?);
        }
        product.derive(&*variants);
        if *product != before {
            product.revision += 1;
        }
        if !product.is_family() && differs_for_others(product, &before) {
            facts.push(Fact::Updated(product.clone()));
        }
        Ok(facts)
    }

    /// A variant has its own weight and pictures; all else is its family's.
    fn check_variant(&self) -> Result<(), Refusal> {
        let own =
            Self { weight_grams: self.weight_grams, pictures: self.pictures.clone(), ..Self::default() };
        match *self == own {
            true => Ok(()),
            false => {
                let detail = "A variant has its own price, weight and pictures. All else is its family's: change it there.";
                Err(Refusal::invalid("belongs_to_family", detail))
            }
        }
    }
}

/// Gives a variant what its family says of all.
fn follow(variant: &mut Product, family: &Product) -> Result<Option<Fact>, Refusal> {
    let before = variant.clone();
    variant.name = name_of(&family.name, &variant.details.option_values);
    text::check_name(&variant.name)?;
    variant.details.tax_class = family.details.tax_class;
    variant.details.motif = family.details.motif;
    if *variant == before {
        return Ok(None);
    }
    variant.derive([]);
    variant.revision += 1;
    Ok(differs_for_others(variant, &before).then(|| Fact::Updated(variant.clone())))
}

/// Whether something is different that other services keep copies of.
fn differs_for_others(product: &Product, before: &Product) -> bool {
    product.name != before.name
        || product.weight_grams != before.weight_grams
        || product.details.tax_class != before.details.tax_class
}
