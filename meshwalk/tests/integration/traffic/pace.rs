//! The rate is kept whatever the server does, and latencies count from when requests were due.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use meshwalk::traffic::{Address, FailureKind, Progress, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::{Seen, http, http_unix, plan, raw, run_all};

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_out_on_time_while_the_server_hangs_and_the_stall_shows_in_every_latency() {
    // The server answers no request until the fortieth has come: a generator that waits would wait for ever.
    let seen = Seen::new(40);
    let plan = plan(Address::Tcp(http(&seen).await), 50);
    let traffic = run_all(&plan).await;
    assert_eq!(traffic.by_status(), BTreeMap::from([(200, 50)]));
    assert_eq!(traffic.by_version(), BTreeMap::from([("v1".to_owned(), 50)]));
    // So each of the first forty ended after the fortieth was due: its latency holds what was left of the stall.
    let opened = plan.due(39);
    for sample in &traffic.samples[..40] {
        assert!(sample.due + sample.latency >= opened, "{sample:?} ended before {opened:?}");
    }
    assert!(traffic.samples.windows(2).all(|pair| pair[0].due < pair[1].due));
    assert!(traffic.in_flight.peak >= 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bound_on_requests_in_flight_holds_and_says_what_it_held_back() {
    let seen = Seen::new(u64::MAX);
    let mut plan = plan(Address::Tcp(http(&seen).await), 20);
    plan.max_in_flight = 3;
    // The gate opens when the generator says that all the others wait.
    let gate = seen.gate.clone();
    let open = |progress: Progress| {
        if progress.held_back == 17 {
            gate.send_replace(true);
        }
    };
    let traffic = run(&plan, open, std::future::pending()).await.unwrap();
    assert_eq!((traffic.in_flight.bound, traffic.in_flight.peak, traffic.in_flight.held_back), (3, 3, 17));
    assert_eq!(seen.peak.load(Ordering::SeqCst), 3);
    assert_eq!((traffic.requests(), traffic.sent, traffic.successes()), (20, 20, 20));
    // The fourth request waited at least until the last one was due, and its latency says so.
    assert!(traffic.samples[3].due + traffic.samples[3].latency >= plan.due(19));
    assert!(traffic.in_flight.longest_wait > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_sent_within_the_timeout_counts_as_timed_out() {
    let seen = Seen::new(u64::MAX);
    let mut plan = plan(Address::Tcp(http(&seen).await), 20);
    plan.max_in_flight = 1;
    plan.timeout = Duration::from_millis(300);
    let traffic = run_all(&plan).await;
    assert_eq!(traffic.failures(), BTreeMap::from([(FailureKind::Timeout, 20)]));
    assert!(traffic.sent < 20, "{} were sent", traffic.sent);
    assert!(traffic.samples.iter().all(|sample| sample.latency >= plan.timeout));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_gives_what_it_has_and_counts_what_it_abandoned() {
    let seen = Seen::new(u64::MAX);
    let mut plan = plan(Address::Tcp(http(&seen).await), 20);
    plan.duration = Duration::from_secs(3600);
    let cancelled = tokio::sync::Notify::new();
    let stop = |progress: Progress| {
        if progress.sent >= 10 {
            cancelled.notify_one();
        }
    };
    let traffic = run(&plan, stop, cancelled.notified()).await.unwrap();
    assert!(traffic.interrupted);
    assert_eq!(traffic.requests(), 0);
    assert!(traffic.abandoned >= 10 && traffic.abandoned == traffic.sent && traffic.sent < traffic.planned);
    assert_eq!(traffic.waiting, 0);

    plan.max_in_flight = 1;
    let cancelled = tokio::sync::Notify::new();
    let stop = |progress: Progress| {
        if progress.held_back >= 3 {
            cancelled.notify_one();
        }
    };
    let traffic = run(&plan, stop, cancelled.notified()).await.unwrap();
    assert!(traffic.abandoned == 1 && traffic.waiting >= 3, "{} {}", traffic.abandoned, traffic.waiting);
    assert_eq!(traffic.unfinished(), traffic.waiting + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_connections_are_used_again_and_fresh_ones_are_not() {
    async fn serve(mut stream: tokio::net::TcpStream) {
        let mut buffer = [0; 4096];
        // These requests are small enough to come in one piece.
        while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
    }
    let (address, accepted) = raw(serve).await;
    let mut plan = plan(Address::Tcp(address), 40);
    let kept = run_all(&plan).await;
    assert_eq!((kept.successes(), kept.connections), (40, accepted.load(Ordering::SeqCst)));
    assert!(kept.connections <= kept.in_flight.peak as u64);

    plan.max_in_flight = 1;
    accepted.store(0, Ordering::SeqCst);
    assert_eq!((run_all(&plan).await.connections, accepted.load(Ordering::SeqCst)), (1, 1));

    plan.fresh_connections = true;
    accepted.store(0, Ordering::SeqCst);
    let fresh = run_all(&plan).await;
    assert_eq!((fresh.successes(), fresh.connections, accepted.load(Ordering::SeqCst)), (40, 40, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_ends_its_connection_costs_the_next_request_nothing() {
    async fn serve(mut stream: tokio::net::TcpStream) {
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    }
    let (address, accepted) = raw(serve).await;
    let traffic = run_all(&plan(Address::Tcp(address), 20)).await;
    assert_eq!((traffic.successes(), accepted.load(Ordering::SeqCst)), (20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_of_the_warm_up_is_not_part_of_what_the_run_took() {
    let mut plan = plan(Address::Tcp(http(&Seen::new(0)).await), 20);
    plan.warm_up = Duration::from_millis(500);
    let started = tokio::time::Instant::now();
    let traffic = run_all(&plan).await;
    assert_eq!(traffic.successes(), 20);
    assert!(started.elapsed() >= plan.warm_up + traffic.took, "{:?} of {:?}", traffic.took, started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_behind_a_unix_socket_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let seen = Seen::new(0);
    http_unix(&path, &seen);
    let mut plan = plan(Address::Unix(path), 30);
    plan.headers.push(("x-want".to_owned(), "v2".to_owned()));
    let traffic = run_all(&plan).await;
    assert_eq!(traffic.by_version(), BTreeMap::from([("v2".to_owned(), 30)]));
    assert_eq!(seen.requests(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_ends_with_everything_told() {
    let seen = Seen::new(0);
    let plan = plan(Address::Tcp(http(&seen).await), 20);
    let (calls, complete) = (AtomicU64::new(0), AtomicBool::new(false));
    let watch = |progress: Progress| {
        calls.fetch_add(1, Ordering::SeqCst);
        assert!(progress.sent <= progress.due && progress.due <= progress.planned);
        complete.store(progress.answered == 20 && progress.in_flight == 0, Ordering::SeqCst);
    };
    run(&plan, watch, std::future::pending()).await.unwrap();
    assert!(complete.load(Ordering::SeqCst) && calls.load(Ordering::SeqCst) >= 1);
}
