//! What the control socket says and hears: the seam between a running mesh and the other commands.

mod change;
mod configuration;
mod status;
mod trace;

pub use change::{ApplyError, ApplyErrorKind, Change, Files, Restart, Scale, Snapshot};
pub use configuration::{ProxyFile, ProxyFiles, Section};
pub use status::{Addresses, InstanceStatus, Status};
pub use trace::{Span, SpanEvent, Trace, TraceSummary};
