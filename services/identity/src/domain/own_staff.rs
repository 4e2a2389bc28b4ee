//! What somebody of staff does to the own account: its password, and its second factor.

use contracts::{Refusal, StaffId};
use engine::{Cx, Needs, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AttemptKey, Ended, PasswordHash, Rules, Sealed, SecondFactor, Staff, TokenHashes, TotpState, attempts,
    customer, session,
    staff::{known, use_second_factor, without_second_factor},
};
use crate::service::Identity;

/// What somebody of staff does to the own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnChange {
    /// Another password. The other sessions end.
    Password {
        /// Which it had.
        version: u32,
        /// Its hash.
        password: PasswordHash,
    },
    /// A second factor is begun.
    BeginTotp {
        /// Which password was right.
        version: u32,
        /// The secret, sealed.
        secret: Sealed,
    },
    /// The first code of it has come.
    ConfirmTotp {
        /// The sealed secret that it is of.
        secret: Sealed,
        /// The code's time step.
        step: i64,
        /// For when it is lost.
        recovery_codes: TokenHashes,
    },
    /// The second factor is given up.
    RemoveTotp {
        /// Which password was right.
        version: u32,
        /// A code of it.
        factor: SecondFactor,
    },
}

pub fn name(staff_id: StaffId, session_id: Uuid, confirmed: &[AttemptKey], needs: &mut Needs<'_>) {
    needs.write::<Staff>(staff_id);
    needs.write::<session::Session>(session_id);
    session::name_live(staff_id.0, needs);
    attempts::name(confirmed, needs);
}

/// Changes the own account of somebody of staff.
///
/// # Errors
/// What was shown is not right any more.
pub fn change(
    staff_id: StaffId,
    session_id: Uuid,
    change: &OwnChange,
    confirmed: &[AttemptKey],
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Staff, Vec<Ended>), Refusal> {
    let mut staff = known(staff_id, rows)?.clone();
    let version = match change {
        OwnChange::Password { version, .. }
        | OwnChange::BeginTotp { version, .. }
        | OwnChange::RemoveTotp { version, .. } => *version,
        OwnChange::ConfirmTotp { .. } => staff.password_version,
    };
    if version != staff.password_version {
        return Err(customer::invalid_credentials());
    }
    let mut ended = Vec::new();
    match change {
        OwnChange::Password { password, .. } => {
            staff.password = Some(password.clone());
            staff.password_version += 1;
            ended = session::end_all(staff_id.0, Some(session_id), rows, cx);
        }
        OwnChange::BeginTotp { secret, .. } => {
            if staff.totp_state == TotpState::On {
                return Err(Refusal::conflict(
                    "second_factor_set",
                    "There is a second factor. Remove it first.",
                ));
            }
            staff.totp_state = TotpState::Unconfirmed;
            staff.totp_secret = Some(secret.clone());
        }
        OwnChange::ConfirmTotp { secret, step, recovery_codes } => {
            if staff.totp_state != TotpState::Unconfirmed || staff.totp_secret.as_ref() != Some(secret) {
                return Err(Refusal::conflict(
                    "second_factor_not_begun",
                    "No second factor waits for its first code.",
                ));
            }
            staff.totp_state = TotpState::On;
            staff.totp_step = *step;
            staff.recovery_codes = recovery_codes.clone();
            // Whoever is logged in elsewhere has shown a password alone.
            ended = session::end_all(staff_id.0, Some(session_id), rows, cx);
            set_shown(session_id, true, rows);
        }
        OwnChange::RemoveTotp { factor, .. } => {
            if staff.totp_state != TotpState::On {
                return Err(Refusal::conflict("second_factor_not_set", "There is no second factor."));
            }
            use_second_factor(&mut staff, factor)?;
            without_second_factor(&mut staff);
            // Where it must be shown, this session's access token would go on doing all that the account may.
            let kept = Some(session_id).filter(|_| !rules.second_factor_required);
            ended = session::end_all(staff_id.0, kept, rows, cx);
            if kept.is_some() {
                set_shown(session_id, false, rows);
            }
        }
    }
    staff.revision += 1;
    staff.updated_us = cx.now();
    attempts::succeed(confirmed, rows);
    rows.put(staff.clone());
    Ok((staff, ended))
}

fn set_shown(session_id: Uuid, shown: bool, rows: &mut Rows) {
    if let Some(session) = rows.get_mut::<session::Session>(session_id) {
        session.second_factor = shown;
    }
}
