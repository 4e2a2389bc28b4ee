//! Accounts, sessions and what belongs to them, and their rules.

mod account;
mod address_book;
pub mod attempts;
pub mod customer;
mod fact;
pub mod link;
pub mod own_staff;
pub mod password;
pub mod profile;
pub mod recovery;
mod rules;
mod secret;
pub mod session;
pub mod signing;
pub mod staff;

pub use account::{Account, AccountKind, EmailClaim, claim_key, normalised};
pub use address_book::{AddressBook, AddressChange, SavedAddress};
pub(crate) use address_book::{change as change_addresses, name as name_addresses};
pub use attempts::{AttemptKey, Attempts};
pub use customer::{Customer, CustomerStatus, LogIn, LoggedIn, SignUp};
pub use fact::Fact;
pub use link::{Link, LinkPurpose};
pub use profile::ProfileChange;
pub use rules::{Rules, SessionTimes};
pub use secret::{PasswordHash, Sealed, TokenHash, TokenHashes};
pub use session::{Ended, Grant, NewSession, Refreshed, Session};
pub use signing::{NewKey, SigningKey};
pub use staff::{NewStaff, SecondFactor, Staff, StaffChange, TotpState};
