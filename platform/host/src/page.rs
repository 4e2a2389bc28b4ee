//! Cursor pagination: a page names the place after which the next one begins, so that rows added meanwhile move nothing.

use axum::{
    Json,
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};

/// What a caller may say about a page.
#[derive(Clone, Debug, Deserialize, Validate, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
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

/// Where a list is, with its filters: what the next page's address is made from.
pub struct ListAddress(String);

impl<S: Send + Sync> FromRequestParts<S> for ListAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // A nested router sees only what is left of the path.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let is_filter = |pair: &&str| !pair.starts_with("limit=") && !pair.starts_with("cursor=");
        let filters = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let filters: Vec<&str> = filters.filter(is_filter).collect();
        let question = if filters.is_empty() { "?".to_owned() } else { format!("?{}&", filters.join("&")) };
        Ok(Self(format!("{}{question}", uri.path())))
    }
}

impl ListAddress {
    /// Answers a page of the list, with a `Link` header to the next one.
    pub fn page<T: Serialize>(&self, page: Page<T>, limit: u32) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(cursor) = &page.next_cursor
            && let Ok(link) =
                HeaderValue::from_str(&format!("<{}limit={limit}&cursor={cursor}>; rel=\"next\"", self.0))
        {
            headers.insert(header::LINK, link);
        }
        (headers, Json(page)).into_response()
    }
}
