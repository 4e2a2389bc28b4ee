//! Sessions: from a log-in to its end. A refresh token is good once; the next one comes with its answer. One that comes again after its
//! successor was used has been copied, and ends the session.

use std::time::Duration;

use contracts::{Refusal, Role, Timestamp};
use engine::{Cx, Needs, Rows, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Account, AccountKind, Customer, CustomerStatus, Rules, Staff, TokenHash, TokenHashes};
use crate::{message::Message, service::Identity};

/// How long the token before the last may come again, because the answer to it was lost.
const LOST_ANSWER: Duration = Duration::from_secs(10);

/// How many successors of one token may be out: each was an answer, and any of them may have arrived.
const SUCCESSORS_MAX: usize = 5;

/// How many sessions an account has at once. One more ends the oldest.
pub const LIVE_MAX: usize = 50;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub session_id: Uuid,
    /// Whose it is.
    pub account_id: Uuid,
    /// Of which kind the account is.
    pub kind: AccountKind,
    /// The account as long as the session lives, by which those are found that do.
    pub live_of: Option<Uuid>,
    /// The refresh tokens that may be used next: successors of one token.
    pub tokens: TokenHashes,
    /// The token that was used last.
    pub used_token: Option<TokenHash>,
    /// When it was used.
    pub refreshed_us: Timestamp,
    /// What the client calls itself.
    pub agent: String,
    /// Whether a second factor was shown, or set up, in it.
    pub second_factor: bool,
    /// When it began.
    pub created_us: Timestamp,
    /// When it ends unless it is used.
    pub expires_us: Timestamp,
    /// When it ends in any case.
    pub ends_us: Timestamp,
    /// Until when its access tokens last.
    pub access_until_us: Timestamp,
}

/// What a caller brings for a session: the id, and the hash of the refresh token that it has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSession {
    /// Its id.
    pub session_id: Uuid,
    /// Of its first refresh token.
    pub token: TokenHash,
    /// What the client calls itself.
    pub agent: String,
}

/// What a session's holder may be given: the words of an access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whose it is.
    pub account: Account,
    /// The session.
    pub session_id: Uuid,
    /// What the account may do.
    pub role: Role,
    /// What somebody of staff is called; customers' tokens name nobody.
    pub name: Option<String>,
    /// Only what completes the session may be done.
    pub limited: bool,
    /// Now.
    pub issued_us: Timestamp,
    /// Until when the access token lasts.
    pub access_until_us: Timestamp,
    /// Until when the refresh token lasts.
    pub refresh_until_us: Timestamp,
}

/// A session that has ended before its access tokens have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The session.
    pub session_id: Uuid,
    /// When the last of its access tokens is over.
    pub until_us: Timestamp,
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refreshed {
    /// The session goes on.
    Granted(Grant),
    /// The token was used before: the session has ended.
    Reused(Ended),
}

impl Session {
    fn is_live(&self, now: Timestamp) -> bool {
        self.live_of.is_some() && now < self.expires_us
    }

    /// Whether it lives, and a refresh token is its next one or the one that was used last.
    pub fn is_held_by(&self, presented: &TokenHash) -> bool {
        let is_its_own = self.tokens.contains(presented) || self.used_token.as_ref() == Some(presented);
        self.live_of.is_some() && is_its_own
    }

    fn end(&mut self) -> Ended {
        self.live_of = None;
        self.tokens = TokenHashes::default();
        self.used_token = None;
        Ended { session_id: self.session_id, until_us: self.access_until_us }
    }

    /// The session is used now: it lasts longer again, and so do its access tokens.
    fn extend(&mut self, now: Timestamp, rules: &Rules) {
        let times = rules.times(self.kind);
        self.refreshed_us = now;
        self.expires_us = now.plus(times.idle).min(self.ends_us);
        // An access token may outlast its session by no more than the session's end, and never gets shorter by a clock that is set back.
        self.access_until_us = self.access_until_us.max(now.plus(times.access).min(self.ends_us));
    }
}

/// Names the sessions of an account that live.
pub fn name_live(account_id: Uuid, needs: &mut Needs<'_>) {
    needs.write_all::<Session>("live_of", account_id, None, LIVE_MAX);
}

fn live(account_id: Uuid, rows: &Rows) -> Vec<&Session> {
    rows.matching::<Session>("live_of", &Value::Id(account_id))
}

