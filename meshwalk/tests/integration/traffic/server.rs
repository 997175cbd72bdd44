//! Servers for the tests: an HTTP one with a gate, and raw ones that misbehave.

use std::{
    future::Future,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::HeaderMap, response::IntoResponse, routing::get};
use meshwalk::traffic::{Address, Plan, TrafficResult, run};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener},
    sync::watch,
};

/// What the server saw, and the gate behind which its answers wait.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) requests: Arc<AtomicU64>,
    pub(crate) in_flight: Arc<AtomicU64>,
    pub(crate) peak: Arc<AtomicU64>,
    /// The gate opens when this becomes true.
    pub(crate) gate: Arc<watch::Sender<bool>>,
    /// The gate opens by itself after this number of requests.
    opens_at: u64,
}

impl Seen {
    pub(crate) fn new(opens_at: u64) -> Self {
        let gate = Arc::new(watch::Sender::new(opens_at == 0));
        Self { requests: Arc::default(), in_flight: Arc::default(), peak: Arc::default(), gate, opens_at }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn hello(State(seen): State<Seen>, headers: HeaderMap) -> impl IntoResponse {
    let count = seen.requests.fetch_add(1, Ordering::SeqCst) + 1;
    let now = seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    seen.peak.fetch_max(now, Ordering::SeqCst);
    if count == seen.opens_at {
        seen.gate.send_replace(true);
    }
    seen.gate.subscribe().wait_for(|open| *open).await.unwrap();
    seen.in_flight.fetch_sub(1, Ordering::SeqCst);
    let version = headers.get("x-want").map_or("v1", |value| value.to_str().unwrap());
    let tree = serde_json::json!({"service": "frontend", "upstreams": [
        {"name": "backend", "status": 200, "hop": {"service": "backend", "version": version}}]});
    axum::Json(tree)
}

fn router(seen: &Seen) -> Router {
    Router::new().route("/api/hello", get(hello)).with_state(seen.clone())
}

/// An HTTP server on a port of its own. It lives as long as the test's runtime.
pub(crate) async fn http(seen: &Seen) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(seen);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The same on a Unix socket.
pub(crate) fn http_unix(path: &Path, seen: &Seen) {
    let listener = UnixListener::bind(path).unwrap();
    let app = router(seen);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
}

/// A server that treats each connection as `handle` says, and counts them.
pub(crate) async fn raw<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> (SocketAddr, Arc<AtomicU64>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicU64::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(handle(stream));
        }
    });
    (address, accepted)
}

/// A plan for `count` requests within two tenths of a second.
pub(crate) fn plan(address: Address, count: u64) -> Plan {
    let duration = Duration::from_millis(200);
    let mut plan = Plan::get(address, "test", "/api/hello", count as f64 / duration.as_secs_f64(), duration);
    plan.service = Some("backend".to_owned());
    // Ends a test that hangs; nothing measures this time.
    plan.timeout = Duration::from_secs(20);
    plan
}

/// Runs a plan to its end.
pub(crate) async fn run_all(plan: &Plan) -> TrafficResult {
    run(plan, |_| {}, std::future::pending()).await.unwrap()
}
