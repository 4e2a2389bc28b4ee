//! The HTTP contract as OpenAPI, made from the routes themselves.

use utoipa::openapi::{
    InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Tag,
    path::Operation,
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

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
const TAGS: [(&str, &str); 5] = [
    ("products", "What can be bought. For everybody."),
    ("cart", "From the first product to the checkout. Whoever has a cart's id has the cart."),
    ("orders", "From the checkout to the parcel's arrival. An order opens with its token."),
    ("admin", "For staff, with the installation's admin token."),
    (
        "system",
        "The shop itself, for those who run it: logs, dead letters, read models, backups. With the admin token.",
    ),
];

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

const ADMIN_TOKEN: &str = "admin_token";
const ORDER_TOKEN: &str = "order_token";

/// Says which routes want which token, so that they can be tried out with it.
pub fn secure(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let admin = ApiKey::Header(ApiKeyValue::new("X-Admin-Token"));
    components.add_security_scheme(ADMIN_TOKEN, SecurityScheme::ApiKey(admin));
    components.add_security_scheme(ORDER_TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    for (path, item) in &mut api.paths.paths {
        let scheme = match path.as_str() {
            path if path.starts_with("/api/v1/admin/") => ADMIN_TOKEN,
            path if path.starts_with("/api/v1/orders/{") => ORDER_TOKEN,
            _ => continue,
        };
        let none: [&str; 0] = [];
        for operation in operations(item) {
            operation.security = Some(vec![SecurityRequirement::new(scheme, none)]);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
