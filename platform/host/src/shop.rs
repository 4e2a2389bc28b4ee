//! The shop, as its mail and its pages name it.

use serde::{Deserialize, Serialize};

/// What mail and pages say of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shop {
    /// What it is called.
    pub name: String,
    /// Where its pages are, such as `https://shop.example.com`; where none is given, the address that it listens on.
    pub url: Option<String>,
}

impl Default for Shop {
    fn default() -> Self {
        Self { name: "Isotope".to_owned(), url: None }
    }
}

impl Shop {
    /// Says what a shop may not be called, and where it cannot be.
    ///
    /// # Errors
    /// The setting at fault, and why.
    pub fn check(&self) -> Result<(), String> {
        let length = self.name.trim().chars().count();
        if !(1..=100).contains(&length) || self.name.chars().any(char::is_control) {
            return Err("name: one line of 1 to 100 characters".to_owned());
        }
        let Some(url) = &self.url else { return Ok(()) };
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_plain =
            |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\'' | '<' | '>' | '?' | '#');
        match rest {
            Some(rest) if !rest.is_empty() && rest.chars().all(is_plain) && url.len() <= 200 => Ok(()),
            _ => Err(format!("url: `{url}` is not like https://shop.example.com")),
        }
    }

    /// Where its pages are, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.url.as_deref().unwrap_or("http://localhost:8080").trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::Shop;

    #[test]
    fn a_shop_has_a_name_of_one_line_and_a_place() {
        let shop = |name: &str, url: Option<&str>| Shop { name: name.into(), url: url.map(str::to_owned) };
        for good in [Shop::default(), shop("Lamps & More", Some("https://shop.example.com/lamps/"))] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
        for bad in [
            shop("", None),
            shop("Lamps\r\nBcc: all@example.com", None),
            shop("Lamps", Some("javascript:alert(1)")),
            shop("Lamps", Some("https://")),
            shop("Lamps", Some("https://shop.example.com/?a=\"b\"")),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        assert_eq!(shop("Lamps", Some("https://shop.example.com/")).base_url(), "https://shop.example.com");
    }
}
