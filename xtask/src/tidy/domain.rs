//! A service's rules are pure: what they may not name.

use super::{Violation, Workspace};

const PURE: &str =
    "a service's rules are pure functions, so that a batch, a replay, a test and the simulation run the same";

/// A word that a domain may not use, and what it would bring in.
const BANNED: [(&str, &str); 12] = [
    ("sea_orm", "a database"),
    ("sqlx", "a database"),
    ("rusqlite", "a database"),
    ("axum", "HTTP"),
    ("reqwest", "HTTP"),
    ("tokio", "a runtime"),
    ("async", "a runtime"),
    ("await", "a runtime"),
    ("SystemTime", "a clock (take it from the context)"),
    ("Instant", "a clock (take it from the context)"),
    ("rand", "randomness (take ids from the context)"),
    ("new_v4", "randomness (take ids from the context)"),
];

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    workspace
        .rust_files()
        .filter(|(path, _)| is_domain(path))
        .flat_map(|(path, text)| broken(path, text))
        .collect()
}

fn is_domain(path: &str) -> bool {
    let mut segments = path.split('/');
    segments.next() == Some("services")
        && segments.nth(1) == Some("src")
        && segments.next().is_some_and(|name| name == "domain.rs" || name == "domain")
}

fn broken(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut in_contracts_use = false;
    for (index, line) in text.lines().enumerate() {
        let code = without_comment(line);
        for (word, brings) in BANNED {
            if words(code).any(|found| found == word) {
                let message = format!("the domain names `{word}`, which brings in {brings}; {PURE}");
                violations.push(Violation::at(path, index + 1, message));
            }
        }

        let starts_use = code.trim_start().starts_with("use contracts");
        in_contracts_use |= starts_use;
        let names_events = words(code).any(|found| found == "events");
        if code.contains("contracts::events") || (in_contracts_use && names_events) {
            let message = "the domain names a public event; its facts are its own, and events.rs alone translates them, so that rules and contract change apart";
            violations.push(Violation::at(path, index + 1, message));
        }
        in_contracts_use &= !code.contains(';');
    }
    violations
}

fn without_comment(line: &str) -> &str {
    // A web address is the only `//` that code here holds besides comments, and nothing that is banned follows one.
    line.split("//").next().unwrap_or(line)
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_')
}

#[cfg(test)]
mod tests {
    use super::{Workspace, check};

    fn lines_broken(text: &str) -> Vec<usize> {
        let workspace = Workspace::of(&[
            ("services/cart/src/domain/rules.rs", text),
            ("services/cart/src/api.rs", "use axum::Router;"),
        ]);
        check(&workspace.expect("a workspace")).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn what_brings_in_the_world_is_found() {
        assert_eq!(
            lines_broken(
                "use sea_orm::entity;\nfn pure() {}\nasync fn impure() {}\nlet t = std::time::Instant::now();"
            ),
            [1, 3, 4]
        );
        assert_eq!(lines_broken("use contracts::events::cart::CartCreated;"), [1]);
        assert_eq!(lines_broken("use contracts::{\n    Money,\n    events::cart,\n};\nlet events = 1;"), [3]);
    }

    #[test]
    fn other_words_and_comments_are_fine() {
        assert!(lines_broken("/// An Instant in comments.\nlet brand = 1; // not async\nuse contracts::Money;\nlet events = 2;").is_empty());
    }
}
