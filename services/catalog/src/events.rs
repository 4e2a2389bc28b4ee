//! The catalogue's facts as public events. It listens to nobody's.

use contracts::events::catalog::{ProductCreated, ProductPriceChanged};
use engine::Publication;

use crate::domain::Fact;

pub(crate) fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Created(product) => Publication::of(&ProductCreated {
            product_id: product.product_id,
            price: product.price(),
            name: product.name,
            weight_grams: product.weight_grams,
            stocked: product.stocked,
            tax_class: contracts::TaxClass::Standard,
        }),
        Fact::PriceChanged { product_id, price, previous_price } => {
            Publication::of(&ProductPriceChanged { product_id, price, previous_price })
        }
    }
}
