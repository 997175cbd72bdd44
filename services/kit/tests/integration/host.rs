//! Which `Host` headers the three ports accept.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{Client, get},
    service::Service,
};

/// Sends a request line and header lines on a connection of its own, and returns the whole answer.
async fn send(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn client_that_still_sends_a_body_gets_the_400() {
    let service = Service::start("backend", &[]).await;
    for (address, path) in [(&service.address, "/api/hello"), (&service.control, "/faults")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let body = vec![b'x'; 4 << 20];
        let head = format!("POST {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.expect("the service reads the rest");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("the answer is not lost in a reset");
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn missing_repeated_or_invalid_host_gets_400_on_every_port() {
    let service = Service::start("backend", &[]).await;
    let ports = [(&service.address, "/api/hello"), (&service.admin, "/livez"), (&service.control, "/faults")];
    for (address, path) in ports {
        for (head, error) in [
            (format!("GET {path} HTTP/1.1"), "missing"),
            (format!("GET http://localhost{path} HTTP/1.1"), "missing"),
            (format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nhost: localhost"), "more than one"),
            (format!("GET {path} HTTP/1.0\r\nhost: localhost\r\nhost: other"), "more than one"),
            (format!("GET {path} HTTP/1.1\r\nhost: two words"), "invalid Host"),
            (format!("GET {path} HTTP/1.1\r\nhost: user@localhost"), "invalid Host"),
            (format!("GET {path} HTTP/1.1\r\nhost: localhost:port"), "invalid Host"),
            (
                format!("GET http://user@localhost{path} HTTP/1.1\r\nhost: localhost"),
                "invalid host in the request target",
            ),
        ] {
            let answer = send(address, &head).await;
            assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "), "{head}: {answer}");
            assert!(answer.contains("\"status\":400") && answer.contains(error), "{head}: {answer}");
            let has_identity = answer.contains("x-meshwalk-service: backend");
            assert_eq!(has_identity, *address == service.address, "{head}: {answer}");
        }
        for head in [
            format!("GET {path} HTTP/1.0"),
            format!("GET {path} HTTP/1.0\r\nhost: localhost"),
            format!("GET {path} HTTP/1.1\r\nHOST: \tlocalhost:1 "),
            format!("GET {path} HTTP/1.1\r\nhost:"),
            format!("GET {path} HTTP/1.1\r\nhost: [::1]:8080"),
            format!("GET http://localhost{path} HTTP/1.1\r\nhost: other"),
        ] {
            let answer = send(address, &head).await;
            assert!(answer.split(' ').nth(1) == Some("200"), "{head}: {answer}");
        }
    }
}

#[tokio::test]
async fn rejected_host_is_in_the_metrics_and_keeps_the_connection() {
    let service = Service::start("backend", &[]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    // TRACE, which no other test sends, because all tests of this process share the metrics.
    let requests = "TRACE /api/hello HTTP/1.1\r\n\r\nGET /api/hello HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n";
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 400 ") && answers.contains("HTTP/1.1 200 OK"), "{answers}");
    let metrics = get(&service.admin, "/metrics", &[]).await.body;
    let counted = |line: &str| {
        ["request_duration_seconds_count", "\"TRACE\"", "\"400\"", "\"/api/hello\""]
            .iter()
            .all(|part| line.contains(part))
    };
    assert!(metrics.lines().any(|line| counted(line) && line.ends_with(" 1")), "{metrics}");
}

#[tokio::test]
async fn http2_host_must_agree_with_the_authority() {
    let service = Service::start("backend", &[]).await;
    for (host, status) in [(service.address.as_str(), 200), ("other", 400), ("two words", 400)] {
        let answer = Client::http2().get(&service.address, "/api/hello", &[("host", host)]).await.unwrap();
        assert_eq!(answer.status.as_u16(), status, "{host}: {}", answer.body);
        assert_eq!(answer.header("x-meshwalk-service"), "backend");
    }
    assert_eq!(Client::http2().get(&service.address, "/api/hello", &[]).await.unwrap().status.as_u16(), 200);
}
