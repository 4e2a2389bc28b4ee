//! All that identity can be asked or told, where it goes, and which rows it needs. No secret stands here: passwords come as their hashes,
//! tokens as the hashes of long random numbers, keys sealed.

use std::time::Duration;

use contracts::{CustomerId, StaffId, Timestamp};
use engine::{Key, Needs};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    Account, AddressChange, AttemptKey, Customer, Ended, Link, LogIn, LoggedIn, NewKey, NewStaff,
    PasswordHash, ProfileChange, Refreshed, Session, SignUp, StaffChange, TokenHash, attempts, customer,
    name_addresses, own_staff, profile, recovery, session, signing, staff,
};

/// A command, or a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Somebody signs up.
    SignUp(Box<SignUp>),
    /// A secret is about to be looked at.
    ClaimAttempt {
        /// What is tried.
        keys: Vec<AttemptKey>,
    },
    /// It was no guess: what was counted is taken back.
    RefundAttempt {
        /// What was tried.
        keys: Vec<AttemptKey>,
    },
    /// A password, or more, was right.
    LogIn(Box<LogIn>),
    /// A refresh token of this installation has come.
    Refresh {
        /// The session that it is of.
        session_id: Uuid,
        /// Its hash.
        presented: TokenHash,
        /// The next one's.
        successor: TokenHash,
    },
    /// A refresh token of this installation is given back.
    LogOut {
        /// The session that it is of.
        session_id: Uuid,
        /// Its hash.
        presented: TokenHash,
    },
    /// An account ends one of its sessions.
    EndSession {
        /// Whose.
        account: Account,
        /// Which.
        session_id: Uuid,
    },
    /// An account ends its sessions, but for one.
    EndOtherSessions {
        /// Whose.
        account: Account,
        /// Which stays.
        session_id: Uuid,
    },
    /// A customer changes what it says of itself.
    ChangeProfile {
        /// Who.
        customer_id: CustomerId,
        /// In which session.
        session_id: Uuid,
        /// What.
        change: Box<ProfileChange>,
    },
    /// A customer changes its addresses.
    ChangeAddresses {
        /// Who.
        customer_id: CustomerId,
        /// What.
        change: AddressChange,
    },
    /// A customer closes its account for good.
    DeleteCustomer {
        /// Who.
        customer_id: CustomerId,
        /// Which of its passwords was right.
        password_version: u32,
        /// The attempts that have succeeded.
        attempts: Vec<AttemptKey>,
    },
    /// Staff close an account, or open it again.
    SetCustomerDisabled {
        /// Whose.
        customer_id: CustomerId,
        /// Whether it is closed.
        disabled: bool,
    },
    /// The link to verify an address was followed.
    VerifyEmail {
        /// The link.
        link_id: Uuid,
    },
    /// A customer asks for that link again.
    VerifyEmailAgain {
        /// Who.
        customer_id: CustomerId,
        /// The new link.
        link_id: Uuid,
        /// What mail that the client asks for is counted under, where that is known.
        client: Option<AttemptKey>,
    },
    /// Somebody does not know the password of an address's account.
    ForgotPassword {
        /// The address, normalised.
        email: String,
        /// The link, where there is such an account.
        link_id: Uuid,
        /// What asking counts on.
        attempts: Vec<AttemptKey>,
    },
    /// The link to a new password was followed.
    ResetPassword {
        /// The link.
        link_id: Uuid,
        /// The new password's hash.
        password: PasswordHash,
    },
    /// An admin makes an account for somebody of staff.
    AddStaff(NewStaff),
    /// An admin changes one.
    ChangeStaff {
        /// Whose.
        staff_id: StaffId,
        /// What.
        change: StaffChange,
        /// By whom; none for the installation's own token.
        by: Option<Uuid>,
    },
    /// An admin takes password and second factor from one.
    ResetStaff {
        /// Whose.
        staff_id: StaffId,
        /// The new invitation.
        link_id: Uuid,
        /// By whom; none for the installation's own token.
        by: Option<Uuid>,
    },
    /// Somebody of staff chooses the password that it was invited to choose.
    AcceptInvitation {
        /// The invitation.
        link_id: Uuid,
        /// The password's hash.
        password: PasswordHash,
    },
    /// Somebody of staff changes the own account.
    ChangeOwnStaff {
        /// Who.
        staff_id: StaffId,
        /// In which session.
        session_id: Uuid,
        /// What.
        change: own_staff::OwnChange,
        /// The attempts that have succeeded.
        attempts: Vec<AttemptKey>,
    },
    /// A key to sign with, after the newest.
    AddSigningKey {
        /// The key.
        key: NewKey,
        /// The newest that is known.
        after: Option<Uuid>,
    },
    /// Another key is to sign at once.
    RotateSigningKeys {
        /// Keys, as many as may be needed.
        keys: Box<[NewKey; 2]>,
        /// What was signed before is good no more.
        revoke: bool,
    },
    /// A session may be over.
    SweepSession {
        /// Which.
        session_id: Uuid,
    },
    /// A link is over.
    ExpireLink {
        /// Which.
        link_id: Uuid,
    },
    /// Failures since which a day has passed.
    SweepAttempts {
        /// The hour of the last of them.
        hour: i64,
    },
}

