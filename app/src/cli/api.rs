//! The shop that a command talks to: over HTTP to the server of its data directory, or to the same routes in this process where none runs.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, header},
};
use host::{Problem, RequestCounts, ServerLimits, Stores};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

use super::place::Place;
use crate::{
    directory::{DataDirectory, Server, ensure_shop},
    shop::{self, Shop},
    system::{self, System},
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(35);

/// An answer that is not a stream is never longer.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What a command does with the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It reads. A stopped shop's databases are opened by this process.
    Reading,
    /// It changes something. A stopped shop's services are set to work, without listening.
    Writing,
    /// It makes sense with a shop at work only.
    Live,
}

/// The way to a shop's routes.
pub struct Api {
    way: Way,
    token: String,
}

enum Way {
    Server(Server),
    Here { routes: Router, shop: Option<Box<Shop>> },
}

impl Api {
    /// Finds the shop.
    ///
    /// # Errors
    /// There is none, it does not say where it listens, or its data cannot be opened.
    pub async fn open(place: &Place, need: Need) -> anyhow::Result<Self> {
        let settings = place.settings()?;
        let data = &settings.data;
        ensure!(data.is_dir(), "there is no data directory {}; choose one with --data", data.display());
        if DataDirectory::is_taken(data) {
            let server = Server::find(data)?.with_context(|| {
                format!(
                    "a process has the data directory {} and serves nothing yet; try again",
                    data.display()
                )
            })?;
            let token = shop::context(data, &settings)?.secrets.admin_token().as_str().to_owned();
            return Ok(Self { way: Way::Server(server), token });
        }
        ensure!(need != Need::Live, "no server runs on {}; start one with `isotope serve`", data.display());
        if shop::stores(&settings) == Stores::Sqlite(data.clone()) {
            ensure_shop(data)?;
        }
        if need == Need::Writing {
            let shop = Shop::start_quietly(&settings).await?;
            let (routes, token) = (shop.routes().clone(), shop.token().as_str().to_owned());
            return Ok(Self { way: Way::Here { routes, shop: Some(Box::new(shop)) }, token });
        }
        let ctx = shop::context(data, &settings)?;
        let system = System::of_stopped(&ctx, &settings).await?;
        let (routes, _) = system::nest(system::staff_routes(&system));
        let routes =
            host::harden(routes, ServerLimits::default(), ctx.authentication(), RequestCounts::default());
        let token = ctx.secrets.admin_token().as_str().to_owned();
        Ok(Self { way: Way::Here { routes, shop: None }, token })
    }

    /// Lets go of the shop: one that this process has set to work is stopped.
    pub async fn close(self) {
        if let Way::Here { shop: Some(shop), .. } = self.way {
            shop.stop().await;
        }
    }

    /// Asks for what is at `path` under `/api/v1/admin/`.
    ///
    /// # Errors
    /// The shop does not answer, or says no.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.answer(Method::GET, path, None).await
    }

    /// Sends a command to `path` under `/api/v1/admin/`.
    ///
    /// # Errors
    /// The shop does not answer, or says no.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> anyhow::Result<T> {
        self.answer(Method::POST, path, Some(body)).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<T> {
        let response = self.send(method, path, &[], body).await?;
        let bytes = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await?;
        let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(bytes)
            .context("the shop's answer is not one that this isotope knows; are both of one version?")
    }

    /// Sends a request; the answer, once its head has come. Answers that say no are errors.
    ///
    /// # Errors
    /// The shop does not answer, or says no.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> anyhow::Result<Response<Body>> {
        let mut request = Request::builder().method(method).uri(format!("/api/v1/admin/{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?
            }
            None => request.body(Body::empty())?,
        };
        let response = self.carry(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await?;
        let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
            bail!("the shop answers {status}")
        };
        let fields: Vec<String> =
            problem.errors.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect();
        match fields.is_empty() {
            true => bail!("{} ({})", problem.detail, problem.code),
            false => bail!("{} ({})", fields.join("; "), problem.code),
        }
    }

    /// Sends any request of staff's.
    ///
    /// # Errors
    /// The shop does not answer.
    pub async fn carry(&self, mut request: Request<Body>) -> anyhow::Result<Response<Body>> {
        request.headers_mut().insert("x-admin-token", self.token.parse()?);
        match &self.way {
            Way::Here { routes, .. } => Ok(routes.clone().oneshot(request).await?),
            Way::Server(server) => {
                let answer = tokio::time::timeout(PATIENCE, over_http(server.address, request)).await;
                let told = || {
                    format!(
                        "the server of the data directory (process {}) does not answer at {}",
                        server.pid, server.address
                    )
                };
                answer
                    .map_err(|_| anyhow::anyhow!("it took too long"))
                    .and_then(|answer| answer)
                    .with_context(told)
            }
        }
    }
}

async fn over_http(address: SocketAddr, mut request: Request<Body>) -> anyhow::Result<Response<Body>> {
    // A server that listens everywhere is also here.
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(ip, address.port());
    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    request.headers_mut().insert(header::HOST, address.to_string().parse()?);
    let response = sender.send_request(request).await?;
    Ok(response.map(|body| Body::new(body.map_err(axum::Error::new))))
}

/// Writes a query string's value.
pub fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// A path with those parameters that have a value.
pub fn path(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let given =
        parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))));
    let query: Vec<String> = given.collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_query_says_what_is_given() {
        let path = super::path(
            "system/events",
            &[("type", Some("a b".into())), ("source", None), ("limit", Some("2".into()))],
        );
        assert_eq!(path, "system/events?type=a%20b&limit=2");
    }
}
