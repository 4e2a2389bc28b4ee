//! What is shown to nobody: each kind of secret has a type of its own, whose `Debug` says nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! masked {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    )*};
}

masked! {
    /// A password's hash as a PHC string, with the parameters that it was made with.
    PasswordHash,
    /// The SHA-256 of a token or a recovery code, which are long and random.
    TokenHash,
    /// Something that only this installation opens, sealed with a key from its secrets.
    Sealed,
}

/// Hashes of tokens, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHashes(pub Vec<TokenHash>);

impl TokenHashes {
    /// Whether a hash is among them.
    pub fn contains(&self, hash: &TokenHash) -> bool {
        self.0.contains(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::{PasswordHash, TokenHash, TokenHashes};

    #[test]
    fn what_is_printed_says_nothing() {
        let hashes = TokenHashes(vec![TokenHash("abc".to_owned())]);
        let text = format!("{:?} {hashes:?}", PasswordHash("$argon2id$".to_owned()));
        assert!(!text.contains("argon2id") && !text.contains("abc"), "{text}");
    }
}
