//! The rules on the engine's own unit of work, by time and by number.

use std::time::Duration;

use contracts::{CustomerId, Event, events::identity as public};
use engine::{CommandKey, harness::Harness};
use identity::{
    Account, AccountKind, AttemptKey, Attempts, Config, Customer, EmailClaim, Identity, Link, LogIn, Message,
    NewKey, NewSession, PasswordHash, Reply, Sealed, Session, SignUp, SigningKey, TokenHash,
};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 3_600);

struct Accounts(Harness<Identity>);

impl Accounts {
    fn new() -> Self {
        Self(Harness::new(Identity::new(Config::default().rules())))
    }

    fn session(&mut self) -> NewSession {
        let session_id = self.0.new_id();
        NewSession { session_id, token: TokenHash(format!("token-of-{session_id}")), agent: String::new() }
    }

    fn sign_up(&mut self, email: &str) -> SignUp {
        SignUp {
            customer_id: CustomerId(self.0.new_id()),
            email: email.to_owned(),
            name: "Ada".to_owned(),
            password: PasswordHash("$hash".to_owned()),
            session: self.session(),
            cart_id: Some(self.0.new_id().into()),
            link_id: self.0.new_id(),
        }
    }

    fn log_in(&mut self, customer_id: CustomerId) -> NewSession {
        let session = self.session();
        let log_in = LogIn {
            account: Account::Customer(customer_id),
            password_version: 1,
            rehashed: None,
            session: session.clone(),
            cart_id: None,
            attempts: Vec::new(),
            second_factor: None,
        };
        self.0.command(Message::LogIn(Box::new(log_in))).expect("logged in");
        session
    }

