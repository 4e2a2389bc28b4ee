//! Every event, by the service that publishes it. A new version is a new struct; an old one stays readable for ever.

pub mod cart;
pub mod catalog;
pub mod catalogue;
pub mod fulfilment;
pub mod identity;
pub mod inventory;
pub mod ordering;
pub mod payment;

/// Declares a struct to be the event of a type, with the names that other systems have for it.
macro_rules! event {
    ($name:ident = $kind:literal $(, also $($alias:literal),+)?) => {
        impl $crate::Event for $name {
            const TYPE: &'static str = $kind;
            const ALIASES: &'static [&'static str] = &[$($($alias),+)?];
        }
    };
}
use event;
