//! The frontend's JSON around one call to an upstream, by hyper's server and client alone.

use std::{net::SocketAddr, time::Instant};

use bytes::Bytes;
use http::{Request, Response, Uri, header};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use serde_json::value::RawValue;
use tokio::net::TcpListener;

use crate::hop::{self, Upstream};

type Pool = Client<HttpConnector, Empty<Bytes>>;

pub(crate) async fn serve(listen: SocketAddr, upstream: SocketAddr) -> anyhow::Result<()> {
    let uri: Uri = format!("http://{upstream}/api/hello").parse()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let pool: Pool = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (pool, uri) = (pool.clone(), uri.clone());
        let service = service_fn(move |_: Request<Incoming>| hello(pool.clone(), uri.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn hello(pool: Pool, uri: Uri) -> anyhow::Result<Response<Full<Bytes>>> {
    let began = Instant::now();
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri;
    let response = pool.request(request).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    let hop: &RawValue = serde_json::from_slice(&body)?;
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    let called = [Upstream { name: "backend", status, took_ms, hop }];
    let body = serde_json::to_vec(&hop::of("frontend", "Hello from frontend v1", took_ms, &called))?;
    let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    Ok(response.body(Full::new(body.into()))?)
}
