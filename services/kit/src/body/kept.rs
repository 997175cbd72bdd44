//! Bodies that a route needs whole, under one budget of memory for the process.

use axum::{body::Bytes, extract::Request};
use bytes::BytesMut;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{BodyError, BodyLimits, discard::read};

/// Memory for all bodies that are being read or processed, in bytes.
const BUDGET_BYTES: usize = 1 << 20;

/// Bytes of the budget that are free.
static BUDGET: Semaphore = Semaphore::const_new(BUDGET_BYTES);

/// A whole body in memory.
#[derive(Debug)]
pub(crate) struct KeptBody {
    bytes: Bytes,
    /// The body's part of the budget, free again when this is dropped.
    _memory: Option<SemaphorePermit<'static>>,
}

impl KeptBody {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body exceeds a limit, is malformed, or its client disconnected.
    pub(crate) async fn read(request: Request, limits: BodyLimits) -> Result<Self, BodyError> {
        Self::read_within(&BUDGET, request, limits).await
    }

    async fn read_within(budget: &'static Semaphore, request: Request, limits: BodyLimits) -> Result<Self, BodyError> {
        // The port lets the rest of each body linger, so nothing wraps the body here.
        let body = request.into_body();
        let mut bytes = BytesMut::new();
        let mut memory: Option<SemaphorePermit<'static>> = None;
        read(body, limits, |part| {
            let count = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let more = budget.try_acquire_many(count).map_err(|_| BodyError::NoMemory)?;
            match &mut memory {
                Some(memory) => memory.merge(more),
                None => memory = Some(more),
            }
            bytes.extend_from_slice(&part);
            Ok(())
        })
        .await?;
        Ok(Self { bytes: bytes.freeze(), _memory: memory })
    }

    /// The body as text, or `None` if it is not UTF-8.
    pub(crate) fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}
