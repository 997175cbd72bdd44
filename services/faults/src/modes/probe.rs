//! What a platform asks a process.

/// What a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Whether the process has to be started anew.
    Alive,
    /// Whether it has started.
    Started,
    /// Whether it takes requests.
    Ready,
}

impl Probe {
    /// Where it asks.
    pub fn path(self) -> &'static str {
        match self {
            Self::Alive => "/livez",
            Self::Started => "/startupz",
            Self::Ready => "/readyz",
        }
    }
}
