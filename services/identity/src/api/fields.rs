//! Rules of fields that more than one route takes.

/// A garde rule: something that can be shown, on one line, and is not only spaces.
///
/// # Errors
/// It is none of that.
pub(super) fn shown(text: &str, _: &()) -> garde::Result {
    match text.trim().is_empty() {
        true => Err(garde::Error::new("empty")),
        false => plain(text, &()),
    }
}

/// A garde rule: [`shown`], and no name that the audit log has for somebody else.
///
/// # Errors
/// It is none of that, or is that name.
pub(super) fn staff_name(text: &str, _: &()) -> garde::Result {
    match text.trim().to_lowercase() == "operator" {
        true => Err(garde::Error::new("the audit log calls the installation's own token so")),
        false => shown(text, &()),
    }
}

/// A garde rule: nothing that cannot be shown.
///
/// # Errors
/// There is.
pub(super) fn plain(text: &str, _: &()) -> garde::Result {
    match text.chars().any(char::is_control) {
        true => Err(garde::Error::new("has characters that cannot be shown")),
        false => Ok(()),
    }
}

/// A garde rule: an e-mail address, perhaps with spaces around it.
///
/// # Errors
/// It is none.
pub(super) fn email(text: &str, _: &()) -> garde::Result {
    host::email(text.trim(), &())
}

/// A garde rule: digits, with what people write between them; or nothing at all.
///
/// # Errors
/// It is none of that.
pub(super) fn phone(text: &str, _: &()) -> garde::Result {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fits = text.chars().all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter));
    match text.is_empty() || fits && (3..=20).contains(&digits) {
        true => Ok(()),
        false => Err(garde::Error::new("not a phone number")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nobody_is_called_as_the_audit_log_calls_the_installations_token() {
        for name in ["operator", " Operator ", "OPERATOR"] {
            assert!(super::staff_name(name, &()).is_err(), "{name}");
        }
        for name in ["Operator Jones", "Grace Hopper"] {
            assert!(super::staff_name(name, &()).is_ok(), "{name}");
        }
        assert!(super::staff_name(" ", &()).is_err());
    }

    #[test]
    fn plausible_phone_numbers_pass() {
        for good in ["", "+44 20 7946 0958", "(030) 12345/6", "112"] {
            assert!(super::phone(good, &()).is_ok(), "{good}");
        }
        for bad in ["call me", "1", "+", "123456789012345678901", "12;34"] {
            assert!(super::phone(bad, &()).is_err(), "{bad}");
        }
    }
}
