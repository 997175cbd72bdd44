//! An active fault rule, as the control port of an application reports it.

/// Fault rule of an application, with its counters.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FaultRule {
    /// ID of the rule.
    pub id: String,
    /// Text of the rule.
    pub rule: String,
    /// Mode of the rule, such as `error`.
    pub mode: String,
    /// Number of requests that matched the rule, whether or not it fired.
    #[serde(default)]
    pub matched: u64,
    /// Number of requests into which the rule injected a fault.
    pub fired: u64,
    /// Time of the last injection, in milliseconds of Unix time.
    #[serde(default)]
    pub last_fired_unix_ms: Option<u64>,
    /// Time until the rule expires, in milliseconds, or `None` if it does not expire.
    #[serde(default)]
    pub expires_in_ms: Option<u64>,
    /// Origin of the rule: `flag` or `control`.
    #[serde(default)]
    pub origin: String,
    /// Number of times a cap reduced the rule's effect.
    #[serde(default)]
    pub capped: u64,
    /// Reason why the host could not apply the effect, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Time until the rule starts, in milliseconds, if it has not started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_in_ms: Option<u64>,
    /// Number of remaining injections, if limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times_left: Option<u64>,
    /// True if the rule's instance pattern matches this instance, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<bool>,
}
