//! `cargo xtask new-service NAME`: a service of the house's shape that compiles, and whose tests pass.
//!
//! The templates in `xtask/templates/service` are a working service called `sample`; its name is replaced. Everything
//! is read and checked before anything is written, so a service that cannot be made leaves no trace.

mod proof;
mod registration;

use std::{fs, path::Path};

use crate::steps::{cargo, succeed};

pub use proof::prove;

/// The service's files, and their texts with the name `sample`.
const TEMPLATES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../templates/service/Cargo.toml.in")),
    ("README.md", include_str!("../templates/service/README.md.in")),
    ("src/lib.rs", include_str!("../templates/service/src/lib.rs.in")),
    ("src/domain.rs", include_str!("../templates/service/src/domain.rs.in")),
    ("src/events.rs", include_str!("../templates/service/src/events.rs.in")),
    ("src/api.rs", include_str!("../templates/service/src/api.rs.in")),
    ("src/store.rs", include_str!("../templates/service/src/store.rs.in")),
    ("tests/it/main.rs", include_str!("../templates/service/tests/it/main.rs.in")),
];

const NAME_LENGTH_MAX: usize = 32;

/// Names of the language that look like names of services.
const RESERVED: [&str; 24] = [
    "as", "box", "const", "crate", "do", "dyn", "enum", "final", "fn", "for", "gen", "impl", "in", "macro",
    "mod", "move", "override", "pub", "ref", "static", "struct", "trait", "type", "use",
];

/// A service's name, as crate, folder and module (`gift_cards`) and as type (`GiftCards`).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    snake: String,
    pascal: String,
}

impl Name {
    fn parse(text: &str) -> Result<Self, String> {
        let is_snake = text.split('_').all(|word| {
            word.starts_with(|first: char| first.is_ascii_lowercase())
                && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        });
        if !is_snake || text.len() > NAME_LENGTH_MAX {
            return Err(format!(
                "`{text}` cannot be a service: a name is a word in small letters, or words with _ between them, up to {NAME_LENGTH_MAX} letters"
            ));
        }
        if RESERVED.contains(&text) {
            return Err(format!("`{text}` cannot be a service: it is a word of the language"));
        }
        let pascal = text.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        Ok(Self { snake: text.to_owned(), pascal })
    }

    /// A template's text with this name in it.
    fn fill(&self, template: &str) -> String {
        template.replace("sample", &self.snake).replace("Sample", &self.pascal)
    }
}

/// Writes the service and makes it known to the workspace, the contracts and the app.
///
/// # Errors
/// The name cannot be used, or the workspace's files are not what is expected; then nothing has been written.
pub fn run(root: &Path, name: &str) -> Result<(), String> {
    let name = Name::parse(name)?;
    let changed = registration::register(root, &name)?;
    let folder = root.join("services").join(&name.snake);
    if folder.exists() {
        return Err(format!("services/{} is there already", name.snake));
    }

    for (path, template) in TEMPLATES {
        write(&folder.join(path), &name.fill(template))?;
    }
    for (path, text) in changed {
        write(&root.join(path), &text)?;
    }
    // Where a name stands in the alphabet decides the order of imports, and its length where lines break.
    succeed(cargo(root).args(["fmt", "--package", &name.snake]))?;
    println!(
        "services/{} is made and registered. Next: `cargo test -p {}`; then put your own aggregate",
        name.snake, name.snake
    );
    println!(
        "in the place of `Remark`: domain.rs decides, events.rs translates, store.rs is the table, api.rs the routes."
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Name, TEMPLATES};

    #[test]
    fn names_are_words_in_small_letters() {
        let name = Name::parse("gift_cards2").expect("a name");
        assert_eq!((name.snake.as_str(), name.pascal.as_str()), ("gift_cards2", "GiftCards2"));
        for bad in ["", "Gift", "gift-cards", "gift__cards", "_gift", "2gift", "gift_", "type", "../gift"] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_aggregate_is_under_a_hundred_lines() {
        let of_aggregate = ["src/domain.rs", "src/events.rs", "src/store.rs"];
        let templates = TEMPLATES.iter().filter(|(path, _)| of_aggregate.contains(path));
        let lines: usize = templates.map(|(_, text)| text.lines().count()).sum();
        assert!(lines < 100, "{lines} lines");
    }

    #[test]
    fn nothing_of_the_template_is_left() {
        let name = Name::parse("loyalty").expect("a name");
        for (path, template) in TEMPLATES {
            assert!(!name.fill(template).to_lowercase().contains("sample"), "{path}");
        }
    }
}
