//! Adding products: what a new one must be, and which names it may take.

use std::collections::{HashMap, HashSet};

use contracts::{Money, ProductId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Product, ProductStatus, check_price, slug};

/// How many products one command may add.
pub const PRODUCTS_PER_COMMAND_MAX: usize = 1_000;

const NAME_LENGTH_MAX: usize = 200;
const DESCRIPTION_LENGTH_MAX: usize = 5_000;
const SKU_LENGTH_MAX: usize = 64;

/// A tonne: past it a parcel is a mistake.
const WEIGHT_GRAMS_MAX: u32 = 1_000_000;

/// A product to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProduct {
    /// Its id, made by the caller.
    pub product_id: ProductId,
    /// Its name in web addresses; made from the name when there is none.
    pub slug: Option<String>,
    /// The stock-keeping unit, where it has one.
    pub sku: Option<String>,
    /// Its name in the shop's language.
    pub name: String,
    /// What a customer should know, in plain text.
    pub description: String,
    /// What one unit costs.
    pub price: Money,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// Whether units of it are counted.
    pub stocked: bool,
    /// Where it is shown.
    pub status: ProductStatus,
}

impl NewProduct {
    /// The slugs that it may take, best first. One that was chosen by hand has no other.
    pub fn slug_candidates(&self) -> Vec<String> {
        match &self.slug {
            Some(slug) => vec![slug.clone()],
            None => {
                let slug = slug::of_name(&self.name);
                let tailed = slug::with_tail(&slug, self.product_id);
                vec![slug, tailed]
            }
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let invalid = |code, detail: String| Err(Refusal::invalid(code, detail));
        let name_length = self.name.chars().count();
        if self.name.trim().is_empty() || name_length > NAME_LENGTH_MAX {
            return invalid("name_invalid", format!("A name has 1 to {NAME_LENGTH_MAX} characters."));
        }
        if self.name.chars().any(char::is_control) {
            return invalid("name_invalid", "A name has no control characters.".to_owned());
        }
        if self.description.chars().any(|letter| letter.is_control() && !"\n\r\t".contains(letter)) {
            let detail = "A description has no control characters but line ends and tabs.";
            return invalid("description_invalid", detail.to_owned());
        }
        if self.description.chars().count() > DESCRIPTION_LENGTH_MAX {
            let detail = format!("A description has at most {DESCRIPTION_LENGTH_MAX} characters.");
            return invalid("description_too_long", detail);
        }
        if let Some(sku) = &self.sku {
            let odd = sku.is_empty() || sku.chars().any(char::is_control) || sku.trim() != sku;
            if odd || sku.chars().count() > SKU_LENGTH_MAX {
                let detail =
                    format!("A SKU has 1 to {SKU_LENGTH_MAX} printable characters and no space around them.");
                return invalid("sku_invalid", detail);
            }
        }
        if self.weight_grams > WEIGHT_GRAMS_MAX {
            return invalid("weight_out_of_range", format!("A weight is at most {WEIGHT_GRAMS_MAX} grams."));
        }
        if let Some(slug) = &self.slug {
            slug::check(slug)?;
        }
        check_price(self.price)
    }
}

/// What became of a product to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created(Product),
    /// Its SKU is that of a product which is there already, or comes earlier in the command; that one stays as it is.
    Known(Product),
}

impl Outcome {
    /// The product in either case.
    pub fn into_product(self) -> Product {
        match self {
            Self::Created(product) | Self::Known(product) => product,
        }
    }
}

/// Makes the products of a command: all of them, or none. `slug_taken` and `of_sku` tell what there is already.
///
/// # Errors
/// What is wrong with the first product that cannot be made, by its place in the command.
pub fn create(
    new: &[NewProduct],
    slug_taken: impl Fn(&str) -> bool,
    of_sku: impl Fn(&str) -> Option<Product>,
    now: Timestamp,
) -> Result<Vec<Outcome>, Refusal> {
    if new.is_empty() || new.len() > PRODUCTS_PER_COMMAND_MAX {
        let detail = format!("One request adds 1 to {PRODUCTS_PER_COMMAND_MAX} products.");
        return Err(Refusal::invalid("product_count_out_of_range", detail));
    }
    let mut claims = Claims::default();
    let mut outcomes = Vec::with_capacity(new.len());
    for (index, new) in new.iter().enumerate() {
        if let Some(known) =
            new.sku.as_deref().and_then(|sku| claims.skus.get(sku).cloned().or_else(|| of_sku(sku)))
        {
            outcomes.push(Outcome::Known(known));
            continue;
        }
        let product = claims.admit(new, &slug_taken, now).map_err(|refusal| {
            let detail = format!("Product {}: {}", index + 1, refusal.detail);
            Refusal { detail, ..refusal }
        })?;
        outcomes.push(Outcome::Created(product));
    }
    Ok(outcomes)
}

/// What the products before this one, in the same command, have taken.
#[derive(Default)]
struct Claims {
    ids: HashSet<ProductId>,
    slugs: HashSet<String>,
    skus: HashMap<String, Product>,
}

impl Claims {
    fn admit(
        &mut self,
        new: &NewProduct,
        slug_taken: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<Product, Refusal> {
        new.check()?;
        if !self.ids.insert(new.product_id) {
            return Err(Refusal::conflict("product_exists", "Its id is that of a product before it."));
        }
        let is_free = |slug: &String| !slug_taken(slug) && !self.slugs.contains(slug);
        let Some(slug) = new.slug_candidates().into_iter().find(is_free) else {
            return Err(Refusal::conflict("slug_taken", "Another product has its slug."));
        };
        self.slugs.insert(slug.clone());
        let product = Product {
            product_id: new.product_id,
            slug,
            sku: new.sku.clone(),
            name: new.name.trim().to_owned(),
            description: new.description.trim().to_owned(),
            price_amount: new.price.amount,
            currency: new.price.currency,
            weight_grams: new.weight_grams,
            stocked: new.stocked,
            status: new.status,
            created_at: now,
        };
        if let Some(sku) = &new.sku {
            self.skus.insert(sku.clone(), product.clone());
        }
        Ok(product)
    }
}
