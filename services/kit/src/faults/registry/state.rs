//! A rule in force, as it is shown.

use serde::Serialize;

/// Where a rule came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A flag or environment variable at start.
    Flag,
    /// The control port at run time.
    Control,
}

/// A rule in force, as `GET /faults` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleState {
    /// The rule's id, given or generated.
    pub id: String,
    /// The rule in the fault language, in normal form.
    pub rule: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// How many requests it was about: those in its scope, whether or not the draw was for it.
    pub matched: u64,
    /// How many requests it was injected into.
    pub fired: u64,
    /// How often a cap kept it from its full effect.
    pub capped: u64,
    /// When it was last injected, in milliseconds since 1970.
    pub last_fired_unix_ms: Option<u64>,
    /// Why the host did not let it have its effect, where that was so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// How long it takes until it begins, in milliseconds, where that is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins_in_ms: Option<u64>,
    /// How long it stays in force, in milliseconds.
    pub expires_in_ms: Option<u64>,
    /// How often it may still fire, where that is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
    /// Whether this is one of the instances that it is about, where it names some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<bool>,
    /// Where it came from.
    pub origin: Origin,
}
