//! One request of a run.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;

use super::{FailureKind, Outcome, Plan, Sample, connection::Trouble, pool::Pool, tree};

/// One request, from a connection to the last byte. The error is one of this process, not of the server.
pub(super) async fn send(
    plan: Arc<Plan>,
    pool: Arc<Pool>,
    request: Request<Empty<Bytes>>,
    start: Instant,
    due: Duration,
) -> Result<Sample, io::Error> {
    let exchange = async {
        loop {
            let (mut connection, kept) = pool.take().await?;
            match connection.exchange(request.clone()).await {
                // A kept connection was closed in the meantime, before anything was written: that is no failure.
                Err(Trouble::Unsent) if kept => {}
                Err(trouble) => return Err(trouble),
                Ok(reply) => return Ok((reply, connection)),
            }
        }
    };
    let ended = tokio::time::timeout(plan.timeout, exchange).await;
    let latency = start.elapsed().saturating_sub(due);
    let outcome = match ended {
        Ok(Ok((reply, connection))) => {
            let answer = tree::read(&reply, plan.service.as_deref());
            pool.give_back(connection).await;
            Outcome::Answer(answer)
        }
        Ok(Err(Trouble::Own(error))) => return Err(error),
        Ok(Err(Trouble::Failed(failure))) => Outcome::Failure { kind: failure.kind, detail: failure.detail },
        Ok(Err(Trouble::Unsent)) => {
            Outcome::Failure { kind: FailureKind::Reset, detail: "closed before the request was sent".to_owned() }
        }
        Err(_) => {
            let detail = format!("no answer within {:?}", plan.timeout);
            Outcome::Failure { kind: FailureKind::Timeout, detail }
        }
    };
    Ok(Sample { due, latency, outcome })
}
