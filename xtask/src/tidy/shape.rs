//! The shape of crates: who knows one service finds the way in all.

use super::{Crate, Violation, Workspace};

/// Every service has these; each may be a folder of the same name.
const SERVICE_MODULES: [&str; 5] = ["lib", "domain", "events", "api", "store"];

const CRATE_DOC: &str = "#![doc = include_str!(\"../README.md\")]";

pub(super) fn check(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    let members = members(workspace);
    for member in &workspace.crates {
        violations.extend(name_of_folder(member));
        violations.extend(crate_doc(workspace, member));
        if member.folder.starts_with("services/") {
            violations.extend(service_files(workspace, member));
        }
        if let Some(members) = &members
            && !members.iter().any(|pattern| covers(pattern, &member.folder))
        {
            let message = "is not in `members` of the workspace, so nothing builds or tests it";
            violations.push(Violation::of_file(&member.folder, message));
        }
    }
    violations
}

fn name_of_folder(member: &Crate) -> Option<Violation> {
    let folder = member.folder.rsplit('/').next().unwrap_or(&member.folder);
    (folder != member.name).then(|| {
        let message = format!(
            "the crate is called `{}`: a folder and its crate have one name, so that a path tells the crate",
            member.name
        );
        Violation::of_file(&member.folder, message)
    })
}

fn crate_doc(workspace: &Workspace, member: &Crate) -> Option<Violation> {
    if !workspace.texts.contains_key(&format!("{}/README.md", member.folder)) {
        return Some(Violation::of_file(
            &member.folder,
            "has no README.md: every crate says on a screen what it is for",
        ));
    }
    let root_file = member.root_file(workspace)?;
    let has_doc = workspace.texts[&root_file].lines().any(|line| line.trim() == CRATE_DOC);
    (!has_doc).then(|| {
        Violation::of_file(
            &root_file,
            format!("lacks `{CRATE_DOC}`: the README is the crate's doc, so that neither is forgotten"),
        )
    })
}

fn service_files(workspace: &Workspace, member: &Crate) -> Vec<Violation> {
    let folder = &member.folder;
    let modules = SERVICE_MODULES.iter().filter_map(|module| {
        let file = format!("{folder}/src/{module}.rs");
        let in_folder = format!("{folder}/src/{module}/mod.rs");
        (!workspace.paths.contains(&file) && !workspace.paths.contains(&in_folder)).then_some(file)
    });
    let tests = format!("{folder}/tests/it/main.rs");
    let missing_tests = (!workspace.paths.contains(&tests)).then_some(tests);
    modules
        .chain(missing_tests)
        .map(|path| {
            Violation::of_file(
                &path,
                "is missing: every service has the same files, so that who knows one finds the way in all",
            )
        })
        .collect()
}

fn members(workspace: &Workspace) -> Option<Vec<String>> {
    let manifest: toml::Table = workspace.texts.get("Cargo.toml")?.parse().ok()?;
    let members = manifest.get("workspace")?.get("members")?.as_array()?;
    Some(members.iter().filter_map(|member| member.as_str().map(str::to_owned)).collect())
}

fn covers(pattern: &str, folder: &str) -> bool {
    match pattern.strip_suffix("/*") {
        Some(parent) => folder.rsplit_once('/').is_some_and(|(own_parent, _)| own_parent == parent),
        None => pattern == folder,
    }
}

#[cfg(test)]
mod tests {
    use super::{CRATE_DOC, Workspace, check};

    const MANIFEST: &str = "[package]\nname = \"cart\"\n";

    fn service<'a>(without: &str, manifest: &'a str) -> Vec<(&'a str, &'a str)> {
        let files = [
            ("Cargo.toml", "[workspace]\nmembers = [\"services/*\"]\n"),
            ("services/cart/Cargo.toml", manifest),
            ("services/cart/README.md", "# cart\n"),
            ("services/cart/src/lib.rs", CRATE_DOC),
            ("services/cart/src/domain/mod.rs", ""),
            ("services/cart/src/events.rs", ""),
            ("services/cart/src/api.rs", ""),
            ("services/cart/src/store.rs", ""),
            ("services/cart/tests/it/main.rs", ""),
        ];
        files.into_iter().filter(|(path, _)| *path != without).collect()
    }

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = Workspace::of(files).expect("a workspace");
        check(&workspace).into_iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn a_whole_service_is_fine() {
        assert_eq!(messages(&service("", MANIFEST)), Vec::<String>::new());
    }

    #[test]
    fn each_missing_file_is_named() {
        for path in [
            "README.md",
            "src/domain/mod.rs",
            "src/events.rs",
            "src/api.rs",
            "src/store.rs",
            "tests/it/main.rs",
        ] {
            let found = messages(&service(&format!("services/cart/{path}"), MANIFEST));
            assert_eq!(found.len(), 1, "{path}: {found:?}");
        }
    }

    #[test]
    fn a_folder_has_its_crates_name_and_is_a_member() {
        let found = messages(&service("", "[package]\nname = \"basket\"\n"));
        assert!(found.iter().any(|message| message.contains("one name")), "{found:?}");

        let mut files = service("", MANIFEST);
        files[0].1 = "[workspace]\nmembers = [\"app\"]\n";
        let found = messages(&files);
        assert!(found.iter().any(|message| message.contains("members")), "{found:?}");
    }
}
