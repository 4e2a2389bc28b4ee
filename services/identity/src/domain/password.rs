//! Which passwords are taken. Long ones are strong whatever they are made of, so that nothing is asked but length and that nobody
//! guesses it first.

/// What people choose when they are asked for eight characters, in small letters.
const COMMON: &[&str] = &[
    "00000000",
    "01234567",
    "0123456789",
    "11111111",
    "11223344",
    "12121212",
    "12341234",
    "1234567890",
    "12345678",
    "123456789",
    "123123123",
    "1234qwer",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "22222222",
    "55555555",
    "66666666",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "9876543210",
    "99999999",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "access14",
    "adminadmin",
    "administrator",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "baseball",
    "basketball",
    "blink182",
    "butterfly",
    "changeme",
    "charlie1",
    "chocolate",
    "computer",
    "corvette",
    "dragon123",
    "einstein",
    "football",
    "football1",
    "garfield",
    "geheim123",
    "hallo123",
    "hello123",
    "helloworld",
    "iloveyou",
    "iloveyou1",
    "internet",
    "jennifer",
    "letmein1",
    "letmein123",
    "liverpool",
    "login123",
    "maverick",
    "michael1",
    "midnight",
    "monkey123",
    "mustang1",
    "newpassword",
    "nothing1",
    "p@ssw0rd",
    "pa55word",
    "passwort",
    "passw0rd",
    "password",
    "password!",
    "password1",
    "password12",
    "password123",
    "princess",
    "princess1",
    "qazwsxedc",
    "qwer1234",
    "qwerasdf",
    "qwertyui",
    "qwertyuiop",
    "qwerty12",
    "qwerty123",
    "samantha",
    "secret123",
    "september",
    "shadow123",
    "starwars",
    "sunshine",
    "superman",
    "test1234",
    "testtest",
    "trustno1",
    "unknown1",
    "victoria",
    "welcome1",
    "welcome123",
    "whatever",
    "zaq12wsx",
    "zxcvbnm1",
    "zxcvbnmasdf",
];

/// Why a password of the right length is not taken for an account of this address; nothing where it is.
pub fn objection(password: &str, email: &str) -> Option<&'static str> {
    let letters = password.to_lowercase();
    let email = super::account::normalised(email);
    let name = email.split('@').next().unwrap_or_default();
    if letters.trim() == email || letters == name {
        return Some("the password is the e-mail address");
    }
    COMMON.contains(&letters.as_str()).then_some("too many others have chosen it")
}

#[cfg(test)]
mod tests {
    use super::{COMMON, objection};

    #[test]
    fn what_is_guessed_first_is_not_taken() {
        for bad in [
            "password",
            "PassWord",
            "12345678",
            "Ada.Lovelace@Example.com",
            " ada.lovelace@example.com",
            "ada.lovelace",
        ] {
            assert!(objection(bad, "ada.lovelace@example.com").is_some(), "{bad}");
        }
        for good in ["correct horse", "passwords of mine", "ada.lovelace@example.com!"] {
            assert_eq!(objection(good, "ada.lovelace@example.com"), None, "{good}");
        }
    }

    #[test]
    fn the_list_has_what_could_be_chosen_at_all() {
        for word in COMMON {
            assert!(word.chars().count() >= 8 && word.to_lowercase() == *word, "{word}");
        }
    }
}
