//! Fault injection into the application's own responses and calls, and the ground truth about it.
//!
//! # The seam
//! - [`Registry`] holds the rules. `Registry::new(Settings)` once per process, then [`Registry::add`] for each `--fault`
//!   before a port is opened (its error is the text for the user). It is cheap to clone.
//! - [`FaultLayer`] goes around the application's router, and never around the admin or the control router, so that no
//!   fault can touch those ports.
//! - The layer writes what it injects into the [`InjectionLog`] that it finds in the request's extensions (and puts one there
//!   where there is none), before the effect: for the span and the access log, which also want to know of a request whose
//!   client gave up, or that gets no answer at all.
//! - A handler that wants to answer a demanded status itself is named with [`FaultLayer::hand_over`] and looks into the
//!   log: with `status` set it answers that status and does nothing else; `faults` goes into its answer as it is (it
//!   serializes as the call tree wants it).
//! - [`Registry::fails`] says whether a rule holds a probe at 503, for `/livez`, `/readyz` and `/startupz`.
//! - [`control_router`] is the control port.
//!
//! The language itself (grammar, modes, keys, errors, help) is the crate `meshwalk_faults`, which those who only send
//! rules read too. Here is what its rules do.
//!
//! # What rules do together
//! A request is held against its own rules (`x-meshwalk-inject`) first and then against the rules in force, in the
//! order in which they were added. Each rule whose scope covers the request draws for itself, whatever the others do:
//! its percentage is of the requests that it matches, and its sequence depends on nothing else. Then:
//! 1. The delays before the work of all rules that fire add up. The request waits.
//! 2. The first rule that fires and decides (an error, a reset, a hang) decides what comes of the request in place of the
//!    work. The others that decide stay without effect, and are neither counted as fired nor named.
//! 3. The delays after the work add up, where there is an answer to delay.
//! 4. What is answered is shaped: padded, corrupted, truncated, dripped, and its connection closed, always in this order.
//!    Of several rules of one of these modes, the first that fires counts.
//!
//! After a reset or a hang there is no answer, so 3 and 4 do not happen, and are neither counted nor named. All delays of
//! a request together are at most [`Limits::delay`], granted in the order of the rules, those before the work and those
//! after it alike. So a delay and a reset that meet are a connection that is reset after the delay.
//!
//! # Calls
//! A rule with `upstream` is about the calls to that upstream which a request makes, and not about the request. All of
//! the above holds for each call by itself, but for shapes, which no call takes.
//!
//! # Rules about the process
//! [`ProcessFaults`] makes what has its effect the same as what is in force: when rules change, before the control port answers,
//! and when a rule's time comes. What holds something of the host (memory, threads) is a value that gives it back when it
//! is dropped. Probes, signals and the end of the process ask the registry when they need to know.
//!
//! # Caps
//! A rule that alone goes beyond one of the [`Limits`] is refused. What several rules come to together is cut: the ground
//! truth says so, and each rule counts how often it was.
//!
//! # Rules that go
//! When a rule is removed, a request that waits because of it goes on at once: a delay is over, and one that hung is
//! handled as if nothing had been. The ground truth then tells the delay that really was. A time to live that ends does
//! the same to what has no end of its own, such as a hang; a delay that has begun is granted in full.
//!
//! # Inline rules
//! Without [`Trust::allow_inject`], or from a caller who is not trusted, `x-meshwalk-inject` has no effect, and the response says so under the same name,
//! because a caller who believes that a fault was injected draws the wrong conclusion. With it, a rule that cannot be
//! followed is answered with 400. Modes of the whole process and `ttl` have no place there. A `seed` counts on from
//! one request with the same header text to the next, as long as the text is among the 256 most recent ones.
//!
//! # Ground truth
//! Every injected fault is named in the response header `x-meshwalk-fault`, in the call tree's `faults`, in the
//! attributes `meshwalk.fault.id` and `meshwalk.fault.mode` of the request's span, in its line of the access log, and in
//! the counter `meshwalk_faults_injected_total{rule,mode}`. Inline rules are counted under the rule
//! `inject`, so that callers cannot grow the metrics, and those of which there are too many under `other`.

mod active_rule;
mod calls;
mod clock;
mod control;
mod draw;
mod effect;
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
mod trust;

pub(crate) use calls::{CallFaults, Calls, Outcome};
pub(crate) use control::{Control, control_router};
pub use control::{TokenError, TokenFile};
pub use injection_log::{FAULT_HEADER, Injected, InjectedFault, InjectionLog};
pub use layer::{FaultLayer, Faulty};
pub use meshwalk_faults::{Cores, INJECT_HEADER, ModeRow, ParseError, Rule, help, markdown, modes};
pub(crate) use meshwalk_faults::{Probe, parse_amount};
pub(crate) use process::ProcessFaults;
pub use registry::{AddError, Limits, Origin, Registry, RuleState, Settings};
pub use trust::{Trust, TrustedPeer};
