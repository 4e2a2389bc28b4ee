//! Staff: accounts apart from customers', made by admins, opened with an invitation.

use contracts::{Refusal, Role, StaffId, Timestamp};
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AccountKind, AttemptKey, EmailClaim, Ended, Link, LinkPurpose, LogIn, LoggedIn, PasswordHash, Rules,
    Sealed, TokenHash, TokenHashes, account, attempts, claim_key, customer, link, session,
};
use crate::service::Identity;

/// How many admins are looked at to tell whether one is the last.
const ADMINS_SEEN: usize = 100;

/// How far a second factor has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotpState {
    /// There is none.
    Off,
    /// Its secret was shown, and no code of it has come yet.
    Unconfirmed,
    /// It is asked for.
    On,
}

/// Somebody who works for the shop or sells through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Its id.
    pub staff_id: StaffId,
    /// Its address, normalised.
    pub email: String,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// It may do nothing.
    pub disabled: bool,
    /// Its password; none until the invitation is accepted.
    pub password: Option<PasswordHash>,
    /// Grows with each change of the password.
    pub password_version: u32,
    /// How far its second factor has come.
    pub totp_state: TotpState,
    /// The second factor's secret, sealed.
    pub totp_secret: Option<Sealed>,
    /// The last time step whose code was taken.
    pub totp_step: i64,
    /// Codes for when the second factor is lost, each good once.
    pub recovery_codes: TokenHashes,
    /// Grows with each change that admins make, or see.
    pub revision: u32,
    /// When the account was made.
    pub created_us: Timestamp,
    /// When it was changed last.
    pub updated_us: Timestamp,
}

impl Staff {
    /// Whether it can log in.
    pub fn is_at_work(&self) -> bool {
        !self.disabled && self.password.is_some()
    }
}

/// What is shown besides a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactor {
    /// The code of a time step.
    Step(i64),
    /// A recovery code.
    Recovery(TokenHash),
}

/// An account to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStaff {
    /// Given by whoever asks.
    pub staff_id: StaffId,
    /// Normalised.
    pub email: String,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The invitation.
    pub link_id: Uuid,
}

/// What admins change about an account. What is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffChange {
    /// The version that is meant.
    pub revision: Option<u32>,
    /// What it is called.
    pub name: Option<String>,
    /// What it may do.
    pub role: Option<Role>,
    /// It may do nothing.
    pub disabled: Option<bool>,
}

fn staff_not_found() -> Refusal {
    Refusal::not_found("staff_not_found", "There is no such account.")
}

/// The code is not right, or was used before.
pub fn invalid_code() -> Refusal {
    Refusal::conflict("invalid_code", "The code is not right, or was used before.")
}

pub(super) fn known(staff_id: StaffId, rows: &Rows) -> Result<&Staff, Refusal> {
    rows.get::<Staff>(staff_id).ok_or_else(staff_not_found)
}

pub fn name_add(new: &NewStaff, needs: &mut Needs<'_>) {
    needs.write::<EmailClaim>(claim_key(AccountKind::Staff, &new.email));
    needs.write::<Staff>(new.staff_id);
    link::name_new(new.staff_id.0, new.link_id, needs);
}

/// Makes an account, and the invitation to it.
///
/// # Errors
/// Another account has the address.
pub fn add(
    new: &NewStaff,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Staff, Timestamp), Refusal> {
    let NewStaff { staff_id, email, name, role, link_id } = new.clone();
    account::claim(AccountKind::Staff, &email, staff_id.0, rows)?;
    let now = cx.now();
    let staff = Staff {
        staff_id,
        email: email.clone(),
        name,
        role,
        disabled: false,
        password: None,
        password_version: 0,
        totp_state: TotpState::Off,
        totp_secret: None,
        totp_step: 0,
        recovery_codes: TokenHashes::default(),
        revision: 1,
        created_us: now,
        updated_us: now,
    };
    rows.put(staff.clone());
    let until = link::make(staff_id.0, LinkPurpose::Invitation, link_id, &email, rows, cx);
    Ok((staff, until))
}

pub fn name_change(staff_id: StaffId, needs: &mut Needs<'_>) {
    needs.write::<Staff>(staff_id);
    needs.write_all::<Staff>("role", "admin", None, ADMINS_SEEN);
    session::name_live(staff_id.0, needs);
    link::name_of(staff_id.0, needs);
}

/// Changes an account. A role counts from the next access token; who is disabled is out at once.
///
/// # Errors
/// There is no such account, or of another version; or it is one's own, or the last admin's, and would lose its power.
pub fn change(
    staff_id: StaffId,
    change: &StaffChange,
    by: Option<Uuid>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Staff, Vec<Ended>), Refusal> {
    let before = known(staff_id, rows)?.clone();
    if change.revision.is_some_and(|revision| revision != before.revision) {
        return Err(Refusal::conflict("precondition_failed", "The account was changed since it was read."));
    }
    let mut staff = before.clone();
    staff.name = change.name.clone().unwrap_or(staff.name);
    staff.role = change.role.unwrap_or(staff.role);
    staff.disabled = change.disabled.unwrap_or(staff.disabled);
    if staff == before {
        return Ok((staff, Vec::new()));
    }
    let loses_power = before.role == Role::Admin && (staff.role != Role::Admin || staff.disabled)
        || staff.disabled && !before.disabled;
    if loses_power && by == Some(staff_id.0) {
        return Err(own_account("Nobody can disable or demote the own account. Ask another admin."));
    }
    if loses_power && is_last_admin(&before, rows) {
        return Err(last_admin());
    }
    staff.revision += 1;
    staff.updated_us = cx.now();
    rows.put(staff.clone());
    let ended = if staff.disabled { session::end_all(staff_id.0, None, rows, cx) } else { Vec::new() };
    if staff.disabled {
        link::void_all(staff_id.0, rows, cx);
    }
    Ok((staff, ended))
}

