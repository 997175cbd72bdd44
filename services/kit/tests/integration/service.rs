//! Starting services, and upstreams that misbehave, on ports of the kernel's choice.

use std::time::Duration;

use axum::Router;
use meshwalk_kit::{
    config::Config,
    faults::Registry,
    server::{Bound, build},
    telemetry::{TelemetrySettings, Traces},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::client::get;

/// Longer than anything here takes on a busy machine, so that a test that hangs fails instead.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A service in this process.
pub(crate) struct Service {
    pub(crate) address: String,
    pub(crate) admin: String,
    pub(crate) control: String,
    pub(crate) faults: Registry,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    /// A service of this name, without spans of its own.
    pub(crate) async fn start(name: &'static str, arguments: &[&str]) -> Self {
        Self::traced(name, arguments, &TelemetrySettings::default()).await
    }

    /// A service with spans of its own, if the settings name a collector.
    pub(crate) async fn traced(name: &'static str, arguments: &[&str], settings: &TelemetrySettings) -> Self {
        let defaults = [
            name,
            "--listen=127.0.0.1:0",
            "--admin-listen=127.0.0.1:0",
            "--control-listen=127.0.0.1:0",
            "--drain-delay=0s",
        ];
        // A flag that is given twice would be refused, so a test's own comes instead of the default.
        let given = |flag: &&str| {
            let flag = flag.split('=').next().unwrap();
            !arguments.iter().any(|argument| argument.split('=').next() == Some(flag))
        };
        let all = defaults.iter().copied().filter(given).chain(arguments.iter().copied());
        let config = Config::from_command_line(name, "For tests.", all).unwrap();
        let identity = config.identity(name);
        let traces = Traces::new(settings, &identity).unwrap();
        Self::serve(build(&config, identity, traces, Router::new()).await.unwrap())
    }

    fn serve(bound: Bound) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self {
            address: bound.address().to_string(),
            admin: bound.admin_address().to_string(),
            control: bound.control_address().to_string(),
            faults: bound.faults().clone(),
            stop,
            ended: tokio::spawn(bound.wait_termination(async {
                let _ = stopped.await;
            })),
        }
    }

    /// Asks the service to end, as a signal does, without waiting for it.
    pub(crate) fn ask_to_end(self) -> JoinHandle<anyhow::Result<()>> {
        self.stop.send(()).unwrap();
        self.ended
    }

    /// Asks the service to end and waits until it has.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        tokio::time::timeout(DEADLINE, self.ask_to_end()).await.expect("the service ends").unwrap()
    }
}

/// Sum of the values of all counters and gauges whose name and labels contain all of these texts.
pub(crate) async fn metric(service: &Service, parts: &[&str]) -> f64 {
    let metrics = get(&service.admin, "/metrics", &[]).await.body;
    let lines = metrics.lines().filter(|line| parts.iter().all(|part| line.contains(part)));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// An address at which no process listens, nor can begin to while this lives.
pub(crate) struct Nobody(TcpSocket);

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }
}

/// Serves each connection as told, after its request's head has been read.
pub(crate) async fn upstream<F, S>(serve: S) -> String
where
    S: Fn(TcpStream) -> F + Send + Sync + Copy + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                serve(stream).await;
            });
        }
    });
    address
}
