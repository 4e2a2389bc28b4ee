//! Exact decimals of the file: prices in thousandths, lines in pennies.

use anyhow::{Context, bail};

/// Reads a price such as `2.55` or `0.001` as thousandths: 2550 and 1.
///
/// # Errors
/// It is no decimal, or has a digit past the third place.
pub(super) fn thousandths(text: &str) -> anyhow::Result<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 3 {
        bail!("the price {text} has more than three decimals");
    }
    let number = format!("{whole}{fraction:0<3}");
    let is_decimal = !whole.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_decimal {
        bail!("`{text}` is not a price");
    }
    let number: i64 = number.parse().with_context(|| format!("the price {text} is too large"))?;
    Ok(sign * number)
}

/// What a sale line costs in pennies: quantity times price, rounded half up once.
///
/// # Errors
/// The product is too large for an amount.
pub(super) fn line_total(quantity: u32, unit_price_thousandths: i64) -> anyhow::Result<i64> {
    let thousandths = i64::from(quantity)
        .checked_mul(unit_price_thousandths)
        .with_context(|| format!("{quantity} x {unit_price_thousandths} thousandths is too large"))?;
    Ok((thousandths + 5).div_euclid(10))
}

#[cfg(test)]
mod tests {
    use super::{line_total, thousandths};

    #[test]
    fn prices_are_read_exactly() {
        for (text, expected) in [
            ("2.55", 2_550),
            ("2.1", 2_100),
            ("0.001", 1),
            ("13541.33", 13_541_330),
            ("5", 5_000),
            ("-11062.06", -11_062_060),
            ("1.2500", 1_250),
        ] {
            assert_eq!(thousandths(text).expect(text), expected, "{text}");
        }
        for text in ["", ".5", "1.2345", "1,5", "1.-2", "--1", "abc"] {
            assert!(thousandths(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_rounds_once_and_half_up() {
        assert_eq!(line_total(6, 2_550).expect("in range"), 1_530);
        assert_eq!(line_total(1, 4).expect("in range"), 0);
        assert_eq!(line_total(1, 5).expect("in range"), 1);
        assert_eq!(line_total(3, 1_125).expect("in range"), 338);
        assert_eq!(line_total(80_995, 2_080).expect("in range"), 16_846_960);
        assert!(line_total(u32::MAX, i64::MAX).is_err());
    }
}
