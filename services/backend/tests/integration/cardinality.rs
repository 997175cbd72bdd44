//! Clients cannot make the metrics grow, whatever they send.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use super::process::{DEADLINE, Process, command, get};

const METHODS: [&str; 3] = ["GET", "POST", "a made-up one"];
const VERSIONS: [&str; 3] = ["1.0", "1.1", "2"];
const SCHEMES: [&str; 2] = ["a made-up one", "https"];
/// The call tree, the echo, a path below the echo, and a path that does not exist.
const PATHS: [&str; 4] = ["/api/hello", "/api/echo", "/api/echo/", "/made/up/"];

/// Lines of a histogram: 15 buckets, the sum and the count.
const HISTOGRAM: usize = 17;

/// Every combination of the labels, the requests in flight, the attempts 1 to 9 and 10+, and what every process has.
const LIMIT: usize =
    METHODS.len() * VERSIONS.len() * SCHEMES.len() * PATHS.len() * HISTOGRAM + METHODS.len() * SCHEMES.len() + 10 + 30;

/// A request whose client-chosen parts all depend on a number.
struct Made {
    method: String,
    version: &'static str,
    path: String,
    /// Names in small letters, as HTTP/2 wants them.
    headers: Vec<(&'static str, String)>,
}

impl Made {
    fn new(number: usize) -> Self {
        let pick = |list: &[&'static str], divisor: usize| list[number / divisor % list.len()];
        let or_made_up = |choice: &str, made_up: String| {
            if choice == "a made-up one" { made_up } else { choice.to_owned() }
        };
        let path = pick(&PATHS, 18);
        let below = if path.ends_with('/') { format!("{number}") } else { String::new() };
        Self {
            method: or_made_up(pick(&METHODS, 1), format!("BREW{number}")),
            version: pick(&VERSIONS, 3),
            path: format!("{path}{below}?q={number}"),
            headers: vec![
                ("x-forwarded-proto", or_made_up(pick(&SCHEMES, 9), format!("scheme{number}"))),
                ("x-envoy-attempt-count", number.to_string()),
                ("x-request-id", format!("id-{number}")),
                ("x-meshwalk-hops", number.to_string()),
                ("x-meshwalk-inject", format!("error={};id=id{number}", 400 + number % 200)),
                ("user-agent", format!("agent/{number}")),
                ("traceparent", format!("00-{:032x}-{:016x}-01", number + 1, number + 1)),
                ("x-made-up", number.to_string()),
            ],
        }
    }

    /// Sends the request and waits for the head of the response.
    fn send(&self, address: &str) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        if self.version == "2" {
            stream.write_all(&self.http2()).unwrap();
            // Frames have a head of 9 bytes: the length, and then the type. Type 1 is the head of the response.
            let mut frame = [0; 9];
            while frame[3] != 1 {
                stream.read_exact(&mut frame).unwrap();
                let mut payload = vec![0; usize::from(frame[1]) << 8 | usize::from(frame[2])];
                stream.read_exact(&mut payload).unwrap();
                assert_ne!(frame[3], 7, "the server gives the connection up: {payload:?}");
            }
            return;
        }
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let Self { method, path, version, .. } = self;
        let host = self.host();
        write!(stream, "{method} {path} HTTP/{version}\r\nhost: {host}\r\n{headers}connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1."), "{answer:?}");
    }

    fn host(&self) -> String {
        format!("host{}.example", self.headers[1].1)
    }

    /// A whole connection of HTTP/2: preface, empty settings, and a head that ends the request (RFC 9113).
    fn http2(&self) -> Vec<u8> {
        let mut block = vec![0x86];
        let text = |block: &mut Vec<u8>, text: &str| {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        };
        // Literals that are not indexed (RFC 7541, section 6.2.2): of the static table's names, and of new names.
        for (index, value) in [(2, &self.method), (4, &self.path), (1, &self.host())] {
            block.push(index);
            text(&mut block, value);
        }
        for (name, value) in &self.headers {
            block.push(0);
            text(&mut block, name);
            text(&mut block, value);
        }
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0".to_vec();
        bytes.extend_from_slice(&u16::try_from(block.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&[0x01, 0x05, 0, 0, 0, 1]);
        bytes.extend_from_slice(&block);
        bytes
    }
}

#[test]
fn number_of_series_is_bounded_whatever_clients_send() {
    let process = Process::start(&mut command());
    // One round has every combination of method, version, scheme and path.
    let round = METHODS.len() * VERSIONS.len() * SCHEMES.len() * PATHS.len();
    let series = |numbers: std::ops::Range<usize>| {
        numbers.for_each(|number| Made::new(number).send(&process.address));
        let page = get(&process.admin, "/metrics", "");
        let body = page.split_once("\r\n\r\n").unwrap().1.to_owned();
        let mut series: Vec<_> = body
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
            .collect();
        series.sort_unstable();
        series
    };
    let first = series(0..round);
    for version in VERSIONS {
        let label = format!("network_protocol_version=\"{version}\",le=\"+Inf\"");
        assert_eq!(first.iter().filter(|series| series.contains(&label)).count(), round / VERSIONS.len(), "{label}");
    }
    assert!(first.len() <= LIMIT, "{} series: {first:#?}", first.len());
    assert_eq!(series(round..10 * round), first);
}
