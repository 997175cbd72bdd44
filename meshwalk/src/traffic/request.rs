//! One request of a run, from a connection to the last byte of its answer.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::time::{Instant, Sleep};

use super::{
    Failure, FailureKind, Outcome, Plan, PlanError, Response,
    connection::{Connection, ExchangeError, KEPT_BODY},
    connector::Connector,
    stream_slots::SlotWait,
    tree,
};

/// Limit for a connection to become ready for the next request after a whole answer.
const SETTLING: Duration = Duration::from_millis(100);

/// Sends the requests of a run.
#[derive(Debug)]
pub(super) struct Sender {
    connector: Connector,
    request: Request<Full<Bytes>>,
    timeout: Duration,
    service: Option<String>,
    keeps_connections: bool,
}

impl Sender {
    /// Sends the requests of this plan over at most `connections` shared connections, where they are shared.
    ///
    /// # Errors
    /// Why the plan cannot be carried out.
    pub(super) fn new(plan: &Plan, connections: usize) -> Result<Self, PlanError> {
        Ok(Self {
            connector: Connector::new(plan, connections),
            request: plan.request()?,
            timeout: plan.timeout,
            service: plan.service.clone(),
            keeps_connections: !plan.fresh_connections,
        })
    }

    /// Number of connections opened.
    pub(super) fn connections(&self) -> u64 {
        self.connector.opened()
    }

    /// Sends a request over `connection`, or over a new one, and stores the connection there if it can be used again.
    /// `wait` tells whether the request waited for an HTTP/2 stream.
    /// The error is one of this process, not of the server.
    pub(super) async fn send(
        &self,
        connection: &mut Option<Connection>,
        deadline: &mut Deadline,
        wait: &mut SlotWait,
    ) -> Result<Outcome, io::Error> {
        let ended = deadline.limit(self.timeout, self.exchange(connection, wait)).await;
        if !matches!(ended, Some(Ok(_))) {
            *connection = None;
        }
        Ok(match ended {
            Some(Ok(reply)) => Outcome::Answer(tree::read(&reply, self.service.as_deref())),
            Some(Err(ExchangeError::Own(error))) => return Err(error),
            Some(Err(ExchangeError::Failed(Failure { kind, detail }))) => Outcome::Failure { kind, detail },
            Some(Err(ExchangeError::Unsent)) => {
                let detail = "closed before the request was sent".to_owned();
                Outcome::Failure { kind: FailureKind::Reset, detail }
            }
            None => {
                let detail = format!("no answer within {:?}", self.timeout);
                Outcome::Failure { kind: FailureKind::Timeout, detail }
            }
        })
    }

    async fn exchange(
        &self,
        connection: &mut Option<Connection>,
        wait: &mut SlotWait,
    ) -> Result<Response, ExchangeError> {
        loop {
            let kept = connection.take().filter(|connection| !connection.is_closed());
            let (current, is_new) = match kept {
                Some(kept) => (kept, false),
                None => self.connector.connect().await?,
            };
            let current = connection.insert(current);
            match current.exchange(self.request.clone(), wait, KEPT_BODY).await {
                // The server closed a kept or shared connection before anything was written: that is not a failure.
                Err(ExchangeError::Unsent) if !is_new => {
                    self.connector.discard(current);
                    *connection = None;
                }
                result => return result,
            }
        }
    }

    /// Waits until a connection is ready for another request; drops it if it is not soon, or not to be kept.
    pub(super) async fn settle(&self, connection: &mut Option<Connection>) {
        let Some(open) = connection else { return };
        // It is ready as soon as the runtime has polled it once more; a peer that sends on is not waited for.
        if !self.keeps_connections || !matches!(tokio::time::timeout(SETTLING, open.is_reusable()).await, Ok(true)) {
            *connection = None;
        }
    }
}

/// A limit of time for one thing after the other. The timer is only moved when it fires, not for each of them.
#[derive(Debug)]
pub(super) struct Deadline {
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    /// Creates a timer within the runtime that calls.
    pub(super) fn new() -> Self {
        Self { timer: Box::pin(tokio::time::sleep(Duration::ZERO)) }
    }

    /// Runs `future`; `None` if it is not ready within `limit`, which must be the same each time.
    async fn limit<F: Future>(&mut self, limit: Duration, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let until = Instant::now() + limit;
        loop {
            tokio::select! {
                biased;
                output = &mut future => return Some(output),
                () = &mut self.timer => {
                    if Instant::now() >= until {
                        return None;
                    }
                    self.timer.as_mut().reset(until);
                }
            }
        }
    }
}
