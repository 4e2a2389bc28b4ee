//! The texts of products: what they may hold, how lists order them and how a search finds them.

use contracts::Refusal;

use super::slug::latin;

const NAME_LENGTH_MAX: usize = 200;
const DESCRIPTION_LENGTH_MAX: usize = 5_000;
const SKU_LENGTH_MAX: usize = 64;

/// A tonne: past it a parcel is a mistake.
const WEIGHT_GRAMS_MAX: u32 = 1_000_000;

/// How many bytes of a name order it. Names that agree so far come in the order of their ids.
const ORDERING_BYTES: usize = 40;

pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::invalid("name_invalid", detail));
    if name.trim().is_empty() || name.chars().count() > NAME_LENGTH_MAX {
        return invalid(format!("A name has 1 to {NAME_LENGTH_MAX} characters."));
    }
    if name.chars().any(char::is_control) {
        return invalid("A name has no control characters.".to_owned());
    }
    Ok(())
}

pub(super) fn check_description(description: &str) -> Result<(), Refusal> {
    if description.chars().any(|letter| letter.is_control() && !"\n\r\t".contains(letter)) {
        let detail = "A description has no control characters but line ends and tabs.";
        return Err(Refusal::invalid("description_invalid", detail));
    }
    if description.chars().count() > DESCRIPTION_LENGTH_MAX {
        let detail = format!("A description has at most {DESCRIPTION_LENGTH_MAX} characters.");
        return Err(Refusal::invalid("description_too_long", detail));
    }
    Ok(())
}

pub(super) fn check_sku(sku: &str) -> Result<(), Refusal> {
    let odd = sku.is_empty() || sku.chars().any(char::is_control) || sku.trim() != sku;
    if odd || sku.chars().count() > SKU_LENGTH_MAX {
        let detail =
            format!("A SKU has 1 to {SKU_LENGTH_MAX} printable characters and no space around them.");
        return Err(Refusal::invalid("sku_invalid", detail));
    }
    Ok(())
}

pub(super) fn check_weight(weight_grams: u32) -> Result<(), Refusal> {
    if weight_grams > WEIGHT_GRAMS_MAX {
        let detail = format!("A weight is at most {WEIGHT_GRAMS_MAX} grams.");
        return Err(Refusal::invalid("weight_out_of_range", detail));
    }
    Ok(())
}

/// A text as searches compare it: in lower case, western letters without their marks.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match latin(character) {
            "" => folded.push(character),
            letters => folded.push_str(letters),
        }
    }
    folded
}

/// The place of a name among others, as hexadecimal digits: those have the same order in every database,
/// whatever language it sorts by.
pub(super) fn name_order(name: &str) -> String {
    let mut order = String::with_capacity(2 * ORDERING_BYTES);
    for byte in folded(name).bytes().take(ORDERING_BYTES) {
        for digit in [byte >> 4, byte & 15] {
            order.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
        }
    }
    order
}

/// Whether a text may be what [`name_order`] makes.
pub(crate) fn is_name_order(text: &str) -> bool {
    text.len() <= 2 * ORDERING_BYTES && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{folded, is_name_order, name_order};

    #[test]
    fn names_are_ordered_as_people_read_them() {
        let names = ["Äpfel", "apron", "Desk lamp", "Deskjet", "zebra", "Zeitung", "日本"];
        assert!(names.is_sorted_by_key(|name| name_order(name)));
        for name in names.iter().chain([&"x".repeat(200).as_str()]) {
            assert!(is_name_order(&name_order(name)), "{name}");
        }
        assert!(!is_name_order("G0") && !is_name_order(&"0".repeat(200)));
    }

    #[test]
    fn marks_and_case_do_not_count() {
        assert_eq!(folded("Crème Brûlée, GROSS"), "creme brulee, gross");
    }
}
