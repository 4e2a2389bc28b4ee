//! How long things last and how often they may be tried: the settings, as the rules read them.

use std::time::Duration;

use super::AccountKind;

/// How long the sessions of a kind of account last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    /// An access token.
    pub access: Duration,
    /// A session that nobody uses.
    pub idle: Duration,
    /// A session, however much it is used.
    pub longest: Duration,
}

/// What the rules are to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Customers' sessions.
    pub customers: SessionTimes,
    /// Staff's sessions.
    pub staff: SessionTimes,
    /// How long a key signs.
    pub signing_key: Duration,
    /// Failures on one account before one must wait.
    pub free_attempts_per_account: u32,
    /// Failures from one client address before it must wait: many people may share one.
    pub free_attempts_per_address: u32,
    /// Staff may do nothing without a second factor.
    pub second_factor_required: bool,
}

impl Rules {
    /// How long the sessions of an account last.
    pub fn times(&self, kind: AccountKind) -> SessionTimes {
        match kind {
            AccountKind::Customer => self.customers,
            AccountKind::Staff => self.staff,
        }
    }

    /// How often may be tried without a wait: on one account, and from one client address.
    pub fn attempts_allowed(&self) -> (u32, u32) {
        (self.free_attempts_per_account, self.free_attempts_per_address)
    }

    /// The longest that any access token lasts.
    pub fn longest_access(&self) -> Duration {
        self.customers.access.max(self.staff.access)
    }
}