fn own_account(detail: &'static str) -> Refusal {
    Refusal::conflict("own_account", detail)
}

fn last_admin() -> Refusal {
    Refusal::conflict("last_admin", "This is the last admin. Make another one first.")
}

/// Whether an account is that of the only admin who can log in.
fn is_last_admin(staff: &Staff, rows: &Rows) -> bool {
    let admins = rows.matching::<Staff>("role", &Value::from("admin"));
    let another = || admins.into_iter().any(|admin| admin.staff_id != staff.staff_id && admin.is_at_work());
    staff.role == Role::Admin && staff.is_at_work() && !another()
}

pub fn name_reset(staff_id: StaffId, link_id: Uuid, needs: &mut Needs<'_>) {
    needs.write::<Staff>(staff_id);
    needs.write_all::<Staff>("role", "admin", None, ADMINS_SEEN);
    session::name_live(staff_id.0, needs);
    link::name_new(staff_id.0, link_id, needs);
}

/// Takes password and second factor from an account, ends its sessions, and invites it again. The last admin may have lost them: whoever
/// has the installation's own token may reset anybody.
///
/// # Errors
/// There is no such account, or it is disabled; or an admin asks for the own account, or the last admin's.
pub fn reset(
    staff_id: StaffId,
    link_id: Uuid,
    by: Option<Uuid>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<(Staff, Timestamp, Vec<Ended>), Refusal> {
    let mut staff = known(staff_id, rows)?.clone();
    if staff.disabled {
        return Err(customer::account_disabled());
    }
    if by == Some(staff_id.0) {
        return Err(own_account("Nobody can reset the own account. Ask another admin."));
    }
    if by.is_some() && is_last_admin(&staff, rows) {
        return Err(last_admin());
    }
    staff.password = None;
    staff.password_version += 1;
    without_second_factor(&mut staff);
    staff.revision += 1;
    staff.updated_us = cx.now();
    let email = staff.email.clone();
    rows.put(staff.clone());
    let ended = session::end_all(staff_id.0, None, rows, cx);
    let until = link::make(staff_id.0, LinkPurpose::Invitation, link_id, &email, rows, cx);
    Ok((staff, until, ended))
}

pub(super) fn without_second_factor(staff: &mut Staff) {
    staff.totp_state = TotpState::Off;
    staff.totp_secret = None;
    staff.recovery_codes = TokenHashes::default();
}

pub fn name_accept(link_id: Uuid, needs: &mut Needs<'_>) {
    let link = needs.write::<Link>(link_id).map(|link| (link.account_id, link.email.clone()));
    if let Some((staff_id, email)) = link {
        needs.write::<Staff>(staff_id);
        link::name_of(staff_id, needs);
        attempts::name(&[AttemptKey::log_in(AccountKind::Staff, &email)], needs);
    }
}

/// Somebody of staff has followed the invitation and chosen a password.
///
/// # Errors
/// The invitation is not good any more.
pub fn accept(
    link_id: Uuid,
    password: &PasswordHash,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Staff, Refusal> {
    let link = link::take(link_id, LinkPurpose::Invitation, rows, cx)?;
    let staff = rows.get::<Staff>(link.account_id).filter(|staff| !staff.disabled);
    let mut staff = staff.cloned().ok_or_else(link::link_invalid)?;
    staff.password = Some(password.clone());
    staff.password_version += 1;
    staff.revision += 1;
    staff.updated_us = cx.now();
    attempts::succeed(&[AttemptKey::log_in(AccountKind::Staff, &staff.email)], rows);
    rows.put(staff.clone());
    Ok(staff)
}

pub fn name_log_in(staff_id: StaffId, log_in: &LogIn, needs: &mut Needs<'_>) {
    needs.write::<Staff>(staff_id);
    needs.write::<session::Session>(log_in.session.session_id);
    session::name_live(staff_id.0, needs);
    attempts::name(&log_in.attempts, needs);
}

/// Logs somebody of staff in whose password, and second factor where there is one, were right a moment ago.
///
/// # Errors
/// They are not any more, the code was used before, or the account is disabled.
pub fn log_in(
    staff_id: StaffId,
    log_in: &LogIn,
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<LoggedIn, Refusal> {
    let mut staff = known(staff_id, rows)?.clone();
    if staff.disabled {
        return Err(customer::account_disabled());
    }
    if staff.password_version != log_in.password_version {
        return Err(customer::invalid_credentials());
    }
    let shown = staff.totp_state == TotpState::On;
    if shown {
        use_second_factor(&mut staff, log_in.second_factor.as_ref().ok_or_else(invalid_code)?)?;
    }
    if let Some(rehashed) = &log_in.rehashed {
        staff.password = Some(rehashed.clone());
    }
    rows.put(staff);
    attempts::succeed(&log_in.attempts, rows);
    let ended = session::start(log_in.account, &log_in.session, shown, rules, rows, cx);
    let grant = session::grant(log_in.session.session_id, rules, rows, cx.now())?;
    Ok(LoggedIn { grant, ended })
}

/// Takes a code: a time step's once, and none before it any more; a recovery code once.
pub(super) fn use_second_factor(staff: &mut Staff, factor: &SecondFactor) -> Result<(), Refusal> {
    match factor {
        SecondFactor::Step(step) if *step > staff.totp_step => staff.totp_step = *step,
        SecondFactor::Recovery(code) if staff.recovery_codes.contains(code) => {
            staff.recovery_codes.0.retain(|known| known != code);
        }
        _ => return Err(invalid_code()),
    }
    Ok(())
}
