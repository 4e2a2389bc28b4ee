//! The service's settings.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::domain::{Rules, SessionTimes};

/// Whether staff must show a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorSetting {
    /// Those must who have set one up.
    #[default]
    Optional,
    /// All must. A session without it may do nothing but set one up.
    Required,
}

/// What hashing a password costs: the parameters of argon2id.
///
/// OWASP's Password Storage Cheat Sheet has these as equals, from much memory and one pass to little and five: 46 MiB and 1, 19 MiB
/// and 2, 12 MiB and 3, 9 MiB and 4, 7 MiB and 5, each with one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes that are worked on side by side.
    pub lanes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1_024, passes: 2, lanes: 1 }
    }
}

/// The least memory, in KiB, for a number of passes.
const FLOOR: [(u32, u32); 5] = [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];

/// The most hashes at once, and the most that wait: more than any machine has cores for, and more than anybody waits for.
const HASHES_AT_ONCE_MAX: usize = 1_024;
const HASHES_WAITING_MAX: usize = 100_000;

/// The most memory of one hash, in KiB.
const MEMORY_KIB_MAX: u32 = 1 << 20;

impl HashCost {
    fn check(self) -> Result<(), String> {
        let floor = FLOOR.iter().rev().find(|(passes, _)| *passes <= self.passes).map(|(_, memory)| *memory);
        match floor {
            Some(floor) if self.memory_kib >= floor => {}
            _ => return Err("password_hash: too cheap; see the documentation for what is enough".to_owned()),
        }
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > 100 || !(1..=16).contains(&self.lanes) {
            return Err("password_hash: at most 1048576 KiB, 100 passes and 16 lanes".to_owned());
        }
        Ok(())
    }
}

/// The service's settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long customers' access tokens last, in minutes.
    pub access_token_minutes: u32,
    /// How long a customer's session lasts that is not used, in days.
    pub session_idle_days: u32,
    /// How long a customer's session lasts at most, in days.
    pub session_days_max: u32,
    /// How long staff's access tokens last, in minutes.
    pub staff_access_token_minutes: u32,
    /// How long staff's sessions last, in hours.
    pub staff_session_hours: u32,
    /// Whether staff must show a second factor.
    pub staff_second_factor: SecondFactorSetting,
    /// How long a key signs access tokens, in days.
    pub signing_key_days: u32,
    /// What hashing a password costs.
    pub password_hash: HashCost,
    /// How many passwords are hashed at once; 0 for as many as the machine has cores. Each takes the memory of one hash.
    pub password_hashes_at_once: usize,
    /// How many may wait for it. More are told to come again.
    pub password_hashes_waiting_max: usize,
    /// Failed log-ins to an account before one must wait.
    pub free_attempts_per_account: u32,
    /// Failed log-ins from a client address before it must wait. Many people may share one.
    pub free_attempts_per_address: u32,
    /// The proxies in front of the shop, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            access_token_minutes: 15,
            session_idle_days: 30,
            session_days_max: 90,
            staff_access_token_minutes: 15,
            staff_session_hours: 12,
            staff_second_factor: SecondFactorSetting::default(),
            signing_key_days: 30,
            password_hash: HashCost::default(),
            password_hashes_at_once: 0,
            password_hashes_waiting_max: 256,
            free_attempts_per_account: 5,
            free_attempts_per_address: 100,
            trusted_proxies: Vec::new(),
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Config {
    /// Says what a shop may not be run with.
    ///
    /// # Errors
    /// The setting at fault, and why.
    pub fn check(&self) -> Result<(), String> {
        let ranges = [
            ("access_token_minutes", self.access_token_minutes, 1, 60),
            ("session_idle_days", self.session_idle_days, 1, 365),
            ("session_days_max", self.session_days_max, 1, 365),
            ("staff_access_token_minutes", self.staff_access_token_minutes, 1, 60),
            ("staff_session_hours", self.staff_session_hours, 1, 7 * 24),
            ("signing_key_days", self.signing_key_days, 1, 365),
            ("free_attempts_per_account", self.free_attempts_per_account, 1, 100),
            ("free_attempts_per_address", self.free_attempts_per_address, 1, 10_000),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(format!("{name}: {value} is not between {least} and {most}"));
            }
        }
        let counts = [
            ("password_hashes_at_once", self.password_hashes_at_once, HASHES_AT_ONCE_MAX),
            ("password_hashes_waiting_max", self.password_hashes_waiting_max, HASHES_WAITING_MAX),
        ];
        for (name, value, most) in counts {
            if value > most {
                return Err(format!("{name}: {value} is more than {most}"));
            }
        }
        self.password_hash.check()
    }

    /// The settings as the rules read them.
    pub fn rules(&self) -> Rules {
        let customers = SessionTimes {
            access: MINUTE * self.access_token_minutes,
            idle: DAY * self.session_idle_days,
            longest: DAY * self.session_days_max,
        };
        let working_day = HOUR * self.staff_session_hours;
        let access = MINUTE * self.staff_access_token_minutes;
        Rules {
            customers,
            staff: SessionTimes { access, idle: working_day, longest: working_day },
            signing_key: DAY * self.signing_key_days,
            free_attempts_per_account: self.free_attempts_per_account,
            free_attempts_per_address: self.free_attempts_per_address,
            second_factor_required: self.staff_second_factor == SecondFactorSetting::Required,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, HashCost};

    #[test]
    fn what_is_too_cheap_or_too_long_is_refused() {
        assert_eq!(Config::default().check(), Ok(()));
        let with = |memory_kib, passes| Config {
            password_hash: HashCost { memory_kib, passes, lanes: 1 },
            ..Config::default()
        };
        for (memory_kib, passes, good) in [
            (19_456, 2, true),
            (19_455, 2, false),
            (7_168, 9, true),
            (8, 1, false),
            (47_104, 1, true),
            (65_536, 0, false),
        ] {
            assert_eq!(with(memory_kib, passes).check().is_ok(), good, "{memory_kib} {passes}");
        }
        assert!(Config { access_token_minutes: 0, ..Config::default() }.check().is_err());
        assert!(Config { staff_session_hours: 1_000, ..Config::default() }.check().is_err());
        let endless = 9_000_000_000_000_000_000;
        for (wrong, name) in [
            (
                Config { password_hashes_waiting_max: endless, ..Config::default() },
                "password_hashes_waiting_max",
            ),
            (Config { password_hashes_at_once: endless, ..Config::default() }, "password_hashes_at_once"),
        ] {
            let said = wrong.check().expect_err(name);
            assert!(said.starts_with(name), "{said}");
        }
        let most = Config {
            password_hashes_at_once: super::HASHES_AT_ONCE_MAX,
            password_hashes_waiting_max: super::HASHES_WAITING_MAX,
            ..Config::default()
        };
        assert_eq!(most.check(), Ok(()));
    }
}
