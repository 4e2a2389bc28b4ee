//! Makes a service known to those who know all services: the workspace, the contracts' list of names, and the app's wiring.
//!
//! Each place has a line per service; the new service's line goes after the last one's and is made like it.

use std::{fs, path::Path};

use super::Name;

const NAMES: &str = "platform/contracts/src/service.rs";
const WORKSPACE: &str = "Cargo.toml";
const APP_MANIFEST: &str = "app/Cargo.toml";
const WIRING: &str = "app/src/wiring.rs";
const SETTINGS: &str = "app/src/settings.rs";

/// The files that change, with their new texts.
pub(super) fn register(root: &Path, name: &Name) -> Result<Vec<(&'static str, String)>, String> {
    let read = |path: &'static str| {
        let text =
            fs::read_to_string(root.join(path)).map_err(|error| format!("cannot read {path}: {error}"))?;
        Ok::<File, String>(File { path, text })
    };
    let names = read(NAMES)?;
    let known = services_of(&names.text);
    let last = known.last().ok_or_else(|| format!("{NAMES} lists no service"))?.clone();
    if known.contains(name) {
        return Err(format!("there is a service `{}` already", name.snake));
    }
    let workspace = read(WORKSPACE)?;
    if workspace.text.lines().any(|line| line.starts_with(&format!("{} =", name.snake))) {
        return Err(format!("`{}` is the name of a crate that the workspace uses already", name.snake));
    }

    let files = [
        add_name(names, known.len(), &last, name)?,
        add_member(workspace, &last, name)?,
        read(APP_MANIFEST)?.repeat_line(&format!("{}.workspace = true", last.snake), &last, name)?,
        read(WIRING)?.repeat_line(&format!("ServiceName::{} =>", last.pascal), &last, name)?,
        add_settings(read(SETTINGS)?, &last, name)?,
    ];
    Ok(files.into_iter().map(|file| (file.path, file.text)).collect())
}

/// The services by the lines that give their names: `Self::Cart => "cart",`.
fn services_of(text: &str) -> Vec<Name> {
    text.lines()
        .filter_map(|line| {
            let (pascal, snake) = line.trim().strip_prefix("Self::")?.split_once(" => \"")?;
            let snake = snake.strip_suffix("\",")?;
            Some(Name { snake: snake.to_owned(), pascal: pascal.to_owned() })
        })
        .collect()
}

fn add_name(file: File, count: usize, last: &Name, name: &Name) -> Result<File, String> {
    let doc = format!("    /// See the README of services/{}.\n    {},", name.snake, name.pascal);
    let file = file
        .replace_once(&format!("[Self; {count}]"), &format!("[Self; {}]", count + 1))?
        .insert_after(&format!("    {},", last.pascal), &doc)?
        .repeat_line(&format!("Self::{} => ", last.pascal), last, name)?
        .replace_once(&format!(", {}\"", last.snake), &format!(", {}, {}\"", last.snake, name.snake))?;
    // Formatted on one line while it fits there, then one service a line.
    let end = format!("Self::{}];", last.pascal);
    if file.text.contains(&end) {
        return file.replace_once(&end, &format!("Self::{}, Self::{}];", last.pascal, name.pascal));
    }
    file.repeat_line(&format!("        Self::{},", last.pascal), last, name)
}

fn add_member(file: File, last: &Name, name: &Name) -> Result<File, String> {
    let file = file.repeat_line(&format!("{} = {{ path = ", last.snake), last, name)?;
    if file.text.contains("\"services/*\"") {
        return Ok(file);
    }
    let members = file.only_line(|line| line.starts_with("members = ["), "members = [")?.to_owned();
    let member = format!("\"services/{}\"", last.snake);
    file.replace_once(&members, &members.replace(&member, &format!("{member}, \"services/{}\"", name.snake)))
}

fn add_settings(file: File, last: &Name, name: &Name) -> Result<File, String> {
    let line = format!("    pub {}: {}::Config,", last.snake, last.snake);
    let new = format!("    /// See [`{0}::Config`].\n    pub {0}: {0}::Config,", name.snake);
    file.insert_after(&line, &new)?.repeat_line(&format!("{}: Default::default(),", last.snake), last, name)
}

/// A file on its way to its new text.
struct File {
    path: &'static str,
    text: String,
}

impl File {
    /// Puts a copy of the one line that holds `part` after it, with the new service's name for the last one's.
    fn repeat_line(self, part: &str, last: &Name, name: &Name) -> Result<Self, String> {
        let line = self.only_line(|line| line.contains(part), part)?.to_owned();
        let copy = line.replace(&last.snake, &name.snake).replace(&last.pascal, &name.pascal);
        self.insert_after(&line, &copy)
    }

    /// Puts `new` after the one line that is `line`.
    fn insert_after(self, line: &str, new: &str) -> Result<Self, String> {
        self.only_line(|candidate| candidate == line, line)?;
        let lines = self.text.lines().map(|candidate| {
            if candidate == line { format!("{candidate}\n{new}\n") } else { format!("{candidate}\n") }
        });
        Ok(Self { path: self.path, text: lines.collect() })
    }

    fn replace_once(self, from: &str, to: &str) -> Result<Self, String> {
        match self.text.matches(from).count() {
            1 => Ok(Self { path: self.path, text: self.text.replace(from, to) }),
            count => Err(self.unexpected(from, count)),
        }
    }

    fn only_line(&self, is_it: impl Fn(&str) -> bool, what: &str) -> Result<&str, String> {
        let mut found = self.text.lines().filter(|line| is_it(line));
        match (found.next(), found.count()) {
            (Some(line), 0) => Ok(line),
            (first, more) => Err(self.unexpected(what, usize::from(first.is_some()) + more)),
        }
    }

    fn unexpected(&self, what: &str, count: usize) -> String {
        format!(
            "{} has `{}` {count} times and not once: it was written anew, and xtask/src/new_service/registration.rs must follow",
            self.path,
            what.trim()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{register, services_of};
    use crate::{new_service::Name, workspace_root};

    /// The places that know all services are as they are expected here.
    #[test]
    fn a_service_can_be_registered_in_this_workspace() {
        let name = Name::parse("loyalty").expect("a name");
        let changed = register(&workspace_root(), &name).expect("every place is found");
        assert_eq!(changed.len(), 5);
        for (path, text) in &changed {
            assert!(text.contains("loyalty") || text.contains("Loyalty"), "{path}");
        }
        assert_eq!(services_of(&changed[0].1).last(), Some(&name));
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        for taken in ["catalog", "serde"] {
            let name = Name::parse(taken).expect("a name");
            assert!(register(&workspace_root(), &name).is_err(), "{taken}");
        }
    }
}
