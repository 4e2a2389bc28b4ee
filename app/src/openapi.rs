//! The HTTP contract as OpenAPI, made from the routes themselves.

use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Tag, tag::TagBuilder};

/// What the document says of the whole.
pub fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Isotope")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The shop's HTTP contract. Money is in minor units. Errors are RFC 9457 problem+json with a stable `code`, each \
             [explained](/docs/problems). POST routes that create or pay take an `Idempotency-Key`: the same key and body get the same answer.",
        ))
        .build();
    OpenApiBuilder::new().info(info).tags(Some(TAGS.map(tag))).build()
}

/// The parts of the contract, in the order in which they are shown.
const TAGS: [(&str, &str); 4] = [
    ("products", "What can be bought. For everybody."),
    ("cart", "From the first product to the checkout. Whoever has a cart's id has the cart."),
    ("orders", "From the checkout to the parcel's arrival. An order opens with its token."),
    ("admin", "For staff, with the installation's admin token."),
];

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}
