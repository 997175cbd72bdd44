//! What the fault layer costs a request: the same router with and without it, in one process.
//!
//! Both are asked in turn, round by round, in an order that changes, so that whatever else the machine does meets both.
//! Of each pair of rounds the difference is taken, and of all differences the median with its confidence interval: the
//! order statistics between which the median lies with 95 % by the binomial distribution. A second router without the
//! layer shows what the method finds where there is nothing to find.
//!
//! `cargo bench -p meshwalk-kit --bench fault_layer`; add `--profile dev` for the build that the local mesh runs.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    hint::black_box,
    task::{Context, Poll},
    time::Instant,
};

use axum::{Router, body::Body, extract::Request, routing::get};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use meshwalk_kit::faults::{FaultLayer, FaultLimits, FaultSettings, Origin, Registry};
use tokio::{net::TcpListener, runtime::Runtime};
use tower::{Service, ServiceExt, layer::layer_fn};

const ROUNDS: usize = 401;

/// A way to ask a service once.
type Ask = Box<dyn Fn(&Runtime, usize)>;

fn router() -> Router {
    Router::new().route("/api/hello", get(async || "{\"service\":\"backend\",\"version\":\"v1\",\"status\":200}"))
}

/// The router with the layer, and this number of rules for other paths.
fn layered(rules: usize) -> Router {
    let limits = FaultLimits { rules: 1000, ..FaultLimits::default() };
    let registry = Registry::new(FaultSettings { limits, ..FaultSettings::default() });
    if rules > 0 {
        let text: String = (0..rules).map(|rule| format!("error=503;path=/other/{rule}\n")).collect();
        registry.add(&text, Origin::Control).unwrap();
    }
    router().layer(FaultLayer::new(registry).hand_over("/api/hello"))
}

/// A layer that does nothing: what the framework itself takes for one.
#[derive(Clone)]
struct Nothing<S>(S);

impl<S: Service<Request>> Service<Request> for Nothing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.0.call(request)
    }
}

/// The routers that are held against the one without a layer.
fn routers() -> [(&'static str, Router); 5] {
    [
        ("no layer (nothing to find)", router()),
        ("a layer that does nothing", router().layer(layer_fn(Nothing))),
        ("the fault layer, no rules", layered(0)),
        ("1 rule, of another path", layered(1)),
        ("1000 rules, of other paths", layered(1000)),
    ]
}

/// Asks the router itself, without a socket.
fn in_process(router: Router) -> Ask {
    Box::new(move |runtime, times| {
        runtime.block_on(async {
            for _ in 0..times {
                let request = Request::builder().uri("/api/hello").body(Body::empty()).unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                black_box(response.into_body().collect().await.unwrap().to_bytes());
            }
        });
    })
}

/// Asks the router over a connection that stays open, as a sidecar does.
fn over_loopback(runtime: &Runtime, router: Router) -> Ask {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url: http::Uri = format!("http://{}/api/hello", listener.local_addr().unwrap()).parse().unwrap();
    runtime.spawn(async move { axum::serve(listener, router).await });
    let client: Client<_, Empty<&[u8]>> = Client::builder(TokioExecutor::new()).build_http();
    Box::new(move |runtime, times| {
        runtime.block_on(async {
            for _ in 0..times {
                let response = client.get(url.clone()).await.unwrap();
                black_box(response.into_body().collect().await.unwrap().to_bytes());
            }
        });
    })
}

/// Microseconds for one request, on the average of a round.
fn round(runtime: &Runtime, ask: &Ask, times: usize) -> f64 {
    let began = Instant::now();
    ask(runtime, times);
    began.elapsed().as_secs_f64() * 1e6 / times as f64
}

/// The median, and the interval in which it lies with 95 %.
fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let width = (1.96 * (values.len() as f64).sqrt() / 2.0).ceil() as usize;
    (values[half], values[half - width], values[half + width])
}

/// Compares a service with the one without the layer.
fn compare(runtime: &Runtime, name: &str, without: &Ask, with: &Ask, times: usize) {
    for ask in [without, with] {
        round(runtime, ask, times);
    }
    let (mut alone, mut layered, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        // Each is the first of a pair as often as the other.
        let (one, two) = if number % 2 == 0 {
            let one = round(runtime, without, times);
            (one, round(runtime, with, times))
        } else {
            let two = round(runtime, with, times);
            (round(runtime, without, times), two)
        };
        alone.push(one);
        layered.push(two);
        differences.push(two - one);
    }
    let ((alone, ..), (layered, ..), (difference, low, high)) = (median(alone), median(layered), median(differences));
    println!(
        "{name:<34}{alone:>10.3} µs{layered:>10.3} µs{difference:>+10.3} µs  [{low:+.3}, {high:+.3}]  {:+.1} %",
        100.0 * difference / alone
    );
}

fn main() {
    // `cargo test --benches` asks each bench whether it runs, and has no use for minutes of figures.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!("{ROUNDS} pairs of rounds; medians per request, and the 95 % interval of the median difference\n");
    println!("{:<34}{:>13}{:>13}{:>13}", "in process", "without", "with", "difference");
    let times = if quick { 1 } else { 500 };
    let without = in_process(router());
    for (name, router) in routers() {
        compare(&runtime, name, &without, &in_process(router), times);
    }
    println!("\n{:<34}{:>13}{:>13}{:>13}", "over loopback, HTTP/1.1", "without", "with", "difference");
    let times = if quick { 1 } else { 50 };
    let without = over_loopback(&runtime, router());
    for (name, router) in routers() {
        let with = over_loopback(&runtime, router);
        compare(&runtime, name, &without, &with, times);
    }
}
