//! A port that is closed for a while.

use std::{io::ErrorKind, time::Duration};

use http::StatusCode;
use meshwalk_kit::faults::Origin;
use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, UnixStream},
};

use super::counted;
use crate::{
    client::{Client, get, hello},
    service::{DEADLINE, Service},
};

/// Waits until connecting to the application's port does as wanted.
async fn until_refused(service: &Service, refused: bool) {
    let wanted = async {
        loop {
            match TcpStream::connect(&service.address).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && refused => return,
                Ok(_) if !refused => return,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    };
    tokio::time::timeout(DEADLINE, wanted).await.expect("the port opens or closes");
}

#[tokio::test]
async fn connecting_is_refused_while_the_rule_is_in_force_and_only_to_the_application() {
    let service = Service::start("backend", &[]).await;
    service.faults.add("refuse;id=shut", Origin::Control).unwrap();
    until_refused(&service, true).await;
    assert_eq!(get(&service.admin, "/livez", &[]).await.status, StatusCode::OK);
    assert!(counted(&service, r#"meshwalk_faults_injected_total{rule="shut",mode="refuse"} 1"#).await);
    assert_eq!(get(&service.control, "/faults", &[]).await.json()["rules"][0]["fired"], 1);
    service.faults.clear();
    until_refused(&service, false).await;
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_port_opens_by_itself_when_the_rules_time_is_over() {
    let service = Service::start("backend", &["--fault=refuse;after=500ms;ttl=4s"]).await;
    until_refused(&service, true).await;
    until_refused(&service, false).await;
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_connection_that_waits_is_closed_and_a_request_in_flight_is_finished() {
    let service = Service::start("backend", &["--fault=latency=300ms"]).await;
    let mut waiting = TcpStream::connect(&service.address).await.unwrap();
    let client = Client::http1();
    let address = service.address.clone();
    let asked = tokio::spawn(async move { client.get(&address, "/api/hello", &[]).await });
    while service.faults.list()[0].fired == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    service.faults.add("refuse", Origin::Control).unwrap();
    let end = tokio::time::timeout(DEADLINE, waiting.read(&mut [0; 9])).await.expect("the connection ends");
    assert_eq!(end.unwrap(), 0);
    until_refused(&service, true).await;
    let answer = asked.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.header("connection")), (StatusCode::OK, "close"));
}

#[tokio::test]
async fn a_unix_socket_refuses_and_comes_back_in_the_same_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let service = Service::start("backend", &[&format!("--listen=unix:{}", path.display())]).await;
    for rule in ["refuse", "refuse;id=again"] {
        service.faults.add(rule, Origin::Control).unwrap();
        let refused = async {
            while UnixStream::connect(&path).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            UnixStream::connect(&path).await.unwrap_err().kind()
        };
        let kind = tokio::time::timeout(DEADLINE, refused).await.expect("the port closes");
        assert_eq!(kind, ErrorKind::ConnectionRefused);
        service.faults.clear();
        let back = async {
            while UnixStream::connect(&path).await.is_err() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(DEADLINE, back).await.expect("the port opens");
    }
    service.end().await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_service_ends_in_order_while_its_port_is_closed() {
    let service = Service::start("backend", &["--fault=refuse"]).await;
    until_refused(&service, true).await;
    service.end().await.unwrap();
}
