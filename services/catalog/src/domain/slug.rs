//! Slugs: names that are safe and pleasant in a web address.

use contracts::{ProductId, Refusal};

/// Longest slug, in bytes.
const LENGTH_MAX: usize = 100;

/// Lists that stand where products do: `/products/featured`.
const RESERVED: [&str; 2] = ["featured", "recommended"];

/// The slug of a name: its letters and digits in lower case, all else a hyphen. Never empty.
pub(super) fn of_name(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        let letters = latin(character);
        if slug.len() + letters.len().max(1) > LENGTH_MAX - TAIL_LENGTH - 1 {
            break;
        }
        match letters {
            "" if character.is_ascii_alphanumeric() => slug.push(character),
            // An apostrophe stands inside a word.
            "" if character == '\'' || character == '’' => {}
            "" if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            letters => slug.push_str(letters),
        }
    }
    let length = slug.trim_end_matches('-').len();
    slug.truncate(length);
    if slug.is_empty() || is_id(&slug) || RESERVED.contains(&slug.as_str()) {
        slug.insert_str(0, if slug.is_empty() { "product" } else { "product-" });
    }
    slug
}

/// How many digits of the id stand behind a slug that is taken.
const TAIL_LENGTH: usize = 8;

/// The slugs that a product may take, best first. One that was chosen by hand has no other.
pub(super) fn candidates(chosen: Option<&str>, name: &str, product: ProductId) -> Vec<String> {
    match chosen {
        Some(slug) => vec![slug.to_owned()],
        None => {
            let slug = of_name(name);
            let tailed = with_tail(&slug, product);
            vec![slug, tailed]
        }
    }
}

/// Another slug for the same name: with the last digits of the product's id, which are random.
fn with_tail(slug: &str, product: ProductId) -> String {
    let id = product.0.simple().to_string();
    format!("{slug}-{}", &id[id.len() - TAIL_LENGTH..])
}

/// Whether a product may have this slug.
pub(crate) fn is_slug(text: &str) -> bool {
    check(text).is_ok()
}

/// Checks a slug that was chosen by hand.
pub(super) fn check(slug: &str) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::invalid("slug_invalid", detail));
    if slug.is_empty() || slug.len() > LENGTH_MAX {
        return refuse(format!("A slug has 1 to {LENGTH_MAX} characters."));
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !slug.bytes().all(allowed) || slug.starts_with('-') || slug.ends_with('-') {
        return refuse(format!(
            "The slug `{}` is not made of a-z, 0-9 and single hyphens.",
            slug.escape_debug()
        ));
    }
    if is_id(slug) {
        return refuse(format!("The slug `{slug}` reads as an id."));
    }
    if RESERVED.contains(&slug) {
        return refuse(format!("The slug `{slug}` is the name of a list."));
    }
    Ok(())
}

/// Products are addressed by id or slug, so no slug may read as an id.
fn is_id(slug: &str) -> bool {
    slug.parse::<ProductId>().is_ok()
}

/// How the letters of western European languages are written without marks; empty for all others.
pub(super) fn latin(character: char) -> &'static str {
    match character {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' | 'ø' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{LENGTH_MAX, check, of_name, with_tail};

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Walnut Desk Lamp", "walnut-desk-lamp"),
            ("  Café-crème,  200 ml! ", "cafe-creme-200-ml"),
            ("Größe L (Blau)", "groesse-l-blau"),
            ("Shepherd's Stool", "shepherds-stool"),
            ("日本", "product"),
            ("", "product"),
            ("Featured", "product-featured"),
            ("00000000-0000-0000-0000-000000000000", "product-00000000-0000-0000-0000-000000000000"),
        ] {
            assert_eq!(of_name(name), slug);
        }
    }

    #[test]
    fn slugs_made_here_pass_the_check() {
        let id = uuid::Uuid::from_u128(0x0193_f5c2_7c1e_7d3a_9b51_5f1d_3f6f_0a11).into();
        for name in ["ä".repeat(500).as_str(), "a", "-", "x y", &"word ".repeat(60)] {
            let slug = of_name(name);
            check(&slug).expect("a slug");
            let tailed = with_tail(&slug, id);
            check(&tailed).expect("a slug with a tail");
            assert!(tailed.len() <= LENGTH_MAX && tailed.ends_with("-3f6f0a11"));
        }
    }

    #[test]
    fn slugs_that_cannot_be_addressed_are_refused() {
        for slug in ["", "-a", "a-", "A", "a b", "a/b", "é", "featured", "0193f5c27c1e7d3a9b515f1d3f6f0a11"]
        {
            assert!(check(slug).is_err(), "{slug}");
        }
        assert!(check(&"a".repeat(LENGTH_MAX + 1)).is_err());
    }
}
