//! What `meshwalk load` sends, over HTTP/1.1, HTTP/2 and TLS.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Version},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use super::{load, text};
use crate::traffic::server::{Seen, http};

/// HTTP/2 and HTTP/1.1 in ALPN.
const BOTH: &[&str] = &["h2", "http/1.1"];

type Received = Arc<Mutex<Vec<(String, Version, String, Vec<u8>)>>>;

/// An application that keeps what it receives: method, version, host, body.
fn keeping(received: &Received) -> Router {
    let received = received.clone();
    Router::new().fallback(move |request: Request<Body>| {
        let received = received.clone();
        async move {
            let (head, body) = request.into_parts();
            let host = head.uri.authority().map(ToString::to_string);
            let host = host.or_else(|| Some(head.headers.get("host")?.to_str().ok()?.to_owned()));
            let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
            received.lock().unwrap().push((head.method.to_string(), head.version, host.unwrap_or_default(), body));
            "ok"
        }
    })
}

async fn serve(received: &Received) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, app) = (listener.local_addr().unwrap(), keeping(received));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// A server with a certificate for `localhost` and these protocols for ALPN, and the file with the authority that signed
/// the certificate.
async fn serve_tls(received: &Received, folder: &std::path::Path, protocols: &[&str]) -> (SocketAddr, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&own_key, &issuer).unwrap();
    let chain = vec![CertificateDer::from(own.der().to_vec())];
    let own_key = PrivateKeyDer::try_from(own_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, own_key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, app) = (listener.local_addr().unwrap(), keeping(received));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, app) = (acceptor.clone(), app.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = TowerToHyperService::new(app);
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (address, ca_file)
}

fn only<T: Clone + PartialEq + std::fmt::Debug>(values: impl IntoIterator<Item = T>, count: usize) -> T {
    let values: Vec<T> = values.into_iter().collect();
    assert_eq!(values.len(), count);
    assert!(values.windows(2).all(|pair| pair[0] == pair[1]), "{values:?}");
    values[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_a_body_as_post_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, b"from \x00 a file").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, method, body) in [
        (&["--body", "some text"][..], "POST", &b"some text"[..]),
        (&["--body-file", file, "-X", "PUT"], "PUT", b"from \x00 a file"),
        (&["-X", "DELETE"], "DELETE", b""),
    ] {
        let received = Received::default();
        let url = serve(&received).await.to_string();
        let output = load(&[&[&url, "-n", "5", "-r", "500"], arguments].concat()).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        let (sent_method, _, host, sent_body) = only(received.lock().unwrap().clone(), 5);
        assert_eq!((sent_method.as_str(), host, sent_body.as_slice()), (method, url, body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_carries_many_requests_on_one_connection() {
    let received = Received::default();
    let url = format!("http://{}/api", serve(&received).await);
    let output = load(&[&url, "--http2", "-n", "40", "-r", "2000", "--host", "other", "--json"]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&figures["statuses"]["200"], &figures["connections"]), (&40.into(), &1.into()));
    let (_, version, host, _) = only(received.lock().unwrap().clone(), 40);
    assert_eq!((version, host.as_str()), (Version::HTTP_2, "other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_connections_are_bounded_by_max_in_flight_alone() {
    for http2 in [&[][..], &["--http2"]] {
        // No request is answered before 120 are in flight at once.
        let seen = Seen::new(120);
        let url = format!("http://{}/api/hello", http(&seen).await);
        let run = [&url, "--fresh", "-n", "120", "-r", "2000", "--timeout", "60s", "--json"];
        let output = load(&[&run[..], http2].concat()).await;
        let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&figures["statuses"]["200"], &figures["connections"]), (&120.into(), &120.into()), "{http2:?}");
        assert_eq!(figures["in_flight"]["bound"], 2000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_on_a_shared_connection_need_no_descriptor_each() {
    let url = format!("http://{}/api", serve(&Received::default()).await);
    let command = r#"ulimit -n 200; exec "$0" load "$1" --http2 -n 5 -r 500 --json"#;
    let arguments = ["-c", command, env!("CARGO_BIN_EXE_meshwalk"), &url];
    let run = tokio::process::Command::new("sh").args(arguments).kill_on_drop(true).output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), run).await.unwrap().unwrap();
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&figures["statuses"]["200"], &figures["in_flight"]["bound"]), (&5.into(), &2000.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_needs_a_server_that_agrees_on_it() {
    let folder = tempfile::tempdir().unwrap();
    for protocols in [&[][..], &["http/1.1"]] {
        let (address, ca_file) = serve_tls(&Received::default(), folder.path(), protocols).await;
        let url = format!("https://localhost:{}/", address.port());
        let arguments = [&url, "--http2", "-n", "3", "-r", "500", "--ca-file", ca_file.to_str().unwrap()];
        let output = load(&arguments).await;
        let table = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{protocols:?}: {table}");
        let message = "protocol  3         100.00 %  the server did not agree on HTTP/2 (ALPN); leave out --http2";
        assert!(table.contains(message), "{protocols:?}: {table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_trusts_the_authorities_of_the_ca_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let received = Received::default();
    let (address, ca_file) = serve_tls(&received, folder.path(), BOTH).await;
    let url = format!("https://localhost:{}/", address.port());
    for (http2, version) in [(&[][..], Version::HTTP_11), (&["--http2"], Version::HTTP_2)] {
        received.lock().unwrap().clear();
        let arguments = [&url, "-n", "10", "-r", "500", "--ca-file", ca_file.to_str().unwrap()];
        let output = load(&[&arguments[..], http2].concat()).await;
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(only(received.lock().unwrap().clone(), 10).1, version);
    }
    // Another authority, and a name that the certificate does not have.
    let other = tempfile::tempdir().unwrap();
    let (_, other_ca) = serve_tls(&received, other.path(), BOTH).await;
    let by_address = format!("https://127.0.0.1:{}/", address.port());
    for (url, ca_file, message) in
        [(&url, &other_ca, "invalid peer certificate: "), (&by_address, &ca_file, "not valid for name")]
    {
        let output = load(&[url, "-n", "3", "-r", "500", "--ca-file", ca_file.to_str().unwrap()]).await;
        assert_eq!(output.status.code(), Some(1));
        let table = text(&output.stdout);
        assert!(table.contains("protocol  3") && table.contains(message), "{table}");
    }
}
