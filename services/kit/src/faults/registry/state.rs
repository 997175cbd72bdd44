//! State of a rule, as `GET /faults` shows it.

use serde::Serialize;

/// Source of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A flag or environment variable at start.
    Flag,
    /// The control port at run time.
    Control,
}

/// State of a rule, as `GET /faults` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleState {
    /// The rule's id, given or generated.
    pub id: String,
    /// The rule in the fault language, in normal form.
    pub rule: String,
    /// The rule's mode.
    pub mode: &'static str,
    /// Number of requests in scope, whether the percentage selected them or not.
    pub matched: u64,
    /// Number of injections.
    pub fired: u64,
    /// Number of injections that a cap cut short.
    pub capped: u64,
    /// Time of the last injection, in milliseconds since 1970.
    pub last_fired_unix_ms: Option<u64>,
    /// Error that kept the rule from its effect on the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Time until the rule begins, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins_in_ms: Option<u64>,
    /// Time until the rule expires, in milliseconds.
    pub expires_in_ms: Option<u64>,
    /// Number of times that the rule may still fire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
    /// True if the rule applies to this instance. `None` for a rule without `instance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub here: Option<bool>,
    /// Source of the rule.
    pub origin: Origin,
}