/// What a command is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is so. Sessions may have ended for it.
    Done {
        /// Which.
        ended: Vec<Ended>,
    },
    /// Somebody has signed up.
    SignedUp {
        /// Who.
        customer_id: CustomerId,
        /// The session that began.
        logged_in: Box<LoggedIn>,
    },
    /// A session has begun.
    LoggedIn(Box<LoggedIn>),
    /// What became of a refresh token.
    Refreshed(Box<Refreshed>),
    /// How long one must wait before the next attempt; zero for none.
    Wait(Duration),
    /// An account of staff was made or reset.
    Invited {
        /// Whose.
        staff_id: StaffId,
        /// The invitation.
        link_id: Uuid,
        /// Until when it is good.
        until_us: Timestamp,
        /// Sessions that have ended for it.
        ended: Vec<Ended>,
    },
}

/// The aggregate that a message goes to.
pub fn key(message: &Message) -> Key {
    match message {
        Message::SignUp(sign_up) => Key::from(sign_up.email.as_str()),
        Message::ClaimAttempt { keys } | Message::RefundAttempt { keys } => {
            Key::from(keys.first().map_or("", |key| key.0.as_str()))
        }
        Message::LogIn(log_in) => Key::from(log_in.account.id()),
        Message::EndOtherSessions { account, .. } => Key::from(account.id()),
        Message::Refresh { session_id, .. }
        | Message::LogOut { session_id, .. }
        | Message::EndSession { session_id, .. }
        | Message::SweepSession { session_id } => Key::from(*session_id),
        Message::ChangeProfile { customer_id, .. }
        | Message::ChangeAddresses { customer_id, .. }
        | Message::DeleteCustomer { customer_id, .. }
        | Message::SetCustomerDisabled { customer_id, .. }
        | Message::VerifyEmailAgain { customer_id, .. } => Key::from(*customer_id),
        Message::VerifyEmail { link_id }
        | Message::ResetPassword { link_id, .. }
        | Message::AcceptInvitation { link_id, .. }
        | Message::ExpireLink { link_id } => Key::from(*link_id),
        Message::ForgotPassword { email, .. } => Key::from(email.as_str()),
        Message::AddStaff(new) => Key::from(new.staff_id),
        Message::ChangeStaff { staff_id, .. }
        | Message::ResetStaff { staff_id, .. }
        | Message::ChangeOwnStaff { staff_id, .. } => Key::from(*staff_id),
        Message::AddSigningKey { .. } | Message::RotateSigningKeys { .. } => Key::from("signing keys"),
        Message::SweepAttempts { .. } => Key::from("attempts"),
    }
}

/// Asks for the rows that a message reads or changes.
pub fn needs(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::SignUp(sign_up) => customer::name_sign_up(sign_up, needs),
        Message::ClaimAttempt { keys } | Message::RefundAttempt { keys } => attempts::name(keys, needs),
        Message::LogIn(log_in) => match log_in.account {
            Account::Customer(id) => customer::name_log_in(id, log_in, needs),
            Account::Staff(id) => staff::name_log_in(id, log_in, needs),
        },
        Message::Refresh { session_id, .. } => session::name_with_account(*session_id, needs),
        Message::LogOut { session_id, .. }
        | Message::EndSession { session_id, .. }
        | Message::SweepSession { session_id } => {
            needs.write::<Session>(*session_id);
        }
        Message::EndOtherSessions { account, .. } => session::name_live(account.id(), needs),
        Message::ChangeProfile { customer_id, change, .. } => {
            profile::name(*customer_id, change, needs);
        }
        Message::ChangeAddresses { customer_id, .. } => name_addresses(*customer_id, needs),
        Message::DeleteCustomer { customer_id, attempts, .. } => {
            customer::name_all(*customer_id, attempts, needs);
        }
        Message::SetCustomerDisabled { customer_id, .. } => {
            needs.write::<Customer>(*customer_id);
            session::name_live(customer_id.0, needs);
        }
        Message::VerifyEmail { link_id } => customer::name_verification(*link_id, needs),
        Message::VerifyEmailAgain { customer_id, link_id, client } => {
            recovery::name_verification_again(*customer_id, *link_id, client.as_ref(), needs);
        }
        Message::ForgotPassword { email, link_id, attempts } => {
            recovery::name_forgotten(email, *link_id, attempts, needs);
        }
        Message::ResetPassword { link_id, .. } => recovery::name_reset(*link_id, needs),
        Message::AddStaff(new) => staff::name_add(new, needs),
        Message::ChangeStaff { staff_id, .. } => staff::name_change(*staff_id, needs),
        Message::ResetStaff { staff_id, link_id, .. } => staff::name_reset(*staff_id, *link_id, needs),
        Message::AcceptInvitation { link_id, .. } => staff::name_accept(*link_id, needs),
        Message::ChangeOwnStaff { staff_id, session_id, attempts, .. } => {
            own_staff::name(*staff_id, *session_id, attempts, needs);
        }
        Message::AddSigningKey { key, .. } => signing::name(std::slice::from_ref(key), needs),
        Message::RotateSigningKeys { keys, .. } => signing::name(&keys[..], needs),
        Message::ExpireLink { link_id } => {
            needs.write::<Link>(*link_id);
        }
        Message::SweepAttempts { hour } => attempts::name_hour(*hour, needs),
    }
}
