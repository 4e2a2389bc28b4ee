//! The workspace's files as the rules see them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// Folders that hold no sources.
pub const SKIPPED: [&str; 4] = ["target", ".git", "data", "node_modules"];

/// A package of the workspace.
#[derive(Clone, Debug)]
pub struct Crate {
    /// Its folder, from the root: `services/cart`.
    pub folder: String,
    /// Its name in `Cargo.toml`.
    pub name: String,
    /// All of `Cargo.toml`.
    pub manifest: toml::Table,
}

/// All text files and crates of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The absolute path of the root; empty for a made-up workspace.
    pub root: String,
    /// Contents by path from the root, with `/` between segments.
    pub texts: BTreeMap<String, String>,
    /// Every file and folder, text or not.
    pub paths: BTreeSet<String>,
    /// The packages, by folder.
    pub crates: Vec<Crate>,
}

impl Workspace {
    /// Reads a workspace from disk.
    ///
    /// # Errors
    /// A file or a manifest cannot be read.
    pub fn load(root: &Path) -> Result<Self, String> {
        let mut workspace = Self { root: root.to_string_lossy().into_owned(), ..Self::default() };
        workspace
            .read_folder(root, "")
            .map_err(|error| format!("cannot read {}: {error}", root.display()))?;
        workspace.find_crates()?;
        Ok(workspace)
    }

    /// A workspace of the files given, for tests of the rules.
    ///
    /// # Errors
    /// A manifest cannot be read.
    pub fn of(files: &[(&str, &str)]) -> Result<Self, String> {
        let mut workspace = Self::default();
        for (path, text) in files {
            workspace.add(path, Some((*text).to_owned()));
        }
        workspace.find_crates()?;
        Ok(workspace)
    }

    /// Rust sources and their paths.
    pub fn rust_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The crate called `name`.
    pub fn crate_named(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|member| member.name == name)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if SKIPPED.contains(&name.as_str()) {
                continue;
            }
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.read_folder(&entry.path(), &path)?;
            } else if kind.is_file() {
                self.add(&path, String::from_utf8(fs::read(entry.path())?).ok());
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, text: Option<String>) {
        self.paths.insert(path.to_owned());
        for (end, _) in path.match_indices('/') {
            self.paths.insert(path[..end].to_owned());
        }
        if let Some(text) = text {
            self.texts.insert(path.to_owned(), text);
        }
    }

    fn find_crates(&mut self) -> Result<(), String> {
        for (path, text) in &self.texts {
            let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
            let manifest: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
            let name = manifest.get("package").and_then(|package| package.get("name"));
            let Some(name) = name.and_then(toml::Value::as_str) else { continue };
            self.crates.push(Crate { folder: folder.to_owned(), name: name.to_owned(), manifest });
        }
        Ok(())
    }
}

impl Crate {
    /// The crate's first source file, which holds its documentation.
    pub fn root_file(&self, workspace: &Workspace) -> Option<String> {
        ["src/lib.rs", "src/main.rs"]
            .into_iter()
            .map(|file| format!("{}/{file}", self.folder))
            .find(|path| workspace.texts.contains_key(path))
    }

    /// Names of the packages it depends on, as a library or program is built (`false`) or for tests only (`true`).
    pub fn dependencies(&self) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        collect(&self.manifest, &mut found);
        let targets = self.manifest.get("target").and_then(toml::Value::as_table);
        for target in targets.into_iter().flat_map(|table| table.values()) {
            if let Some(table) = target.as_table() {
                collect(table, &mut found);
            }
        }
        found
    }
}

fn collect(manifest: &toml::Table, found: &mut Vec<(String, bool)>) {
    let sections = [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)];
    for (section, only_tests) in sections {
        let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        for (key, value) in table {
            let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            found.push((package.to_owned(), only_tests));
        }
    }
}
