//! `docs/problems.md`: every code that a problem can have, explained once, in order.

use std::collections::BTreeSet;

use crate::tidy::{Violation, Workspace};

const DOCUMENT: &str = "docs/problems.md";
const REASON: &str = "each problem names its place there as its type";

/// What makes a refusal or a problem; its code is the first text that follows.
const MAKERS: [&str; 4] = ["Refusal::invalid(", "Refusal::conflict(", "Refusal::not_found(", "Problem::new("];

/// How far a maker's code can be from it: a status may stand between.
const NEAR: usize = 120;

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let Some(document) = workspace.texts.get(DOCUMENT) else {
        return Vec::new();
    };
    let explained = explained(document);
    let mut violations = Vec::new();
    if !explained.is_sorted_by(|a, b| a.1 < b.1) {
        violations.push(Violation::of_file(DOCUMENT, "its codes are not in order, or one is there twice"));
    }
    let codes: BTreeSet<&str> = explained.iter().map(|(_, code)| *code).collect();
    let sources: Vec<(&str, &str)> = sources(workspace).collect();
    for (path, text) in &sources {
        for (line, code) in made(text).filter(|(_, code)| !codes.contains(code)) {
            let message = format!("the code `{code}` is not in {DOCUMENT}: {REASON}");
            violations.push(Violation::at(path, line, message));
        }
    }
    for (line, code) in explained {
        let literal = format!("\"{code}\"");
        if !sources.iter().any(|(_, text)| text.contains(&literal)) {
            violations.push(Violation::at(DOCUMENT, line, format!("no source has the code `{code}`")));
        }
    }
    violations
}

/// The codes of the table, with their lines.
fn explained(document: &str) -> Vec<(usize, &str)> {
    let rows = document.lines().enumerate();
    rows.filter_map(|(index, row)| Some((index + 1, row.strip_prefix("| `")?.split('`').next()?))).collect()
}

/// Sources of the shop without their tests.
fn sources(workspace: &Workspace) -> impl Iterator<Item = (&str, &str)> {
    let files = workspace.rust_files().filter(|(path, _)| {
        let is_shop = ["platform/host/", "platform/engine/", "services/", "app/src/"];
        let is_test = path.contains("/tests") || path.contains("/conformance/");
        is_shop.iter().any(|folder| path.starts_with(folder)) && !is_test
    });
    files.map(|(path, text)| (path, text.split("#[cfg(test)]").next().unwrap_or(text)))
}

/// The codes that a source makes problems of, with their lines.
fn made(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let places =
        MAKERS.iter().flat_map(|maker| text.match_indices(maker).map(|(at, maker)| at + maker.len()));
    places.filter_map(|at| {
        let near: &str = text[at..].get(..NEAR).unwrap_or(&text[at..]);
        let code = near.split('"').nth(1)?;
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_code.then(|| (text[..at].lines().count(), code))
    })
}

#[cfg(test)]
mod tests {
    use super::{Workspace, check};

    const SOURCE: &str = "fn a() { Refusal::conflict(\n    \"cart_empty\",\n    \"Nothing is in it.\") }\n\
        fn b() { Problem::new(StatusCode::NOT_FOUND, \"not_found\", \"No.\") }\n\
        #[cfg(test)]\nfn c() { Refusal::invalid(\"made_up\", \"\") }\n";

    fn violations(document: &str) -> Vec<String> {
        let files = [("docs/problems.md", document), ("services/cart/src/domain.rs", SOURCE)];
        let workspace = Workspace::of(&files).expect("a workspace");
        check(&workspace).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_code_is_explained_and_every_explained_code_is_there() {
        let both = "| code |\n|---|\n| `cart_empty` | 409 |\n| `not_found` | 404 |\n";
        assert!(violations(both).is_empty(), "{:?}", violations(both));
        let missing = violations("| `not_found` | 404 |\n");
        assert!(missing.len() == 1 && missing[0].contains("cart_empty"), "{missing:?}");
        let gone = violations("| `cart_empty` | 409 |\n| `gone` | 410 |\n| `not_found` | 404 |\n");
        assert!(gone.len() == 1 && gone[0].contains("`gone`"), "{gone:?}");
        assert_eq!(violations("| `not_found` | 404 |\n| `cart_empty` | 409 |\n").len(), 1);
    }
}
