//! Identity's rules as the engine calls them.

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, NoEffect, Publication, Rows, Service, Subscription, Table};

use crate::{
    domain::{
        Account, Ended, Fact, Rules, attempts, change_addresses, customer, link, own_staff, profile,
        profile::Changed, recovery, session, signing, staff,
    },
    events,
    message::{self, Message, Reply},
    store,
};

/// The service's rules, with its settings.
#[derive(Clone, Debug)]
pub struct Identity {
    rules: Rules,
}

impl Identity {
    /// Accounts that are kept as these rules say.
    pub fn new(rules: Rules) -> Self {
        Self { rules }
    }

    /// How long things last.
    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }
}

fn done(ended: Vec<Ended>) -> Reply {
    Reply::Done { ended }
}

impl Service for Identity {
    const NAME: ServiceName = ServiceName::Identity;

    type Message = Message;
    type Reply = Reply;
    type Fact = Fact;
    type Request = NoEffect;
    type Response = NoEffect;

    fn tables(&self) -> Vec<&'static Table> {
        store::tables()
    }

    fn key(&self, message: &Message) -> Key {
        message::key(message)
    }

    fn needs(&self, message: &Message, needs: &mut Needs<'_>) {
        message::needs(message, needs);
    }

    fn handle(&self, message: &Message, rows: &mut Rows, cx: &mut Cx<'_, Self>) -> Result<Reply, Refusal> {
        let rules = &self.rules;
        Ok(match message {
            Message::SignUp(sign_up) => Reply::SignedUp {
                customer_id: sign_up.customer_id,
                logged_in: Box::new(customer::sign_up(sign_up, rules, rows, cx)?),
            },
            Message::ClaimAttempt { keys } => {
                Reply::Wait(attempts::claim(keys, rules.attempts_allowed(), rows, cx))
            }
            Message::RefundAttempt { keys } => {
                attempts::refund(keys, rows);
                done(Vec::new())
            }
            Message::LogIn(log_in) => Reply::LoggedIn(Box::new(match log_in.account {
                Account::Customer(id) => customer::log_in(id, log_in, rules, rows, cx)?,
                Account::Staff(id) => staff::log_in(id, log_in, rules, rows, cx)?,
            })),
            Message::Refresh { session_id, presented, successor } => {
                let refreshed = session::refresh(*session_id, presented, successor, rules, rows, cx)?;
                Reply::Refreshed(Box::new(refreshed))
            }
            Message::LogOut { session_id, presented } => {
                done(session::log_out(*session_id, presented, rows, cx))
            }
            Message::EndSession { account, session_id } => {
                done(session::end_one(account.id(), *session_id, rows, cx)?)
            }
            Message::EndOtherSessions { account, session_id } => {
                done(session::end_all(account.id(), Some(*session_id), rows, cx))
            }
            Message::ChangeProfile { customer_id, session_id, change } => {
                let allowed = rules.attempts_allowed();
                match profile::change(*customer_id, *session_id, change, allowed, rows, cx)? {
                    Changed::Done(ended) => done(ended),
                    Changed::Wait(wait) => Reply::Wait(wait),
                }
            }
            Message::ChangeAddresses { customer_id, change } => {
                change_addresses(*customer_id, change, rows)?;
                done(Vec::new())
            }
            Message::DeleteCustomer { customer_id, password_version, attempts } => {
                done(customer::delete(*customer_id, *password_version, attempts, rows, cx)?)
            }
            Message::SetCustomerDisabled { customer_id, disabled } => {
                done(customer::set_disabled(*customer_id, *disabled, rows, cx)?.1)
            }
            Message::VerifyEmail { link_id } => {
                customer::verify(*link_id, rows, cx)?;
                done(Vec::new())
            }
            Message::VerifyEmailAgain { customer_id, link_id, client } => {
                let (client, allowed) = (client.as_ref(), rules.attempts_allowed());
                Reply::Wait(recovery::verification_again(*customer_id, *link_id, client, allowed, rows, cx)?)
            }
            Message::ForgotPassword { email, link_id, attempts } => {
                recovery::forgotten(email, *link_id, attempts, rules.attempts_allowed(), rows, cx)?;
                done(Vec::new())
            }
            Message::ResetPassword { link_id, password } => {
                done(recovery::reset(*link_id, password, rows, cx)?.1)
            }
            Message::AddStaff(new) => {
                let (staff, until_us) = staff::add(new, rows, cx)?;
                Reply::Invited { staff_id: staff.staff_id, link_id: new.link_id, until_us, ended: Vec::new() }
            }
            Message::ChangeStaff { staff_id, change, by } => {
                done(staff::change(*staff_id, change, *by, rows, cx)?.1)
            }
            Message::ResetStaff { staff_id, link_id, by } => {
                let (staff, until_us, ended) = staff::reset(*staff_id, *link_id, *by, rows, cx)?;
                Reply::Invited { staff_id: staff.staff_id, link_id: *link_id, until_us, ended }
            }
            Message::AcceptInvitation { link_id, password } => {
                staff::accept(*link_id, password, rows, cx)?;
                done(Vec::new())
            }
            Message::ChangeOwnStaff { staff_id, session_id, change, attempts } => {
                done(own_staff::change(*staff_id, *session_id, change, attempts, rules, rows, cx)?.1)
            }
            Message::AddSigningKey { key, after } => {
                signing::add(key, *after, rules, rows, cx);
                done(Vec::new())
            }
            Message::RotateSigningKeys { keys, revoke } => {
                signing::rotate(keys, *revoke, rules, rows, cx);
                done(Vec::new())
            }
            Message::SweepSession { session_id } => {
                session::sweep(*session_id, rows, cx);
                done(Vec::new())
            }
            Message::ExpireLink { link_id } => {
                link::expire(*link_id, rows);
                done(Vec::new())
            }
            Message::SweepAttempts { hour } => {
                attempts::sweep(*hour, rows, cx);
                done(Vec::new())
            }
        })
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        &[]
    }

    fn receive(&self, _: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
        Ok(None)
    }

    fn publish(&self, fact: Fact) -> Publication {
        events::publish(fact)
    }

    fn effect_ended(&self, request: NoEffect, _: NoEffect) -> Message {
        match request {}
    }
}
