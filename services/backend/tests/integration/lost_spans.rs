//! Collectors that are slow, gone or unwilling: each span that ends is taken by the collector or counted as lost.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::process::{Process, command, get, pause};

/// Requests of a test, and therefore server spans.
const REQUESTS: usize = 150;

/// A queue that holds the spans of all requests.
const ROOMY: &str = "2048";

/// What a collector does with a batch.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// Takes it.
    Ok,
    /// Takes it after this time.
    Slow(Duration),
    /// Answers with this status.
    Error(u16),
    /// Takes it without one span.
    RejectOne,
}

/// An OTLP collector by HTTP, which counts the spans that it takes.
struct Collector {
    url: String,
    taken: Arc<AtomicUsize>,
    answer: Arc<Mutex<Answer>>,
    /// While true, no batch is answered.
    held: Arc<(Mutex<bool>, Condvar)>,
}

impl Collector {
    fn start(answer: Answer, held: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(Mutex::new(answer));
        let held = Arc::new((Mutex::new(held), Condvar::new()));
        let (counter, answers, gate) = (Arc::clone(&taken), Arc::clone(&answer), Arc::clone(&held));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (counter, answers, gate) = (Arc::clone(&counter), Arc::clone(&answers), Arc::clone(&gate));
                thread::spawn(move || serve(stream.unwrap(), &counter, &answers, &gate));
            }
        });
        Self { url, taken, answer, held }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    fn release(&self) {
        *self.held.0.lock().unwrap() = false;
        self.held.1.notify_all();
    }
}

/// Answers the batches of one connection.
fn serve(stream: TcpStream, taken: &AtomicUsize, answer: &Mutex<Answer>, held: &(Mutex<bool>, Condvar)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        // The name of a server span, which is nowhere else in it.
        let name = b"GET /api/hello";
        let spans = body.windows(name.len()).filter(|window| window == name).count();
        drop(held.1.wait_while(held.0.lock().unwrap(), |held| *held).unwrap());
        let now = *answer.lock().unwrap();
        let (status, message): (u16, &[u8]) = match now {
            Answer::Ok => (200, b""),
            Answer::Slow(time) => {
                thread::sleep(time);
                (200, b"")
            }
            Answer::Error(status) => (status, b""),
            // ExportTraceServiceResponse { partial_success: { rejected_spans: 1, error_message: "no" } }
            Answer::RejectOne => (200, b"\x0a\x06\x08\x01\x12\x02no"),
        };
        if status == 200 {
            taken.fetch_add(spans - usize::from(matches!(now, Answer::RejectOne)), Ordering::SeqCst);
        }
        let length = message.len();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/x-protobuf\r\ncontent-length: {length}\r\n\r\n");
        if writer.write_all(&[head.as_bytes(), message].concat()).is_err() {
            return;
        }
    }
}

/// The program with a queue of this size in front of this collector.
fn start(url: &str, queue: &str) -> Process {
    let mut command = command();
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", queue),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ] {
        command.env(variable, value);
    }
    Process::start(command.arg("--drain-delay=0s"))
}

fn send_requests(process: &Process) {
    for _ in 0..REQUESTS {
        assert!(get(&process.address, "/api/hello", "").starts_with("HTTP/1.1 200"));
    }
}

/// Spans lost for this reason, by the metric.
fn lost_for(process: &Process, reason: &str) -> usize {
    let metrics = get(&process.admin, "/metrics", "");
    let series = format!("meshwalk_spans_lost_total{{reason=\"{reason}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&series));
    line.unwrap_or_else(|| panic!("no {series}in {metrics}")).parse().unwrap()
}

fn lost(process: &Process) -> usize {
    ["queue_full", "export_failed", "rejected", "shutdown"].map(|reason| lost_for(process, reason)).iter().sum()
}

/// Waits until exactly this number of spans has been taken or lost.
fn until_settled(process: &Process, collector: &Collector, spans: usize) {
    let began = Instant::now();
    while collector.taken() + lost(process) != spans {
        let (taken, lost) = (collector.taken(), lost(process));
        pause(began, &format!("{taken} taken and {lost} lost of {spans} spans"));
    }
}

#[test]
fn slow_collector_loses_what_does_not_fit_and_the_log_says_so_twice() {
    let collector = Collector::start(Answer::Slow(Duration::from_millis(50)), true);
    let mut process = start(&collector.url, "20");
    send_requests(&process);
    assert!(lost_for(&process, "queue_full") >= REQUESTS - 30, "a batch and a queue are kept");
    assert_eq!(process.line_with("spans are lost;")["reason"], "queue_full");
    collector.release();
    until_settled(&process, &collector, REQUESTS);
    let recovery = process.line_with("the collector takes all spans again");
    assert_eq!(recovery["lost"], lost(&process));
    process.signal(Signal::TERM);
    let (status, log) = process.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("lost"), "{log}");
}

#[test]
fn collector_that_answers_with_errors_loses_spans_until_it_recovers() {
    let collector = Collector::start(Answer::Error(400), false);
    let mut process = start(&collector.url, ROOMY);
    send_requests(&process);
    until_settled(&process, &collector, REQUESTS);
    assert_eq!(collector.taken(), 0);
    let loss = process.line_with("spans are lost;");
    assert!(loss["error"].as_str().unwrap().contains("400") && loss["reason"] == "export_failed", "{loss}");
    let lost = lost(&process);
    *collector.answer.lock().unwrap() = Answer::Ok;
    get(&process.address, "/api/hello", "");
    assert_eq!(process.line_with("the collector takes all spans again")["lost"], lost);
    until_settled(&process, &collector, REQUESTS + 1);
    assert_eq!(collector.taken(), 1);
}

#[test]
fn collector_that_is_gone_loses_all_spans() {
    let collector = Collector::start(Answer::Ok, false);
    let closed_port = TcpListener::bind("127.0.0.1:0").map(|listener| listener.local_addr().unwrap()).unwrap();
    let process = start(&format!("http://{closed_port}"), ROOMY);
    send_requests(&process);
    until_settled(&process, &collector, REQUESTS);
    assert_eq!(lost_for(&process, "export_failed"), REQUESTS);
}

#[test]
fn spans_that_a_collector_rejects_are_lost() {
    let collector = Collector::start(Answer::RejectOne, false);
    let mut process = start(&collector.url, ROOMY);
    send_requests(&process);
    until_settled(&process, &collector, REQUESTS);
    assert!(collector.taken() > 0 && lost_for(&process, "rejected") > 0);
    assert_eq!(process.line_with("spans are lost;")["reason"], "rejected");
}
