//! The HTTP contract as OpenAPI, made from the routes themselves.

use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use crate::{settings::Settings, shop::Shop};

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

/// The whole document, as pretty JSON: what a shop on an empty, temporary directory answers.
///
/// # Errors
/// No temporary shop can be made.
pub async fn document() -> anyhow::Result<String> {
    let directory = tempfile::tempdir()?;
    let settings = Settings { data: directory.path().to_owned(), ..Settings::default() };
    let shop = Shop::start_quietly(&settings).await?;
    let document = shop.openapi().to_owned();
    shop.stop().await;
    Ok(document)
}
