//! The route of drawn pictures.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use host::{Problem, Segment};

use crate::pictures::{PictureName, draw, version};

/// What a drawing may do where it is opened by itself: nothing but show its own colours.
const SAFETY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
);

/// Thirty days. A drawing changes only with the program, and then its `ETag` does.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=2592000");

/// A drawn picture of a product, as SVG. Products name theirs.
#[utoipa::path(get, path = "/pictures/{name}", tag = "products",
    params(("name" = String, Path, description = "The name of a drawing, such as `mug-1f3a9c02-front.svg`."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the drawing that the caller has.")),
    responses((status = 200, content_type = "image/svg+xml", body = String, headers(("ETag" = String, description = "The drawing's version."))),
        (status = 304, description = "The caller has it."), (status = 404, body = Problem)))]
pub(super) async fn get_picture(
    headers: HeaderMap,
    Segment(file): Segment<String>,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".svg").and_then(PictureName::parse);
    let name = name.ok_or_else(|| Problem::not_found("picture"))?;
    let svg = draw(name);
    let etag = HeaderValue::from_str(&version(&svg)).map_err(|_| Problem::internal())?;
    let has_it = headers.get_all(header::IF_NONE_MATCH).iter().any(|known| names(known, &etag));
    let answer: [(HeaderName, HeaderValue); 4] = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, KEEP),
        (header::CONTENT_SECURITY_POLICY, SAFETY),
        (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
    ];
    if has_it {
        let [etag, keep, ..] = &answer;
        return Ok((StatusCode::NOT_MODIFIED, [etag.clone(), keep.clone()]).into_response());
    }
    Ok((answer, svg).into_response())
}

/// Whether an `If-None-Match` header names this version.
fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let known = known.to_str().unwrap_or_default().split(',').map(str::trim);
    known
        .into_iter()
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}
