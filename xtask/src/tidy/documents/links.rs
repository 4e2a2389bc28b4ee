//! Links between files of the project.

use crate::tidy::{Violation, Workspace};

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let documents = workspace.texts.iter().filter(|(path, _)| path.ends_with(".md"));
    documents.flat_map(|(path, text)| broken(workspace, path, text)).collect()
}

fn broken(workspace: &Workspace, path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (line, target) in links(text) {
        if target.contains(':') {
            continue; // Another site's address, or mail.
        }
        let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
        let Some(file) = resolve(path, file) else {
            let message = format!("the link `{target}` leaves the project");
            violations.push(Violation::at(path, line, message));
            continue;
        };
        let is_there = file.is_empty() || workspace.paths.contains(&file);
        let has_anchor = anchor.is_empty()
            || workspace.texts.get(&file).is_some_and(|text| headings(text).any(|heading| heading == anchor));
        if !is_there || !has_anchor {
            let message = format!("the link `{target}` leads nowhere");
            violations.push(Violation::at(path, line, message));
        }
    }
    violations
}

/// Targets of `[text](target)` with their lines, outside of code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in prose(text) {
        // Every second piece between backticks is code.
        let outside_code: String = line.split('`').step_by(2).collect::<Vec<_>>().join("_");
        for piece in outside_code.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                let target = target.split_whitespace().next().unwrap_or_default();
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

/// Lines outside of fenced code, with their indexes.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// The path from the root that `target`, written in `document`, means; `None` when it leaves the root.
fn resolve(document: &str, target: &str) -> Option<String> {
    if target.is_empty() {
        return Some(document.to_owned());
    }
    let mut segments: Vec<&str> = document.split('/').collect();
    segments.pop();
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

/// Anchors of a document's headings, made as code hosts make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        line.trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|character| character.is_alphanumeric() || [' ', '-', '_'].contains(character))
            .map(|character| if character == ' ' { '-' } else { character })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{Workspace, check};

    #[test]
    fn links_lead_to_files_folders_and_headings() {
        let good = "[a](docs/other.md) [b](docs/other.md#two-words) [c](docs) [d](https://example.org) [e](#top)\n# Top\n`[x](y)`\n```\n[x](z)\n```\n";
        let other = "# One\n## Two words\n[up](../README.md)\n";
        let workspace = Workspace::of(&[("README.md", good), ("docs/other.md", other)]).expect("a workspace");
        assert_eq!(check(&workspace), []);

        let bad = "[a](docs/none.md)\n[b](docs/other.md#three)\n[c](../outside.md)\n";
        let workspace = Workspace::of(&[("README.md", bad), ("docs/other.md", other)]).expect("a workspace");
        let lines: Vec<usize> = check(&workspace).into_iter().map(|violation| violation.line).collect();
        assert_eq!(lines, [1, 2, 3]);
    }
}