    fn claim(&mut self, key: &str) -> Duration {
        let keys = vec![AttemptKey(key.to_owned())];
        match self.0.command(Message::ClaimAttempt { keys }) {
            Ok(Reply::Wait(wait)) => wait,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn signing_up_is_told_in_order_on_the_customers_own_row() {
    let mut accounts = Accounts::new();
    let sign_up = accounts.sign_up("ada@example.com");
    let id = sign_up.customer_id;
    accounts.0.command(Message::SignUp(Box::new(sign_up.clone()))).expect("signed up");
    let told = accounts.0.published();
    let kinds: Vec<&str> = told.iter().map(|event| event.kind.as_str()).collect();
    let all = [public::CustomerCreated::TYPE, public::LinkRequested::TYPE, public::CustomerCartClaimed::TYPE];
    assert_eq!(kinds, all);
    let sequences: Vec<i64> = told.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert!(told.iter().all(|event| event.subject == id.to_string()));
    let requested: public::LinkRequested = told[1].read().expect("it reads");
    assert_eq!((requested.link_id, requested.purpose), (sign_up.link_id, public::LinkPurpose::VerifyEmail));
    accounts.0.command(Message::VerifyEmail { link_id: sign_up.link_id }).expect("verified");
    let delete = Message::DeleteCustomer { customer_id: id, password_version: 1, attempts: Vec::new() };
    accounts.0.command(delete.clone()).expect("deleted");
    let told = accounts.0.published();
    let kinds: Vec<(&str, i64)> = told.iter().map(|event| (event.kind.as_str(), event.sequence)).collect();
    assert_eq!(kinds, [(public::CustomerEmailVerified::TYPE, 4), (public::CustomerDeleted::TYPE, 5)]);
    assert_eq!(accounts.0.command(delete).expect_err("gone").code, "customer_not_found");
    assert!(accounts.0.rows::<EmailClaim>().is_empty() && accounts.0.rows::<Link>().is_empty());
    let left = accounts.0.row::<Customer>(id).expect("its id stays");
    assert_eq!((left.email.as_str(), left.name.as_str(), left.password.0.as_str()), ("", "", ""));
}

#[test]
fn a_repeat_is_answered_as_before_and_keeps_nothing_of_what_was_sent() {
    let mut accounts = Accounts::new();
    let key = CommandKey { id: Uuid::from_u128(1), request_hash: Uuid::from_u128(2) };
    let (first, second) = (accounts.sign_up("ada@example.com"), accounts.sign_up("ada@example.com"));
    let id = first.customer_id;
    let one = accounts.0.command_with(Some(key), Message::SignUp(Box::new(first))).expect("signed up");
    let two = accounts.0.command_with(Some(key), Message::SignUp(Box::new(second))).expect("as before");
    assert_eq!(one, two);
    assert!(matches!(two, Reply::SignedUp { customer_id, .. } if customer_id == id));
    assert!(!format!("{two:?}").contains("example.com"));
    assert_eq!(accounts.0.rows::<Customer>().len(), 1);
}

#[test]
fn an_account_has_fifty_sessions_and_the_oldest_make_room() {
    let mut accounts = Accounts::new();
    let sign_up = accounts.sign_up("ada@example.com");
    let (id, oldest) = (sign_up.customer_id, sign_up.session.session_id);
    accounts.0.command(Message::SignUp(Box::new(sign_up))).expect("signed up");
    for _ in 0..59 {
        accounts.0.advance(Duration::from_secs(1));
        accounts.log_in(id);
    }
    let sessions = accounts.0.rows::<Session>();
    let live: Vec<&Session> = sessions.iter().filter(|session| session.live_of.is_some()).collect();
    assert_eq!(live.len(), 50);
    assert!(live.iter().all(|session| session.session_id != oldest));
}

#[test]
fn what_is_over_is_swept() {
    let mut accounts = Accounts::new();
    let sign_up = accounts.sign_up("ada@example.com");
    let (id, first) = (sign_up.customer_id, sign_up.session.clone());
    accounts.0.command(Message::SignUp(Box::new(sign_up))).expect("signed up");
    let ended = accounts.log_in(id);
    let account = Account::Customer(id);
    let end = Message::EndSession { account, session_id: ended.session_id };
    accounts.0.command(end).expect("ended");
    accounts.0.advance(Duration::from_secs(14 * 60));
    assert!(accounts.0.row::<Session>(ended.session_id).is_some(), "its access token may still come");
    accounts.0.advance(Duration::from_secs(60));
    assert!(accounts.0.row::<Session>(ended.session_id).is_none());
    accounts.0.advance(20 * DAY);
    let refresh = Message::Refresh {
        session_id: first.session_id,
        presented: first.token,
        successor: TokenHash("next".to_owned()),
    };
    accounts.0.command(refresh).expect("refreshed");
    accounts.0.advance(15 * DAY);
    assert!(accounts.0.row::<Session>(first.session_id).is_some(), "it was used since");
    accounts.0.advance(15 * DAY);
    assert!(accounts.0.rows::<Session>().is_empty());
    assert!(accounts.0.rows::<Link>().is_empty(), "links are over after days");
    assert!(accounts.0.parked().is_empty());
}

#[test]
fn failures_are_forgotten_after_a_day_however_many_there_are() {
    let mut accounts = Accounts::new();
    for number in 0..1_200 {
        assert_eq!(accounts.claim(&format!("log-in customer:{number}@example.com")), Duration::ZERO);
    }
    accounts.0.advance(Duration::from_secs(20 * 3_600));
    accounts.claim("log-in customer:0@example.com");
    accounts.0.advance(Duration::from_secs(6 * 3_600));
    let left: Vec<String> = accounts.0.rows::<Attempts>().into_iter().map(|attempts| attempts.key).collect();
    assert_eq!(left, ["log-in customer:0@example.com"]);
    accounts.0.advance(2 * DAY);
    assert!(accounts.0.rows::<Attempts>().is_empty() && accounts.0.parked().is_empty());
}

#[test]
fn who_must_wait_for_one_thing_is_counted_for_none() {
    let mut accounts = Accounts::new();
    let keys = |account: &str| {
        let kind = AccountKind::Customer;
        vec![AttemptKey::log_in(kind, account), AttemptKey::address("198.51.100.7")]
    };
    for _ in 0..5 {
        accounts.0.command(Message::ClaimAttempt { keys: keys("ada@example.com") }).expect("counted");
    }
    let refused = accounts.0.command(Message::ClaimAttempt { keys: keys("ada@example.com") });
    assert_eq!(refused, Ok(Reply::Wait(Duration::from_secs(1))));
    let address = accounts.0.row::<Attempts>("address 198.51.100.7").expect("counted");
    assert_eq!(address.failures, 5);
    accounts
        .0
        .command(Message::RefundAttempt { keys: keys("eve@example.com") })
        .expect("nothing to take back");
    assert!(
        accounts.0.row::<Attempts>(AttemptKey::log_in(AccountKind::Customer, "eve@example.com").0).is_none()
    );
}

#[test]
fn an_address_is_claimed_once_and_given_back() {
    let mut accounts = Accounts::new();
    let (first, second) = (accounts.sign_up("ada@example.com"), accounts.sign_up("ada@example.com"));
    let id = first.customer_id;
    accounts.0.command(Message::SignUp(Box::new(first))).expect("signed up");
    let taken = accounts.0.command(Message::SignUp(Box::new(second.clone()))).expect_err("taken");
    assert_eq!(taken.code, "email_taken");
    assert!(accounts.0.row::<Customer>(second.customer_id).is_none());
    let delete = Message::DeleteCustomer { customer_id: id, password_version: 1, attempts: Vec::new() };
    accounts.0.command(delete).expect("deleted");
    accounts.0.command(Message::SignUp(Box::new(second))).expect("free again");
}

#[test]
fn a_password_that_was_changed_meanwhile_logs_nobody_in() {
    let mut accounts = Accounts::new();
    let sign_up = accounts.sign_up("ada@example.com");
    let id = sign_up.customer_id;
    accounts.0.command(Message::SignUp(Box::new(sign_up))).expect("signed up");
    let stale = LogIn {
        account: Account::Customer(id),
        password_version: 0,
        rehashed: Some(PasswordHash("$other".to_owned())),
        session: accounts.session(),
        cart_id: None,
        attempts: Vec::new(),
        second_factor: None,
    };
    let refused = accounts.0.command(Message::LogIn(Box::new(stale))).expect_err("stale");
    assert_eq!(refused.code, "invalid_credentials");
    assert_eq!(accounts.0.row::<Customer>(id).expect("there").password.0, "$hash");
    assert_eq!(accounts.0.rows::<Session>().len(), 1);
}

#[test]
fn keys_come_one_after_another_and_old_ones_go() {
    let mut accounts = Accounts::new();
    let key = |accounts: &mut Accounts| NewKey {
        key_id: accounts.0.new_id(),
        sealed: Sealed("sealed".to_owned()),
        public: "public".to_owned(),
    };
    let mut newest = None;
    for _ in 0..2 {
        let key = key(&mut accounts);
        let after = newest.replace(key.key_id);
        accounts.0.command(Message::AddSigningKey { key, after }).expect("added");
    }
    let late = key(&mut accounts);
    accounts.0.command(Message::AddSigningKey { key: late, after: None }).expect("there is a newer one");
    let mut from: Vec<i64> = accounts.0.rows::<SigningKey>().iter().map(|key| key.signs_from_us.0).collect();
    from.sort_unstable();
    assert_eq!(from.len(), 2);
    assert_eq!(from[1] - from[0], 30 * DAY.as_micros() as i64);
    for _ in 0..4 {
        accounts.0.advance(31 * DAY);
        let key = key(&mut accounts);
        let after = newest.replace(key.key_id);
        accounts.0.command(Message::AddSigningKey { key, after }).expect("added");
    }
    let now = accounts.0.now();
    let keys = accounts.0.rows::<SigningKey>();
    assert!(keys.len() <= 3, "{keys:?}");
    assert_eq!(keys.iter().filter(|key| key.signs_from_us > now).count(), 1);
    let keys = Box::new([key(&mut accounts), key(&mut accounts)]);
    let revoked: Vec<Uuid> = keys.iter().map(|key| key.key_id).collect();
    accounts.0.command(Message::RotateSigningKeys { keys, revoke: true }).expect("revoked");
    let left: Vec<Uuid> = accounts.0.rows::<SigningKey>().iter().map(|key| key.key_id).collect();
    assert_eq!(left, revoked);
}