/// Ends the sessions of an account, but for one of them.
pub fn end_all(
    account_id: Uuid,
    but: Option<Uuid>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Vec<Ended> {
    let mut sessions: Vec<Session> = live(account_id, rows).into_iter().cloned().collect();
    sessions.retain(|session| Some(session.session_id) != but);
    sessions.into_iter().map(|session| end(session, rows, cx)).collect()
}

fn end(mut session: Session, rows: &mut Rows, cx: &mut Cx<'_, Identity>) -> Ended {
    let ended = session.end();
    schedule_sweep(&session, cx);
    rows.put(session);
    ended
}

/// Ends one session of an account.
///
/// # Errors
/// The account has no such session.
pub fn end_one(
    account_id: Uuid,
    session_id: Uuid,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Vec<Ended>, Refusal> {
    let session = rows.get::<Session>(session_id).filter(|session| session.live_of == Some(account_id));
    let session =
        session.cloned().ok_or_else(|| Refusal::not_found("not_found", "There is no such session."))?;
    Ok(vec![end(session, rows, cx)])
}

/// Ends the session of a refresh token. One that has ended already, or whose token is another, is left as it is: who logs out is
/// logged out.
pub fn log_out(
    session_id: Uuid,
    presented: &TokenHash,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Vec<Ended> {
    let session = rows.get::<Session>(session_id).filter(|session| session.is_held_by(presented));
    session.cloned().map(|session| end(session, rows, cx)).into_iter().collect()
}

/// Starts a session; the oldest end where there would be too many.
pub fn start(
    account: Account,
    new: &NewSession,
    second_factor: bool,
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Vec<Ended> {
    let mut older: Vec<Session> = live(account.id(), rows).into_iter().cloned().collect();
    older.sort_by_key(|session| (session.created_us, session.session_id));
    let surplus = (older.len() + 1).saturating_sub(LIVE_MAX);
    let ended = older.into_iter().take(surplus).map(|session| end(session, rows, cx)).collect();
    let now = cx.now();
    let mut session = Session {
        session_id: new.session_id,
        account_id: account.id(),
        kind: account.kind(),
        live_of: Some(account.id()),
        tokens: TokenHashes(vec![new.token.clone()]),
        used_token: None,
        refreshed_us: now,
        agent: new.agent.clone(),
        second_factor,
        created_us: now,
        expires_us: now,
        ends_us: now.plus(rules.times(account.kind()).longest),
        access_until_us: now,
    };
    session.extend(now, rules);
    schedule_sweep(&session, cx);
    rows.put(session);
    ended
}

/// What the holder of a session may be given, as its account is now.
///
/// # Errors
/// The account may not be used.
pub fn grant(session_id: Uuid, rules: &Rules, rows: &Rows, now: Timestamp) -> Result<Grant, Refusal> {
    let session = rows.get::<Session>(session_id).ok_or_else(invalid_refresh_token)?;
    let account = Account::of(session.kind, session.account_id);
    let (role, name, limited) = match account {
        Account::Customer(id) => {
            let customer =
                rows.get::<Customer>(id).filter(|customer| customer.status == CustomerStatus::Active);
            customer.ok_or_else(invalid_refresh_token)?;
            (Role::Customer, None, false)
        }
        Account::Staff(id) => {
            let staff = rows.get::<Staff>(id).filter(|staff| !staff.disabled);
            let staff = staff.ok_or_else(invalid_refresh_token)?;
            (staff.role, Some(staff.name.clone()), rules.second_factor_required && !session.second_factor)
        }
    };
    Ok(Grant {
        account,
        session_id,
        role,
        name,
        limited,
        issued_us: now,
        access_until_us: session.access_until_us,
        refresh_until_us: session.expires_us,
    })
}

/// Names a session and its account.
pub fn name_with_account(session_id: Uuid, needs: &mut Needs<'_>) {
    let session = needs.write::<Session>(session_id);
    match session.map(|session| Account::of(session.kind, session.account_id)) {
        Some(Account::Customer(id)) => {
            needs.read::<Customer>(id);
        }
        Some(Account::Staff(id)) => {
            needs.read::<Staff>(id);
        }
        None => {}
    }
}

/// Uses a refresh token, which this installation has made for this session.
///
/// # Errors
/// The session has ended.
pub fn refresh(
    session_id: Uuid,
    presented: &TokenHash,
    successor: &TokenHash,
    rules: &Rules,
    rows: &mut Rows,
    cx: &mut Cx<'_, Identity>,
) -> Result<Refreshed, Refusal> {
    let now = cx.now();
    let session = rows.get::<Session>(session_id).filter(|session| session.is_live(now));
    let mut session = session.cloned().ok_or_else(invalid_refresh_token)?;
    let since = now.micros_since(session.refreshed_us);
    let is_recent = (0..=LOST_ANSWER.as_micros() as i64).contains(&since);
    if session.tokens.contains(presented) {
        session.used_token = Some(presented.clone());
        session.tokens = TokenHashes(vec![successor.clone()]);
        session.extend(now, rules);
    } else if session.used_token.as_ref() == Some(presented) && is_recent {
        if session.tokens.0.len() >= SUCCESSORS_MAX {
            return Err(invalid_refresh_token());
        }
        // The moment of use stays: a token that is asked for again and again is not recent for ever.
        session.tokens.0.push(successor.clone());
    } else {
        return Ok(Refreshed::Reused(end(session, rows, cx)));
    }
    rows.put(session);
    grant(session_id, rules, rows, now).map(Refreshed::Granted)
}

/// The refresh token opens nothing.
pub fn invalid_refresh_token() -> Refusal {
    Refusal::conflict(
        "invalid_refresh_token",
        "The refresh token is not valid, or its session has ended. Log in.",
    )
}

fn schedule_sweep(session: &Session, cx: &mut Cx<'_, Identity>) {
    let due = match session.live_of {
        Some(_) => session.expires_us.max(session.access_until_us),
        None => session.access_until_us,
    };
    cx.schedule(session.session_id, "sweep", due, Message::SweepSession { session_id: session.session_id });
}

/// Forgets a session that is over, with its last access token.
pub fn sweep(session_id: Uuid, rows: &mut Rows, cx: &mut Cx<'_, Identity>) {
    let Some(session) = rows.get::<Session>(session_id).cloned() else { return };
    let now = cx.now();
    if session.is_live(now) || now < session.access_until_us {
        // It was used since: it lasts longer.
        return schedule_sweep(&session, cx);
    }
    rows.remove::<Session>(session_id);
}
