//! The catalogue's facts as public events. It listens to nobody's.

use contracts::events::catalog::{ProductCreated, ProductDeleted, ProductPriceChanged, ProductUpdated};
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
            tax_class: product.details.tax_class,
        }),
        Fact::Updated(product) => Publication::of(&ProductUpdated {
            product_id: product.product_id,
            name: product.name,
            weight_grams: product.weight_grams,
            tax_class: product.details.tax_class,
        }),
        Fact::Deleted(product_id) => Publication::of(&ProductDeleted { product_id }),
        Fact::PriceChanged { product_id, price, previous_price } => {
            Publication::of(&ProductPriceChanged { product_id, price, previous_price })
        }
    }
}
