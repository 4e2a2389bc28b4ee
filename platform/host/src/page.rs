//! Cursor pagination: a page names the place after which the next one begins, so that rows added meanwhile move nothing.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};

/// What a caller may say about a page.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items, 1 to 100.
    #[serde(default = "default_page_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
    /// `next_cursor` of the page before.
    #[serde(default)]
    #[garde(length(bytes, max = 200))]
    pub cursor: Option<String>,
}

/// How many items a page has where nobody says.
pub fn default_page_limit() -> u32 {
    20
}

/// A page of items.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; not there on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Answers a page with a `Link` header to the next one.
pub fn paged<T: Serialize>(page: Page<T>, path: &str, limit: u32) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(cursor) = &page.next_cursor
        && let Ok(link) =
            HeaderValue::from_str(&format!("<{path}?limit={limit}&cursor={cursor}>; rel=\"next\""))
    {
        headers.insert(header::LINK, link);
    }
    (headers, Json(page)).into_response()
}
