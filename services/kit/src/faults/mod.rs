//! Fault injection into the application's own responses and calls, and the ground truth about it.
//!
//! The crate `meshwalk_faults` defines the language: grammar, modes, keys, errors, help. This module defines what its
//! rules do.
//!
//! # Interface
//! - [`Registry`] holds the rules and is cheap to clone. Create it once with `Registry::new(FaultSettings)`. Call
//!   [`Registry::add`] for each `--fault` before a port is opened; its error is the text for the user.
//! - [`FaultLayer`] wraps the application's router. Never wrap the admin or the control router: no fault may reach them.
//! - [`InjectionLog`] in a request's extensions records each fault before its effect. The span and the access log read it,
//!   also for a request without a response. The layer inserts one where it is missing.
//! - [`FaultLayer::hand_over`] names a handler that sends an injected status itself. If the log has a `status`, the handler
//!   sends that status with the log's `faults`, and does nothing else.
//! - [`Registry::fails`] tells whether a rule makes a probe fail.
//! - [`control_router`] is the control port.
//!
//! # From a rule to its effect
//! `modes` maps each mode to its effect, on requests or on the process. For a request, `planner` combines
//! the effects of all rules into a `plan`, whose interpreter runs them around the work. Requests and calls share it.
//!
//! # Several rules
//! The inline rules of a request apply first, then the active rules in the order in which they were added. Each rule whose
//! scope covers the request draws for itself. Its percentage is of the requests that it matches. Then:
//! 1. The request waits. The delays before the work of all rules that fire add up.
//! 2. The first error, reset or hang takes the place of the work. Later ones have no effect; they are neither counted as
//!    fired nor named.
//! 3. The delays after the work add up, if there is a response.
//! 4. The response is padded, corrupted, truncated, dripped and its connection closed, in this order. The first rule of
//!    each of these modes counts.
//!
//! After a reset or a hang there is no response: steps 3 and 4 do not happen, and are neither counted nor named. All delays
//! of a request together are at most [`FaultLimits::delay`], granted in the order of the rules.
//!
//! # Calls
//! A rule with `upstream` is about the calls that a request makes to that upstream, and not about the request. The steps
//! above apply to each call by itself, except step 4.
//!
//! # The process
//! [`ProcessFaults`] starts and stops effects to match the active rules: when rules change, before the control port
//! responds, and when a rule begins or expires. An effect that holds memory or threads frees them when it is dropped.
//! Probes, signals and the shutdown query the registry.
//!
//! # Caps
//! A rule that exceeds one of the [`FaultLimits`] by itself is rejected. The sum over several rules is cut: the ground truth
//! reports it, and each rule counts it.
//!
//! # Removal and expiry
//! When a rule is removed, the requests that wait because of it continue at once: a delay ends, and a request that hung is
//! handled. The ground truth then reports the real delay. Expiry ends a hang or a drip in the same way, but a delay that
//! has begun is granted in full.
//!
//! # Inline rules
//! `x-meshwalk-inject` carries rules for one request. Without [`Trust::allow_inject`], or from an untrusted caller, they are
//! ignored, and a response header of the same name says so. An invalid rule is answered with 400, and so is a mode of the
//! process or a `ttl`. A `seed` continues from one request with the same header to the next, while the header is among the
//! 256 most recent ones.
//!
//! # Ground truth
//! Every injected fault is named in the response header `x-meshwalk-fault`, in the call tree's `faults`, in the
//! attributes `meshwalk.fault.id` and `meshwalk.fault.mode` of the request's span, in its line of the access log, and in
//! the counter `meshwalk_faults_injected_total{rule,mode}`. Inline rules are counted under the
//! rule `inject`, because callers choose their ids. Rules beyond the limit on series are counted under `other`.

mod active_rule;
mod calls;
mod clock;
mod control;
mod draw;
mod injection_log;
mod layer;
mod modes;
mod plan;
mod planner;
mod port_refusal;
mod process;
mod registry;
mod request_view;
mod rule_lifetime;
mod rule_stats;
mod scope;
mod series;
mod shaped;
mod span_attributes;
mod trust;

pub(crate) use calls::{CallFaults, Calls, Outcome};
pub(crate) use control::{Control, control_router};
pub use control::{TokenError, TokenFile};
pub use injection_log::{FAULT_HEADER, Injected, InjectedFault, InjectionLog};
pub use layer::{FaultLayer, Faulty};
pub use meshwalk_faults::{Cores, INJECT_HEADER, ModeRow, ParseError, Rule, help, markdown, modes};
pub(crate) use meshwalk_faults::{Probe, parse_amount};
pub(crate) use modes::Effect;
pub(crate) use process::ProcessFaults;
pub use registry::{AddError, FaultLimits, FaultSettings, Origin, Registry, RuleState};
pub(crate) use span_attributes::{fault_list, record_in_span};
pub use trust::{Trust, TrustedPeer};
