//! The routes, on a service at work.

mod admin;
mod links;
mod log_in;
mod me;
mod refresh;
mod secrets;
mod sign_up;
mod staff;
mod totp;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use bus::Embedded;
use contracts::Timestamp;
use engine::{Clock, ManualClock};
use host::{Context, Running, Stores};
use host::{LinkKind, ServerLimits};
use identity::{Config, HashCost, Link, LinkPurpose};
use serde_json::{Value, json};
use testkit::PostgresServer;
use tower::ServiceExt;

/// A password that nobody has refused.
pub const PASSWORD: &str = "correct horse battery";

/// A service at work, and the time that it believes in.
pub struct Mounted {
    pub routes: Router,
    pub ctx: Context,
    pub clock: Arc<ManualClock>,
    pub service: Arc<dyn Running>,
    pub directory: Arc<tempfile::TempDir>,
    config: Config,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The status and the code of a problem.
    pub fn problem(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }

    /// What the answer must be.
    pub fn of(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

/// Settings with which hashing costs next to nothing.
pub fn cheap() -> Config {
    Config { password_hash: HashCost { memory_kib: 8, passes: 1, lanes: 1 }, ..Config::default() }
}

impl Mounted {
    pub async fn start() -> Self {
        Self::start_with(cheap()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let directory = Arc::new(tempfile::tempdir().expect("a temporary directory"));
        let stores = Stores::Sqlite(directory.path().to_owned());
        Self::start_on(stores, directory, config, Timestamp(1_767_225_600_000_000)).await
    }

    pub async fn start_on(
        stores: Stores,
        directory: Arc<tempfile::TempDir>,
        config: Config,
        now: Timestamp,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let ctx =
            Context::new(directory.path(), stores, Embedded::new(), clock.clone()).expect("new secrets");
        let mounted = identity::mount(&ctx, &config).await.expect("mounted");
        mounted.service.start().await.expect("started");
        let routes = ctx.authenticated(mounted.routes);
        Self { routes, ctx, clock, service: mounted.service, directory, config }
    }

    /// Stops, and starts again on the same data, with other settings perhaps.
    pub async fn restart(self, change: impl FnOnce(&mut Config)) -> Self {
        let now = self.clock.now();
        self.restart_at(now, change).await
    }

    pub async fn restart_at(self, now: Timestamp, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.config.clone();
        change(&mut config);
        self.service.stop().await;
        let (stores, directory) = (self.ctx.stores.clone(), self.directory.clone());
        drop(self);
        Self::start_on(stores, directory, config, now).await
    }

    pub fn advance(&self, duration: Duration) {
        self.clock.advance_to(self.clock.now().plus(duration));
    }

    /// Sends a request from an address.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
        from: [u8; 4],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 40_000))));
        let response = self.routes.clone().oneshot(request).await.expect("routes always answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body), [127, 0, 0, 1]).await
    }

    /// A request with an access token.
    pub async fn with(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(method, path, &[("authorization", &bearer)], body, [127, 0, 0, 1]).await
    }

    /// A request of the installation's own.
    pub async fn operator(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let token = self.ctx.secrets.admin_token().as_str().to_owned();
        self.send(method, path, &[("x-admin-token", &token)], body, [127, 0, 0, 1]).await
    }

    /// Signs a customer up; what is answered.
    pub async fn sign_up(&self, email: &str) -> Value {
        self.post("/customers", &sign_up(email)).await.of(201)
    }

    /// The token of the link of a purpose that is good now.
    pub async fn link(&self, purpose: LinkPurpose) -> String {
        let links: Vec<Link> =
            self.service.reads().select("ORDER BY link_id", Vec::new()).await.expect("it reads");
        let link = links.into_iter().rfind(|link| link.purpose == purpose).expect("a link");
        let kind = match purpose {
            LinkPurpose::VerifyEmail => LinkKind::VerifyEmail,
            LinkPurpose::ResetPassword => LinkKind::ResetPassword,
            LinkPurpose::Invitation => LinkKind::AcceptInvitation,
        };
        self.ctx.secrets.link_tokens().issue(link.link_id, kind)
    }

    /// The events of a type, oldest first.
    pub async fn published(&self, kind: &str) -> Vec<Value> {
        let sql = format!(
            "SELECT data FROM event_log WHERE type = {} ORDER BY at_us, pos",
            self.service.reads().parameter(1)
        );
        let rows = self.service.reads().query(sql, vec![engine::Value::from(kind)]).await.expect("it reads");
        let data = rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("text"));
        data.map(|data| serde_json::from_str(&data).expect("JSON")).collect()
    }

    /// Invites somebody of staff, who accepts; the account.
    pub async fn add_staff(&self, email: &str, role: &str) -> Value {
        let body = json!({"email": email, "name": "Grace Hopper", "role": role});
        let invited = self.operator(Method::POST, "/admin/staff", Some(&body)).await.of(201);
        let accepted = json!({"token": invited["invitation_token"], "password": PASSWORD});
        self.post("/staff/accept-invitation", &accepted).await.of(204);
        invited["staff"].clone()
    }

    pub async fn log_in_staff(&self, email: &str, code: Option<&str>) -> Answer {
        let mut body = json!({"email": email, "password": PASSWORD});
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        self.post("/staff/login", &body).await
    }

    /// The same routes as the shop serves them: behind the table of who may.
    pub fn behind_the_table(mut self) -> Self {
        let nested = Router::new().nest("/api/v1", self.routes.clone());
        let hardened = host::harden(
            nested,
            ServerLimits::default(),
            self.ctx.authentication(),
            host::RequestCounts::default(),
        );
        self.routes = hardened;
        self
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/login", &json!({"email": email, "password": password})).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", &json!({"refresh_token": token})).await
    }
}

/// What a customer signs up with.
pub fn sign_up(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace"})
}

/// A text of an answer.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The access token and the refresh token of a session.
pub fn tokens(session: &Value) -> (String, String) {
    (text(&session["access_token"]).to_owned(), text(&session["refresh_token"]).to_owned())
}

/// Runs a test on a database of PostgreSQL.
pub async fn on_postgres(test: impl AsyncFnOnce(Mounted) -> Mounted) {
    let server = PostgresServer::start().expect("a server");
    let stores = Stores::Postgres(server.url("shop").expect("a database"));
    let directory = Arc::new(tempfile::tempdir().expect("a temporary directory"));
    let mounted = Mounted::start_on(stores, directory, cheap(), Timestamp(1_767_225_600_000_000)).await;
    let mounted = test(mounted).await;
    mounted.service.stop().await;
    // The log's session on PostgreSQL has a runtime of its own, which may not end inside of another.
    tokio::task::block_in_place(move || drop(mounted));
}
