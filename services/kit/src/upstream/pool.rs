//! HTTP/1.1 connections to one upstream: idle ones to use again, new ones up to a limit.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::Either;
use http::Request;
use http_body_util::Empty;
use hyper::{
    Response,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::{
    connection_limit::{ConnectionLimit, LimitWait},
    connector::Connector,
    failure,
};
use crate::call_failure::Failure;

type Sender = SendRequest<Empty<Bytes>>;

/// Connections to one upstream. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    limit: ConnectionLimit,
    max_idle: usize,
    idle_timeout: Duration,
    idle: Mutex<Idle>,
    /// Wakes one call that waits at the limit, because a connection became idle.
    became_idle: Notify,
}

#[derive(Debug, Default)]
struct Idle {
    /// The one that became idle last is at the back.
    connections: VecDeque<IdleConnection>,
    /// True while a task closes connections that are idle for too long.
    has_reaper: bool,
}

#[derive(Debug)]
struct IdleConnection {
    sender: Sender,
    since: Instant,
}

/// A response, and the connection to give back after its body was read.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) response: Response<Incoming>,
    pub(super) sender: Sender,
}

impl Pool {
    /// Creates a pool that keeps up to `max_idle` connections for `idle_timeout`.
    pub(super) fn new(connector: Connector, limit: ConnectionLimit, max_idle: usize, idle_timeout: Duration) -> Self {
        let (idle, became_idle) = (Mutex::default(), Notify::new());
        Self(Arc::new(Shared { connector, limit, max_idle, idle_timeout, idle, became_idle }))
    }

    /// Sends a request, and waits for the head of the response.
    ///
    /// A request that was not sent because an idle connection had been closed is sent on another one.
    pub(super) async fn send(&self, mut request: Request<Empty<Bytes>>, wait: &LimitWait) -> Result<Reply, Failure> {
        loop {
            let (mut sender, is_reused) = match self.take_idle().await {
                Some(sender) => (sender, true),
                None => self.connect_or_wait(wait).await?,
            };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(Reply { response, sender }),
                Err(mut error) => match error.take_message() {
                    Some(unsent) if is_reused => request = unsent,
                    _ => return Err(failure::of_exchange(&error.into_error())),
                },
            }
        }
    }

    /// Keeps a connection whose response was read to the end.
    pub(super) fn put_back(&self, sender: Sender) {
        if self.0.max_idle == 0 || sender.is_closed() {
            return;
        }
        let mut idle = self.0.idle();
        if idle.connections.len() >= self.0.max_idle {
            idle.connections.retain(|connection| !connection.sender.is_closed());
            if idle.connections.len() >= self.0.max_idle {
                return;
            }
        }
        idle.connections.push_back(IdleConnection { sender, since: Instant::now() });
        if !std::mem::replace(&mut idle.has_reaper, true) {
            drop(tokio::spawn(close_expired(Arc::downgrade(&self.0))));
        }
        drop(idle);
        self.0.became_idle.notify_one();
    }

    /// The connection that became idle last and is still open.
    async fn take_idle(&self) -> Option<Sender> {
        loop {
            let mut sender = self.0.idle().connections.pop_back()?.sender;
            // Right after a response, the task of the connection may not have seen its end yet.
            if sender.is_ready() || sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    /// A new connection, or at the limit the first one that is free.
    async fn connect_or_wait(&self, wait: &LimitWait) -> Result<(Sender, bool), Failure> {
        if let Some(permit) = self.0.limit.try_acquire() {
            return self.connect(permit).await;
        }
        self.0.limit.record_delay();
        wait.set(true);
        let mut permit = pin!(self.0.limit.acquire());
        let connection = loop {
            tokio::select! {
                Ok(permit) = &mut permit => break Either::Left(permit),
                () = self.0.became_idle.notified() => if let Some(sender) = self.take_idle().await {
                    break Either::Right(sender);
                },
            }
        };
        wait.set(false);
        match connection {
            Either::Left(permit) => self.connect(permit).await,
            Either::Right(sender) => Ok((sender, true)),
        }
    }

    async fn connect(&self, permit: OwnedSemaphorePermit) -> Result<(Sender, bool), Failure> {
        let stream = self.0.connector.connect().await.map_err(|error| failure::of_connect(&error))?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| failure::of_exchange(&error))?;
        drop(tokio::spawn(async move {
            // The call gets the error of its request; an idle connection has no one to tell.
            let _ = connection.await;
            drop(permit);
        }));
        Ok((sender, false))
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Each change is one statement, so a panic elsewhere cannot leave the list half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections that are idle for too long. `None` if no connection is idle, or else when to look again.
    fn close_expired(&self) -> Option<Instant> {
        let mut idle = self.idle();
        while let Some(oldest) = idle.connections.front() {
            let expiry = oldest.since + self.idle_timeout;
            if expiry > Instant::now() && !oldest.sender.is_closed() {
                return Some(expiry);
            }
            idle.connections.pop_front();
        }
        idle.has_reaper = false;
        None
    }
}

/// Closes connections that are idle for too long, until none is idle.
async fn close_expired(pool: Weak<Shared>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.close_expired()) {
        tokio::time::sleep_until(next.into()).await;
    }
}
