//! `docs/FEATURES.md`: rows `| id | what | where | test |`, whose tests exist.

use crate::tidy::{Violation, Workspace};

const DOCUMENT: &str = "docs/FEATURES.md";
const REASON: &str = "a feature counts when a test shows it";

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let Some(text) = workspace.texts.get(DOCUMENT) else {
        return vec![Violation::of_file(
            DOCUMENT,
            "is missing: it says where each feature is and which test shows it",
        )];
    };
    let mut violations = Vec::new();
    let mut test_column = None;
    for (index, line) in text.lines().enumerate() {
        if !line.trim_start().starts_with('|') {
            test_column = None;
            continue;
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        match test_column {
            None => test_column = cells.iter().position(|cell| *cell == "test"),
            Some(column) => {
                let cell = cells.get(column).copied().unwrap_or_default();
                let missing = named(cell).filter_map(|test| missing(workspace, test));
                violations.extend(missing.map(|message| Violation::at(DOCUMENT, index + 1, message)));
            }
        }
    }
    violations
}

/// The names in backticks.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn missing(workspace: &Workspace, test: &str) -> Option<String> {
    let Some((name_of_crate, path)) = test.split_once("::") else {
        let is_there = workspace.paths.contains(test);
        return (!is_there).then(|| format!("`{test}` is neither a file nor `crate::path::test`: {REASON}"));
    };
    let Some(member) = workspace.crate_named(name_of_crate) else {
        return Some(format!("`{test}`: there is no crate `{name_of_crate}`: {REASON}"));
    };
    let function = path.rsplit("::").next().unwrap_or(path);
    // A suite that several crates run is written once, in the platform.
    let own_folder = format!("{}/", member.folder);
    let is_there = workspace
        .rust_files()
        .filter(|(path, _)| path.starts_with(&own_folder) || path.starts_with("platform/"))
        .any(|(_, text)| has_function(text, function));
    (!is_there).then(|| format!("`{test}`: there is no function `{function}`: {REASON}"))
}

fn has_function(text: &str, name: &str) -> bool {
    let start = format!("fn {name}");
    text.match_indices(&start).any(|(index, _)| {
        let next = text[index + start.len()..].chars().next();
        next.is_some_and(|next| !next.is_alphanumeric() && next != '_')
    })
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, Workspace, check};

    #[test]
    fn named_tests_and_files_must_exist() {
        let table = "\
| id | what | where | test |
|---|---|---|---|
| A1 | right | `cart` | `cart::adding::adds_twice`, `.ci/run` |
| A2 | wrong name | `cart` | `cart::adding::adds` |
| A3 | wrong crate | | `basket::adds_twice` |
| A4 | wrong file | | `tests/none.sh` |
| A5 | not yet | | - |
";
        let files = [
            (DOCUMENT, table),
            ("services/cart/Cargo.toml", "[package]\nname = \"cart\"\n"),
            ("services/cart/tests/it/adding.rs", "#[test]\nfn adds_twice() {}\n"),
            (".ci/run", ""),
        ];
        let lines: Vec<usize> = check(&Workspace::of(&files).expect("a workspace"))
            .into_iter()
            .map(|violation| violation.line)
            .collect();
        assert_eq!(lines, [4, 5, 6]);
    }
}
