//! Connections: so many at once, no longer silent than is fair, and an end that lets requests finish.

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::ConnectInfo,
    serve::{Listener, ListenerExt},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tower::ServiceExt;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many are open at once. Others wait in the system's queue until one ends.
    pub open_max: u32,
    /// How long the head of a request may take to come, from the connection's start or from the last answer's end: so also how long an idle
    /// connection is kept for the next request.
    pub head_time_max: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { open_max: 4_096, head_time_max: Duration::from_secs(60) }
    }
}

/// How long requests that are under way at the stop may take to finish.
const FINISH_PATIENCE: Duration = Duration::from_secs(10);

/// Serves until `stop` comes; then takes no new connection and lets the requests under way finish, but waits for nobody who
/// only holds a connection.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let mut listener = listener.tap_io(|stream| {
        // Answers are small; waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
    });
    // Routes are made ready once, not for each connection.
    let routes = routes.with_state(());
    let places = Arc::new(Semaphore::new(limits.open_max as usize));
    let (stopped, stopping) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // Nobody closes the semaphore.
            let place = places.clone().acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let ((stream, peer), place) = tokio::select! {
            next = next => match next {
                Some(next) => next,
                None => break,
            },
            () = &mut stop => break,
        };
        tokio::spawn(attend(stream, peer, routes.clone(), limits.head_time_max, stopping.clone(), place));
    }
    drop(listener);
    let _ = stopped.send(true);
    // All places are free when the last connection has ended.
    let _ = tokio::time::timeout(FINISH_PATIENCE, places.acquire_many(limits.open_max)).await;
}

/// Answers the requests of one connection.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    head_time_max: Duration,
    mut stopping: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        // Routes that bound what one client may try are told where each connection comes from.
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time_max)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    let stopped = async { drop(stopping.wait_for(|stopping| *stopping).await) };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(error = &error as &dyn std::error::Error, %peer, "a connection has ended early");
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{Router, extract::ConnectInfo, routing::get};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        sync::{Notify, oneshot},
        task::JoinHandle,
    };

    use super::{ConnectionLimits, serve};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
    const LAST_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n";

    struct Server {
        address: std::net::SocketAddr,
        stop: oneshot::Sender<()>,
        served: JoinHandle<()>,
    }

    impl Server {
        async fn start(routes: Router, limits: ConnectionLimits) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            let (stop, stops) = oneshot::channel();
            let stops = async { stops.await.unwrap_or_default() };
            Self { address, stop, served: tokio::spawn(serve(listener, routes, limits, stops)) }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.expect("a connection")
        }

        async fn stop(self) {
            self.stop.send(()).expect("it serves");
            self.served.await.expect("it ends");
        }
    }

    async fn read_to_end(mut stream: TcpStream) -> String {
        let mut text = String::new();
        // A connection that is closed with something unread may end with a reset.
        let ended = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut text)).await;
        assert!(ended.is_ok(), "the server does not end the connection");
        text
    }

    fn hello() -> Router {
        Router::new().route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<std::net::SocketAddr>| async move { peer.to_string() }),
        )
    }

    fn limits(open_max: u32, head_time_max: Duration) -> ConnectionLimits {
        ConnectionLimits { open_max, head_time_max }
    }

    #[tokio::test]
    async fn half_a_head_and_silence_end_a_connection() {
        let server = Server::start(hello(), limits(10, Duration::from_millis(50))).await;
        for begun in [&b""[..], b"GET / HTTP/1.1\r\nhost: sh"] {
            let mut stream = server.connect().await;
            stream.write_all(begun).await.expect("it is taken");
            // It ends by the server alone: this side neither closes nor sends more.
            assert!(!read_to_end(stream).await.starts_with("HTTP/1.1 200"), "{begun:?}");
        }
        server.stop().await;
    }

    #[tokio::test]
    async fn a_slow_answer_is_no_slow_head() {
        let routes = Router::new().route(
            "/",
            get(|| async {
                #[allow(clippy::disallowed_methods)] // The slowness is what is tested.
                tokio::time::sleep(Duration::from_millis(200)).await;
                "late"
            }),
        );
        let server = Server::start(routes, limits(10, Duration::from_millis(50))).await;
        let mut stream = server.connect().await;
        stream.write_all(LAST_REQUEST).await.expect("it is taken");
        assert!(read_to_end(stream).await.ends_with("late"));
        server.stop().await;
    }

    #[tokio::test]
    async fn a_connection_beyond_the_bound_waits_for_a_place() {
        let server = Server::start(hello(), limits(1, Duration::from_secs(30))).await;
        let mut first = server.connect().await;
        first.write_all(REQUEST).await.expect("it is taken");
        let mut start = [0; 12];
        first.read_exact(&mut start).await.expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200");

        let mut second = server.connect().await;
        second.write_all(LAST_REQUEST).await.expect("the system takes it");
        let early = tokio::time::timeout(Duration::from_millis(100), second.readable()).await;
        assert!(early.is_err(), "the second was answered while the first had the only place");
        drop(first);
        let own_address = second.local_addr().expect("an address").to_string();
        assert!(read_to_end(second).await.ends_with(&own_address));
        server.stop().await;
    }

    #[tokio::test]
    async fn a_stop_lets_a_request_finish_and_waits_for_no_idle_connection() {
        let (begun, may_end) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
        let (tell, wait) = (begun.clone(), may_end.clone());
        let route = get(move || async move {
            tell.notify_one();
            wait.notified().await;
            "finished"
        });
        let server =
            Server::start(Router::new().route("/", route), limits(10, Duration::from_secs(300))).await;
        let idle = server.connect().await;
        let mut busy = server.connect().await;
        busy.write_all(REQUEST).await.expect("it is taken");
        begun.notified().await;
        let stopped = tokio::spawn(server.stop());
        // The idle one is let go of at once, which also shows that the stop has been heard.
        assert_eq!(read_to_end(idle).await, "");
        may_end.notify_one();
        assert!(read_to_end(busy).await.ends_with("finished"));
        stopped.await.expect("it ends");
    }
}
