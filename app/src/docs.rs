//! Documents for people who use the contract: all of it to look at and to try out, and what each problem means.

use std::fmt::Write;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::Html,
    routing::get,
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// What each problem means, as it stands in the repository.
const PROBLEMS: &str = include_str!("../../docs/problems.md");

/// These pages load their own files and ask this shop, and nothing else. Swagger UI styles elements in place.
const SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1d232a}\
     table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #d8dee4}\
     tr:target{background:#fff7d6}code{font-size:.95em}\
     @media(prefers-color-scheme:dark){body{background:#14181d;color:#d7dde4}th,td{border-color:#343c46}tr:target{background:#3a3413}}";

/// `/docs` and `/docs/problems`.
pub fn routes() -> Router {
    let problems = problems_page(PROBLEMS);
    // The contract is asked of the shop, so that it is there once.
    let contract: Router = SwaggerUi::new("/docs").config(Config::from("/openapi.json")).into();
    contract.route("/docs/problems", get(|| async move { Html(problems) })).layer(
        SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(SECURITY_POLICY),
        ),
    )
}

/// The document as a page; each row of its table has its code as a place to go to.
fn problems_page(document: &str) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Problems</title><style>{STYLE}</style><h1>Problems</h1>\
         <p>Errors are <a href=\"https://www.rfc-editor.org/rfc/rfc9457\">RFC 9457</a> problem details. <code>code</code> is stable and \
         meant for programs; <code>detail</code> is meant for people; <code>errors</code> names the fields at fault. A problem has changed \
         nothing.<table><thead><tr><th>Code<th>Status<th>What it means<th>What helps<tbody>"
    );
    for row in document.lines().filter_map(|line| line.strip_prefix("| `")) {
        let mut cells = row.trim_end_matches(" |").split(" | ");
        let code = cells.next().unwrap_or_default().trim_end_matches('`');
        let _ = write!(page, "<tr id=\"{code}\"><td><code>{code}</code>");
        for cell in cells {
            let _ = write!(page, "<td>{}", with_code(cell));
        }
    }
    page + "</table>"
}

/// Text with what stands in backticks as code.
fn with_code(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let mut html = String::with_capacity(escaped.len());
    for (index, part) in escaped.split('`').enumerate() {
        let _ = if index % 2 == 1 { write!(html, "<code>{part}</code>") } else { write!(html, "{part}") };
    }
    html
}

#[cfg(test)]
mod tests {
    use super::{PROBLEMS, problems_page};

    #[test]
    fn every_problem_has_a_place_on_the_page() {
        let page = problems_page(PROBLEMS);
        let rows = PROBLEMS.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(page.matches("<tr id=").count(), rows);
        assert!(page.contains("<tr id=\"out_of_stock\"><td><code>out_of_stock</code><td>409<td>"));
        assert!(page.contains("<code>POST /carts</code>"));
    }
}
