//! Notifications in words: templates, embedded or from a folder, filled with what a letter says.

mod format;
mod samples;
mod templates;
mod view;

use std::path::Path;

use host::{LinkKind, LinkTokens, Shop};
use minijinja::Environment;

use crate::domain::{Kind, Letter, one_line};

pub(crate) use samples::samples;

/// Something is wrong with templates.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(String);

/// A letter in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// Puts letters into words.
pub(crate) struct Renderer {
    environment: Environment<'static>,
    shop: Shop,
}

/// Stands for a link's token where nobody may use the link.
const MASKED_TOKEN: &str = "...";

impl Renderer {
    /// With the templates of the shop, those of a folder in their places.
    ///
    /// # Errors
    /// The folder cannot be read, holds a file that is no template's, or one that cannot be understood.
    pub(crate) fn new(shop: &Shop, folder: Option<&Path>) -> Result<Self, TemplateError> {
        Ok(Self { environment: templates::environment(folder)?, shop: shop.clone() })
    }

    /// A letter in words. Without `links`, the tokens of links are left out.
    ///
    /// # Errors
    /// A template asks for what the letter does not say.
    pub(crate) fn render(&self, letter: &Letter, links: Option<&LinkTokens>) -> Result<Words, TemplateError> {
        let (kind, values) = (letter.subject.kind(), self.values(letter, links));
        let subject = one_line(&self.fill(kind, "subject.txt", &values)?);
        let (text, html) = (self.fill(kind, "txt", &values)?, self.fill(kind, "html", &values)?);
        Ok(Words { subject, text, html })
    }

    /// The subject of a letter alone.
    ///
    /// # Errors
    /// Its template asks for what the letter does not say.
    pub(crate) fn subject(&self, letter: &Letter) -> Result<String, TemplateError> {
        let filled = self.fill(letter.subject.kind(), "subject.txt", &self.values(letter, None))?;
        Ok(one_line(&filled))
    }

    fn values(&self, letter: &Letter, links: Option<&LinkTokens>) -> minijinja::Value {
        let token = letter.subject.link().map(|link| match (links, letter.subject.kind()) {
            (Some(links), Kind::ResetPassword) => links.issue(link.id, LinkKind::ResetPassword),
            (Some(links), _) => links.issue(link.id, LinkKind::VerifyEmail),
            (None, _) => MASKED_TOKEN.to_owned(),
        });
        let values = view::values(&self.shop.name, self.shop.base_url(), letter, token.as_deref());
        minijinja::Value::from(minijinja::value::Serde(&values))
    }

    fn fill(&self, kind: Kind, ending: &str, values: &minijinja::Value) -> Result<String, TemplateError> {
        let name = format!("{}.{ending}", kind.as_str());
        let template = self.environment.get_template(&name);
        let filled = template.and_then(|template| template.render(values.clone()));
        filled.map_err(|error| described(&name, &error))
    }

    /// Puts every template to the test.
    ///
    /// # Errors
    /// What is wrong with each that fails, one after the other.
    pub(crate) fn check(&self) -> Result<(), String> {
        let faults: Vec<String> = samples()
            .iter()
            .filter_map(|letter| match self.render(letter, None) {
                Ok(words) if words.subject.is_empty() => {
                    Some(format!("{}.subject.txt: it is empty", letter.subject.kind().as_str()))
                }
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }
}

fn described(name: &str, error: &minijinja::Error) -> TemplateError {
    // What a template includes or extends has a name of its own.
    let name = error.name().unwrap_or(name);
    let line = error.line().map(|line| format!(" line {line}")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    TemplateError(format!("template {name}{line}: {}{detail}", error.kind()))
}

#[cfg(test)]
mod tests;
