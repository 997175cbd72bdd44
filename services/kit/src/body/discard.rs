//! The layer that reads each body, counts its bytes and keeps none.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    response::Response,
};
use futures_util::future::{BoxFuture, Either, FutureExt};
use http_body_util::BodyExt;
use tower::{Layer, Service};

use super::{BodyError, BodyLimits, Lingering};

/// Reads and discards the body of each request before the service answers. Rejects the request if the body is too
/// large, too slow or malformed.
///
/// A request without a body passes at the cost of one look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiscardBody(pub(crate) BodyLimits);

impl<S> Layer<S> for DiscardBody {
    type Service = DiscardBodyService<S>;

    fn layer(&self, inner: S) -> DiscardBodyService<S> {
        DiscardBodyService { inner, limits: self.0 }
    }
}

/// Service of [`DiscardBody`].
#[derive(Debug, Clone)]
pub(crate) struct DiscardBodyService<S> {
    inner: S,
    limits: BodyLimits,
}

impl<S> Service<Request> for DiscardBodyService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.body().is_end_stream() {
            return Either::Left(self.inner.call(request));
        }
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        let limits = self.limits;
        let answer = async move {
            let (head, body) = request.into_parts();
            match discard(Lingering::new(&head, body), limits).await {
                Ok(()) => ready.call(Request::from_parts(head, Body::empty())).await,
                Err(error) => Ok(error.into_json(head.version)),
            }
        };
        Either::Right(answer.boxed())
    }
}

/// Reads a body to its end.
async fn discard(body: Lingering, limits: BodyLimits) -> Result<(), BodyError> {
    read(body, limits, |_| Ok(())).await
}

/// Reads a body to its end, and hands each part to `take`.
pub(super) async fn read(
    mut body: impl HttpBody<Data = Bytes, Error = axum::Error> + Unpin,
    limits: BodyLimits,
    mut take: impl FnMut(Bytes) -> Result<(), BodyError>,
) -> Result<(), BodyError> {
    let BodyLimits { max_bytes, read_timeout } = limits;
    let whole = async {
        // A body that is announced as too large is refused before any of it is read.
        if body.size_hint().lower() > max_bytes {
            return Err(BodyError::TooLarge(max_bytes));
        }
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            // Trailers are ignored.
            let Ok(part) = frame.map_err(|error| BodyError::from_library(&error))?.into_data() else { continue };
            bytes += part.len() as u64;
            if bytes > max_bytes {
                return Err(BodyError::TooLarge(max_bytes));
            }
            take(part)?;
        }
        Ok(())
    };
    let result = tokio::time::timeout(read_timeout, whole).await;
    let result = result.unwrap_or(Err(BodyError::Timeout(read_timeout)));
    if let Err(error) = &result {
        error.record();
    }
    result
}
