//! What no file may be called or hold.

use super::{Violation, Workspace};

/// About four screens: past it there is a second idea in the file.
const RUST_LINES_MAX: usize = 450;

const NAMELESS: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];

/// Folders of one person's machine; a name follows them.
const HOMES: [&str; 3] = ["/home/", "/Users/", "/root/"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    for path in &workspace.paths {
        violations.extend(name(path));
    }
    for (path, text) in workspace.rust_files() {
        violations.extend(length(path, text));
    }
    for (path, text) in &workspace.texts {
        violations.extend(machine_paths(path, text, &workspace.root));
    }
    if let Some(lock) = workspace.texts.get("Cargo.lock") {
        violations.extend(registries(lock));
    }
    violations
}

fn name(path: &str) -> Option<Violation> {
    let last = path.rsplit('/').next()?;
    let stem = last.strip_suffix(".rs").unwrap_or(last);
    NAMELESS.contains(&stem).then(|| {
        Violation::of_file(
            path,
            format!("`{stem}` says nothing of what is inside: name it after what it does"),
        )
    })
}

fn length(path: &str, text: &str) -> Option<Violation> {
    let lines = text.lines().count();
    (lines > RUST_LINES_MAX).then(|| {
        let message = format!(
            "{lines} lines, {RUST_LINES_MAX} are allowed: there is a second idea in it, give that a file"
        );
        Violation::of_file(path, message)
    })
}

fn machine_paths(path: &str, text: &str, root: &str) -> Vec<Violation> {
    // A root such as /src or /app stands in honest texts too; only a deeper one tells this machine from others.
    let root_is_telling = root.matches('/').count() >= 2;
    let tells = |line: &str| {
        let names_a_home = HOMES.iter().any(|home| {
            line.match_indices(home).any(|(start, _)| {
                line[start + home.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '.')
            })
        });
        names_a_home || (root_is_telling && line.contains(root))
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| tells(line))
        .map(|(index, _)| {
            Violation::at(path, index + 1, "names a path of one machine: it is another on the next")
        })
        .collect()
}

fn registries(lock: &str) -> Vec<Violation> {
    let is_foreign = |line: &str| {
        line.strip_prefix("source = ").is_some_and(|source| source.trim_matches('"') != CRATES_IO)
    };
    lock.lines()
        .enumerate()
        .filter(|(_, line)| is_foreign(line))
        .map(|(index, _)| {
            Violation::at(
                "Cargo.lock",
                index + 1,
                "comes from elsewhere than crates.io: a fresh clone must build anywhere",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{RUST_LINES_MAX, Workspace, check};

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let mut workspace = Workspace::of(files).expect("a workspace");
        workspace.root = "/builds/isotope".to_owned();
        check(&workspace).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn long_files_and_nameless_names_are_found() {
        let long = "\n".repeat(RUST_LINES_MAX + 1);
        let found = messages(&[
            ("a/src/long.rs", &long),
            ("a/src/utils.rs", ""),
            ("a/src/common/mod.rs", ""),
            ("a/src/fine.rs", ""),
        ]);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let home = format!("see {}ada/notes", "/home/");
        let root = "cd /builds/isotope";
        assert_eq!(
            messages(&[("README.md", &home), ("docs/a.md", root), ("docs/b.md", "GET /home/ and /builds")])
                .len(),
            2
        );
    }

    #[test]
    fn only_the_public_registry_may_be_locked() {
        let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\nsource = \"registry+https://crates.example.org/index\"\n";
        assert_eq!(messages(&[("Cargo.lock", lock)]).len(), 1);
    }
}
