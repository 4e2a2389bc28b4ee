//! The HTTP contract as OpenAPI, made from the routes themselves.

use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

/// What the document says of the whole.
pub fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Isotope")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The shop's HTTP contract. Money is in minor units. Errors are RFC 9457 problem+json with a stable `code`. \
             POST routes that create or pay take an `Idempotency-Key`: the same key and body get the same answer.",
        ))
        .build();
    OpenApiBuilder::new().info(info).build()
}
