//! Progress messages for the user.

use std::sync::Arc;

/// Sends one-line messages, without a line feed, to a listener.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl Progress {
    /// Sends each message to `listener`, which must not block.
    pub fn new(listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Discards all messages.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Sends one message.
    pub fn report(&self, message: impl AsRef<str>) {
        (self.0)(message.as_ref());
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Progress")
    }
}
