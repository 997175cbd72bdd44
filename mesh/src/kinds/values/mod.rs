//! Values that several kinds use.

mod duration;
mod grpc_status;
mod percent;
mod port_reference;
mod selector;
mod string_match;

pub(super) use duration::zero_allowed;
pub use duration::{Duration, DurationError};
pub use grpc_status::grpc_status;
pub use percent::Percent;
pub use port_reference::PortReference;
pub use selector::WorkloadSelector;
pub(super) use selector::check_selector;
pub use string_match::{HeaderMatch, StringMatch};
