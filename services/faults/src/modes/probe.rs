//! Probes of the platform.

/// A probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Liveness: a failure restarts the process.
    Alive,
    /// Startup.
    Started,
    /// Readiness.
    Ready,
}

impl Probe {
    /// Path of the probe.
    pub fn path(self) -> &'static str {
        match self {
            Self::Alive => "/livez",
            Self::Started => "/startupz",
            Self::Ready => "/readyz",
        }
    }
}
