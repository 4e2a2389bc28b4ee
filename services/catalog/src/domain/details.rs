//! What a product has besides its name and price. One column holds it: it is shown, and nothing is looked up by it.

use contracts::{Refusal, TaxClass};
use engine::{ColumnKind, Field, UnreadableValue, Value};
use serde::{Deserialize, Serialize};

use super::{category::CategoryId, family::ProductOption};
use crate::pictures::Motif;

/// How many pictures a product has at most.
pub const PICTURES_MAX: usize = 20;

const URL_LENGTH_MAX: usize = 500;
const ALT_LENGTH_MAX: usize = 300;

/// The longest side of a picture, in pixels.
const SIDE_MAX: u32 = 20_000;

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Where it is: `https://...`, or a path of this shop.
    #[schema(example = "/api/v1/pictures/lamp-1f3a9c02-front.svg")]
    pub url: String,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl Picture {
    fn check(&self) -> Result<(), Refusal> {
        let invalid = |detail: String| Err(Refusal::invalid("picture_invalid", detail));
        let path = self.url.starts_with('/') && !self.url.starts_with("//");
        let plain = self.url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\".contains(&byte));
        if !(path || self.url.starts_with("https://")) || !plain || self.url.len() > URL_LENGTH_MAX {
            return invalid(format!(
                "A picture's address begins with https:// or /, and has up to {URL_LENGTH_MAX} characters."
            ));
        }
        if self.alt.chars().count() > ALT_LENGTH_MAX || self.alt.chars().any(char::is_control) {
            return invalid(format!("What a picture shows is said in up to {ALT_LENGTH_MAX} characters."));
        }
        if [self.width, self.height].iter().any(|side| !(1..=SIDE_MAX).contains(side)) {
            return invalid(format!("A picture is 1 to {SIDE_MAX} pixels wide and high."));
        }
        Ok(())
    }
}

pub(super) fn check_pictures(pictures: &[Picture]) -> Result<(), Refusal> {
    if pictures.len() > PICTURES_MAX {
        let detail = format!("A product has at most {PICTURES_MAX} pictures.");
        return Err(Refusal::invalid("too_many_pictures", detail));
    }
    pictures.iter().try_for_each(Picture::check)
}

/// What is shown of a product and never looked up by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Which tax rate it has.
    pub tax_class: TaxClass,
    /// The categories that it was put into, in order of their ids.
    pub category_ids: Vec<CategoryId>,
    /// Its own pictures, the best first. Without any, one is drawn.
    pub pictures: Vec<Picture>,
    /// What a drawn picture shows.
    pub motif: Motif,
    /// A family's options; empty for every other product.
    pub options: Vec<ProductOption>,
    /// A variant's value of each option of its family; empty for every other product.
    pub option_values: Vec<String>,
}

impl Field for Details {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        engine::record::to_json(self)
    }

    /// An empty text is a product of the time before there were details.
    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        let text = String::from_value(value)?;
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(&text).map_err(|_| UnreadableValue::new(text, "details of a product"))
    }
}

#[cfg(test)]
mod tests {
    use engine::{Field, Value};

    use super::{Details, Picture, check_pictures};

    #[test]
    fn details_read_as_they_were_written_and_old_rows_have_none() {
        let details = Details { option_values: vec!["M".to_owned()], ..Details::default() };
        assert_eq!(Details::from_value(details.to_value()).expect("details"), details);
        assert_eq!(Details::from_value(Value::from("")).expect("none"), Details::default());
        assert!(Details::from_value(Value::from("{")).is_err());
    }

    #[test]
    fn pictures_come_from_here_or_over_https() {
        let picture =
            |url: &str, width| Picture { url: url.to_owned(), alt: String::new(), width, height: 600 };
        for url in ["https://example.com/a.jpg", "/api/v1/pictures/mug-00000000-front.svg"] {
            check_pictures(&[picture(url, 800)]).expect(url);
            assert!(check_pictures(&[picture(url, 0)]).is_err());
        }
        for url in ["", "http://example.com/a.jpg", "//example.com/a", "javascript:alert(1)", "/a b", "/a\"b"]
        {
            assert_eq!(check_pictures(&[picture(url, 800)]).expect_err(url).code, "picture_invalid");
        }
        assert_eq!(check_pictures(&vec![picture("/a", 1); 21]).expect_err("many").code, "too_many_pictures");
    }
}
