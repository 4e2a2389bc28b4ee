//! The templates: embedded at build, and those of a folder in their places.

use std::{fmt::Write, fs, path::Path};

use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, syntax::SyntaxConfig,
};

use super::TemplateError;

macro_rules! embedded {
    ($($name:literal)*) => {
        /// Every template, by its name.
        const EMBEDDED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name)))),*];
    };
}
embedded! {
    "layout.txt" "layout.html" "lines.txt" "lines.html"
    "order_submitted.subject.txt" "order_submitted.txt" "order_submitted.html"
    "order_paid.subject.txt" "order_paid.txt" "order_paid.html"
    "order_shipped.subject.txt" "order_shipped.txt" "order_shipped.html"
    "order_delivered.subject.txt" "order_delivered.txt" "order_delivered.html"
    "order_cancelled.subject.txt" "order_cancelled.txt" "order_cancelled.html"
    "order_refunded.subject.txt" "order_refunded.txt" "order_refunded.html"
    "verify_email.subject.txt" "verify_email.txt" "verify_email.html"
    "reset_password.subject.txt" "reset_password.txt" "reset_password.html"
    "low_stock.subject.txt" "low_stock.txt" "low_stock.html"
}

/// No template is longer.
const TEMPLATE_BYTES_MAX: u64 = 256 * 1_024;

/// All templates, ready to be filled.
///
/// # Errors
/// The folder cannot be read, holds a file that is no template's, or one that cannot be understood.
pub(super) fn environment(folder: Option<&Path>) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| super::described("syntax", &error))?);
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.set_formatter(write_value);
    for (name, source) in EMBEDDED {
        add(&mut environment, name, (*source).to_owned())?;
    }
    for (name, source) in folder.map(read).transpose()?.unwrap_or_default() {
        add(&mut environment, &name, source)?;
    }
    Ok(environment)
}

fn add(environment: &mut Environment<'static>, name: &str, source: String) -> Result<(), TemplateError> {
    environment.add_template_owned(name.to_owned(), source).map_err(|error| super::described(name, &error))
}

/// Writes a value. A slash stays what it is, so that links can be read in a mail's source.
fn write_value(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match value.as_str() {
        Some(text) if *state.auto_escape() == AutoEscape::Html && !value.is_safe() => text,
        _ => return minijinja::escape_formatter(output, state, value),
    };
    for letter in text.chars() {
        let written = match letter {
            '&' => output.write_str("&amp;"),
            '<' => output.write_str("&lt;"),
            '>' => output.write_str("&gt;"),
            '"' => output.write_str("&quot;"),
            '\'' => output.write_str("&#39;"),
            other => output.write_char(other),
        };
        written.map_err(Error::from)?;
    }
    Ok(())
}

/// The templates of a folder. A name that none of the shop's has is a slip of the pen, and would never be used.
fn read(folder: &Path) -> Result<Vec<(String, String)>, TemplateError> {
    let failed = |path: &Path, error: std::io::Error| {
        TemplateError(format!("{} cannot be read: {error}", path.display()))
    };
    let mut templates = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if !EMBEDDED.iter().any(|(known, _)| *known == name) {
            return Err(TemplateError(format!("{}: there is no template of this name", path.display())));
        }
        let length = fs::metadata(&path).map_err(|error| failed(&path, error))?.len();
        if length > TEMPLATE_BYTES_MAX {
            return Err(TemplateError(format!("{}: longer than {TEMPLATE_BYTES_MAX} bytes", path.display())));
        }
        let source = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        templates.push((name, source));
    }
    Ok(templates)
}
