//! Faults that the application injects into its own answers, and the ground truth about them.
//!
//! # The seam
//! - [`Registry`] holds the rules. `Registry::new(Settings)` once per process, then [`Registry::add`] for each `--fault`
//!   before a port is opened (its error is the text for the user). It is cheap to clone.
//! - [`FaultLayer`] goes around the application's router, and never around the admin or the control router, so that no
//!   fault can touch those ports.
//! - A handler that wants to answer an error fault itself is named with [`FaultLayer::hand_over`] and finds an
//!   [`Injected`] in the request's extensions, if and only if a fault was injected. With `status` set it answers that
//!   status and does nothing else; `faults` goes into its answer as it is (it serializes as the call tree wants it).
//! - The layer leaves the same [`Injected`] in the response's extensions, for the access log.
//! - [`Registry::unready`] says whether a rule holds the process unready, for `/readyz`.
//! - [`control_router`] is the control port.

mod control;
mod layer;
mod registry;
mod truth;

pub use control::control_router;
pub use layer::FaultLayer;
pub use registry::{AddError, Limits, Origin, Registry, RuleState, Settings};
pub use truth::{FAULT_HEADER, INJECT_HEADER, Injected, InjectedFault};
