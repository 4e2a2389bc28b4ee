//! One-time codes by time (RFC 6238): HMAC-SHA-1 of a 30-second step, six digits, as every authenticator app makes them.

use contracts::Timestamp;
use ring::{
    error::Unspecified,
    hmac,
    rand::{SecureRandom, SystemRandom},
};

/// How long a step lasts, in microseconds.
const STEP_US: i64 = 30 * 1_000_000;

/// Bytes of a secret, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;

/// Random bytes of a recovery code.
const RECOVERY_BYTES: usize = 10;

/// A new secret.
///
/// # Errors
/// The machine gives no randomness.
pub fn new_secret() -> Result<Vec<u8>, Unspecified> {
    let mut secret = vec![0; SECRET_BYTES];
    SystemRandom::new().fill(&mut secret)?;
    Ok(secret)
}

/// New recovery codes, as people write them down.
///
/// # Errors
/// The machine gives no randomness.
pub fn new_recovery_codes() -> Result<Vec<String>, Unspecified> {
    let random = SystemRandom::new();
    let code = |_| {
        let mut bytes = [0; RECOVERY_BYTES];
        random.fill(&mut bytes)?;
        let letters = base32(&bytes).to_lowercase();
        let parts: Vec<&str> = [0, 4, 8, 12].iter().map(|start| &letters[*start..*start + 4]).collect();
        Ok(parts.join("-"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// A recovery code as it is compared: small letters and digits alone.
pub fn normalised(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// The time step that a code is of: the current one, the one before or the one after.
pub fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let current = now.0.div_euclid(STEP_US);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let given: u32 = Some(code).filter(|code| code.len() == 6)?.parse().ok()?;
    // All three are computed, whichever it is.
    let matching = [0, -1, 1].map(|away| (current + away, code_at(&key, current + away) == given));
    matching.into_iter().find(|(_, matches)| *matches).map(|(step, _)| step)
}

fn code_at(key: &hmac::Key, step: i64) -> u32 {
    let mac = hmac::sign(key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let start = usize::from(mac[mac.len() - 1] & 0x0f);
    let four = [mac[start] & 0x7f, mac[start + 1], mac[start + 2], mac[start + 3]];
    u32::from_be_bytes(four) % 1_000_000
}

/// RFC 4648's base 32 without padding, as authenticator apps take secrets.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |position: usize| {
        let byte = bytes.get(position / 8).copied().unwrap_or(0);
        usize::from(byte >> (7 - position % 8) & 1)
    };
    let letter = |group: usize| (0..5).fold(0, |value, offset| value << 1 | bit(group * 5 + offset));
    (0..(bytes.len() * 8).div_ceil(5)).map(|group| char::from(LETTERS[letter(group)])).collect()
}

/// The address that an authenticator app reads from a picture of it.
pub fn uri(secret: &[u8], account: &str) -> String {
    let account: String = account
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("otpauth://totp/Isotope:{account}?secret={}&issuer=Isotope", base32(secret))
}

#[cfg(test)]
mod tests {
    use contracts::Timestamp;

    use super::{base32, new_recovery_codes, normalised, step_of, uri};

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(SECRET, code, at(seconds)), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late() {
        for (seconds, taken) in [(59 - 60, false), (59 - 30, true), (59 + 30, true), (59 + 61, false)] {
            assert_eq!(step_of(SECRET, "287082", at(seconds)).is_some(), taken, "{seconds}");
        }
        for wrong in ["", "287083", "87082", "2870820", "+87082", "28708x"] {
            assert_eq!(step_of(SECRET, wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
        assert_eq!(uri(b"foo", "a b@c.de"), "otpauth://totp/Isotope:a%20b@c.de?secret=MZXW6&issuer=Isotope");
    }

    #[test]
    fn recovery_codes_are_ten_and_read_however_they_are_written() {
        let codes = new_recovery_codes().expect("randomness");
        assert_eq!(codes.len(), 10);
        assert!(codes.iter().all(|code| code.len() == 19 && normalised(code).len() == 16), "{codes:?}");
        assert_eq!(normalised(" ABCD-efgh 2345"), "abcdefgh2345");
    }
}
