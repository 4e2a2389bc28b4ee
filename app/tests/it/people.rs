//! People with accounts, over HTTP: a customer who signs up, and staff of each role.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::{Answer, Client};

/// A password that nobody guesses.
pub const PASSWORD: &str = "correct horse battery staple 7";

/// Somebody who sends requests, with whatever says who it is.
pub struct Person {
    address: SocketAddr,
    headers: Vec<(String, String)>,
    requests: u32,
    name: String,
}

impl Person {
    /// Nobody that the shop knows.
    pub fn guest(address: SocketAddr, name: &str) -> Self {
        Self { address, headers: Vec::new(), requests: 0, name: name.to_owned() }
    }

    /// Whoever holds the admin token of a data directory.
    pub fn operator(address: SocketAddr, data: &Path) -> Self {
        let token = std::fs::read_to_string(data.join("admin.token")).expect("a token");
        let mut operator = Self::guest(address, "operator");
        operator.headers.push(("x-admin-token".to_owned(), token.trim().to_owned()));
        operator
    }

    /// The same person with an access token.
    pub fn with_token(mut self, token: &str) -> Self {
        self.headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        self
    }

    /// A customer who has just signed up.
    pub fn customer(address: SocketAddr, email: &str) -> Self {
        let mut guest = Self::guest(address, email);
        let body = json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace"});
        let signed_up = guest.send("POST", "/api/v1/customers", Some(&body)).expect("an answer");
        assert_eq!(signed_up.status, 201, "{}", signed_up.json());
        let token = signed_up.json()["session"]["access_token"].as_str().expect("a token").to_owned();
        guest.with_token(&token)
    }

    /// Somebody of staff, invited by the operator, who has just logged in.
    pub fn staff(operator: &mut Self, email: &str, role: &str) -> Self {
        let body = json!({"email": email, "name": email, "role": role});
        let invited = operator.send("POST", "/api/v1/admin/staff", Some(&body)).expect("an answer");
        assert_eq!(invited.status, 201, "{}", invited.json());
        let mut guest = Self::guest(operator.address, email);
        let body = json!({"token": invited.json()["invitation_token"], "password": PASSWORD});
        let accepted = guest.send("POST", "/api/v1/staff/accept-invitation", Some(&body)).expect("an answer");
        assert!(accepted.status < 300, "{}", accepted.json());
        let body = json!({"email": email, "password": PASSWORD});
        let logged_in = guest.send("POST", "/api/v1/staff/login", Some(&body)).expect("an answer");
        assert_eq!(logged_in.status, 200, "{}", logged_in.json());
        let token = logged_in.json()["session"]["access_token"].as_str().expect("a token").to_owned();
        guest.with_token(&token)
    }

    /// Sends a request on a connection of its own.
    ///
    /// # Errors
    /// The shop cannot be reached.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        self.requests += 1;
        let key = format!("{}-{}-of-a-person-in-a-test", self.name, self.requests);
        let mut headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if method == "POST" {
            headers.push(("idempotency-key", &key));
        }
        let body = body.map(Value::to_string);
        Client::new(self.address).send(method, path, &headers, body.as_deref().map(str::as_bytes))
    }

    /// Sends a request under `/api/v1`, which must be answered with this status; its body.
    pub fn ask(&mut self, method: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let answer = self.send(method, &format!("/api/v1{path}"), body.as_ref()).expect("the shop answers");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.json());
        answer.json()
    }

    /// Its access token.
    pub fn token(&self) -> &str {
        self.headers.first().map_or("", |(_, value)| value.trim_start_matches("Bearer "))
    }
}

/// Waits until something is so, by looking.
///
/// # Panics
/// It does not become so within 30 seconds.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within 30 s");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
