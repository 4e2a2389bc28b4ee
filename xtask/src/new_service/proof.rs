//! A new service made in a copy of the workspace, built and tested there, so that the templates cannot rot.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    steps::{cargo, succeed},
    tidy,
};

const NAME: &str = "loyalty";

/// Makes a service in a copy under `target`, runs its tests there, and checks that the app takes it in.
///
/// # Errors
/// The new service is not tidy, does not build, or its tests fail.
pub fn prove(root: &Path) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let target = root.join(target);
    let copy = target.join("new-service");
    mirror(root, &copy)
        .map_err(|error| format!("cannot copy the workspace to {}: {error}", copy.display()))?;
    super::run(&copy, NAME)?;

    tidy::run(&copy)?;
    succeed(cargo(&copy).env("CARGO_TARGET_DIR", &target).args(["fmt", "--package", NAME, "--check"]))?;
    succeed(cargo(&copy).env("CARGO_TARGET_DIR", &target).args(["test", "--quiet", "--package", NAME]))?;
    succeed(cargo(&copy).env("CARGO_TARGET_DIR", &target).args([
        "clippy",
        "--quiet",
        "--package",
        NAME,
        "--package",
        "app",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// The workspace's manifest with a version of the copy's own. Cargo tells packages apart by name and version, and both workspaces
/// build into one target folder, so that published crates are built once: without this, one would take the other's crates
/// for its own.
fn with_own_version(path: &Path, bytes: Vec<u8>) -> Vec<u8> {
    if path != Path::new("Cargo.toml") {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes);
    text.replacen("\nversion = \"", "\nversion = \"0.0.0-copy.", 1).into_bytes()
}

/// Makes `to` a copy of `from`. Files that are the same are left alone, so that cargo need not build them again.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    let wanted = files(from)?;
    if to.exists() {
        for path in files(to)?.keys().filter(|path| !wanted.contains_key(*path)) {
            fs::remove_file(to.join(path))?;
        }
        // A service's folder that is left empty would still be a member of the workspace.
        let _ = fs::remove_dir_all(to.join("services").join(NAME));
    }
    for (path, bytes) in wanted {
        let copy = to.join(&path);
        let bytes = with_own_version(&path, bytes);
        if fs::read(&copy).is_ok_and(|existing| existing == bytes) {
            continue;
        }
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(copy, bytes)?;
    }
    Ok(())
}

fn files(root: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            if tidy::SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            let path = folder.join(&name);
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.insert(path, fs::read(entry.path())?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::{files, mirror, with_own_version};

    #[test]
    fn a_mirror_is_the_same_and_nothing_more() {
        let folder = std::env::temp_dir().join(format!("xtask-mirror-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        for path in [from.join("a/b.txt"), from.join("target/skipped"), to.join("stale/c.txt")] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        mirror(&from, &to).unwrap();
        let copied: Vec<PathBuf> = files(&to).unwrap().into_keys().collect();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(copied, [PathBuf::from("a/b.txt")]);
    }

    #[test]
    fn the_copys_packages_are_not_the_workspaces() {
        let manifest = b"[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\n".to_vec();
        let changed = with_own_version(Path::new("Cargo.toml"), manifest.clone());
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            changed,
            "[workspace.package]\nversion = \"0.0.0-copy.0.1.0\"\n[workspace.dependencies]\n"
        );
        assert_eq!(with_own_version(Path::new("app/Cargo.toml"), manifest.clone()), manifest);
    }
}
