//! Cursor pagination: a page names the place after which the next one begins, so that rows added meanwhile move nothing.

use std::str::FromStr;

use axum::{
    Json,
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

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

impl<T> Page<T> {
    /// A page of what was found with one more than it shows, which tells whether another follows. `cursor` names the place of an item.
    pub fn cut<R>(
        mut found: Vec<R>,
        limit: u32,
        cursor: impl FnOnce(&R) -> String,
        view: impl FnMut(R) -> T,
    ) -> Self {
        let has_more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next_cursor = found.last().filter(|_| has_more).map(cursor);
        Self { items: found.into_iter().map(view).collect(), next_cursor }
    }
}

/// The place after which a page begins, where that is an id.
///
/// # Errors
/// 422 with code `invalid_cursor`.
pub fn cursor<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|_| invalid_cursor())).transpose()
}

/// 422 with code `invalid_cursor`.
pub fn invalid_cursor() -> Problem {
    let detail = "The cursor is not one that a page has named.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_cursor", detail)
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

#[cfg(test)]
mod tests {
    use super::{Page, cursor};

    #[test]
    fn a_page_names_the_next_one_only_where_there_is_more() {
        let page = |found: &[u32]| Page::cut(found.to_vec(), 2, u32::to_string, |number| number * 10);
        let (full, more) = (page(&[1, 2]), page(&[1, 2, 3]));
        assert_eq!((full.items, full.next_cursor), (vec![10, 20], None));
        assert_eq!((more.items, more.next_cursor), (vec![10, 20], Some("2".to_owned())));
        assert_eq!(page(&[]).next_cursor, None);
    }

    #[test]
    fn a_cursor_is_one_that_a_page_has_named() {
        assert_eq!(cursor::<u32>(None).expect("none"), None);
        assert_eq!(cursor(Some("7")).expect("a number"), Some(7_u32));
        assert_eq!(cursor::<u32>(Some("x")).expect_err("no number").code, "invalid_cursor");
    }
}
