//! Request and response types of the control API.

mod change;
mod configuration;
mod status;
mod trace;

pub use change::{ApplyError, ApplyErrorKind, Change, Files, Restart, Scale, Snapshot};
pub use configuration::{ProxyFile, ProxyFiles, Section};
pub use status::{Addresses, InstanceStatus, Status};
pub use trace::{Span, SpanEvent, Trace, TraceSummary};
