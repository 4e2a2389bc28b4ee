//! The HTTP contract as OpenAPI, made from the routes themselves.

mod schemas;

use axum::http::Method;
use host::Access;
use utoipa::openapi::{
    Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Required, Response,
    ResponseBuilder, Tag,
    path::{Operation, Parameter, ParameterIn},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
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
const TAGS: [(&str, &str); 7] = [
    ("products", "What can be bought. For everybody."),
    ("auth", "Signing up, logging in and out, and the keys that access tokens are signed with."),
    ("me", "What is a customer's own: the account, carts, orders, wallet, notifications."),
    (
        "cart",
        "From the first product to the checkout. A guest's cart opens with its id, a customer's to the customer.",
    ),
    (
        "orders",
        "From the checkout to the parcel's arrival. An order opens with its token, and to its customer.",
    ),
    ("admin", "For those who work for the shop."),
    (
        "system",
        "The shop itself, for those who run it: logs, dead letters, read models, backups. For admins.",
    ),
];

fn tag((name, description): (&str, &str)) -> Tag {
    TagBuilder::new().name(name).description(Some(description)).build()
}

const ACCESS_TOKEN: &str = "access_token";
const ADMIN_TOKEN: &str = "admin_token";
const ORDER_TOKEN: &str = "order_token";

/// Says of every operation who may call it, with which token, and what all operations of its kind may answer besides their own.
pub fn complete(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let jwt = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(ACCESS_TOKEN, SecurityScheme::Http(jwt));
    let admin = ApiKey::Header(ApiKeyValue::new("X-Admin-Token"));
    components.add_security_scheme(ADMIN_TOKEN, SecurityScheme::ApiKey(admin));
    components.add_security_scheme(ORDER_TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    schemas::words_are_no_objects(components);
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            let access = host::access_of(&method, path);
            if let Some(RefOr::T(body)) = &mut operation.request_body
                && schemas::may_be_left_out(body, components)
            {
                body.required = Some(Required::False);
            }
            operation.security = access.and_then(requirements);
            let named = serde_json::json!(access.map_or("nobody", name));
            operation.extensions.get_or_insert_default().insert("x-access".to_owned(), named);
            for (status, what) in common_answers(path, operation, access) {
                let stated = &mut operation.responses.responses;
                stated.entry(status.to_owned()).or_insert_with(|| problem(what));
            }
            operation.responses.responses.values_mut().for_each(name_problems);
        }
    }
}

/// The tokens that open a route, each by itself.
fn requirements(access: Access) -> Option<Vec<SecurityRequirement>> {
    let tokens: &[&str] = match access {
        Access::Everyone => return None,
        Access::OrderHolder => &[ORDER_TOKEN, ACCESS_TOKEN, ADMIN_TOKEN],
        Access::Customer | Access::StaffAccount => &[ACCESS_TOKEN],
        Access::Staff | Access::Admin => &[ACCESS_TOKEN, ADMIN_TOKEN],
    };
    let none: [&str; 0] = [];
    Some(tokens.iter().map(|token| SecurityRequirement::new(*token, none)).collect())
}

/// Who may call a route, as `x-access` says it.
pub fn name(access: Access) -> &'static str {
    match access {
        Access::Everyone => "everyone",
        Access::OrderHolder => "order_holder",
        Access::Customer => "customer",
        Access::StaffAccount => "staff_account",
        Access::Staff => "staff",
        Access::Admin => "admin",
    }
}

fn common_answers(
    path: &str,
    operation: &Operation,
    access: Option<Access>,
) -> Vec<(&'static str, &'static str)> {
    let mut answers = vec![
        ("401", "The access token is not there, not valid, or has expired."),
        ("503", "The shop cannot answer now. Try again shortly."),
    ];
    if access.is_some_and(|access| access != Access::Everyone && access != Access::OrderHolder) {
        answers.push(("403", "The account may not do that."));
    }
    if path.contains('{') {
        answers.push(("404", "There is no such thing, or it is not the caller's."));
    }
    if operation.parameters.as_ref().is_some_and(|known| known.iter().any(is_query)) {
        answers.push(("422", "A parameter breaks a rule."));
    }
    if operation.request_body.is_some() {
        answers.extend([
            ("400", "The body is not JSON, or the `Idempotency-Key` is none."),
            ("408", "The body stopped coming."),
            ("413", "The body is too large."),
            ("415", "The body is not said to be JSON."),
            ("422", "The input breaks a rule, or the `Idempotency-Key` was used for another body."),
        ]);
    }
    answers
}

fn is_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query))
}

/// Problems are of a media type of their own.
fn name_problems(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location == PROBLEM,
        _ => false,
    };
    if response.content.get(JSON).is_some_and(is_problem)
        && let Some(content) = response.content.swap_remove(JSON)
    {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

const JSON: &str = "application/json";
const PROBLEM_JSON: &str = "application/problem+json";
const PROBLEM: &str = "#/components/schemas/Problem";

fn problem(what: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(what).content(PROBLEM_JSON, content).build())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let by_method = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    by_method.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}
